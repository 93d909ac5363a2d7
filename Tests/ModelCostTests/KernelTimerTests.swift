// Predicted kernel times, checked against the measurements they come from and for plausibility
// elsewhere.

import Cluster
import KernelTimes
import Testing
import Units

@testable import ModelCost

@Suite("Kernel times")
struct KernelTimerTests {
  let april: KernelTimer
  let h800: GPUSpec

  init() throws {
    h800 = try #require(GPUSpec.catalogue.first { $0.name == "h800-sxm" })
    april = KernelTimer(gpu: h800, recipe: .deepseek, release: .april2025)
  }

  /// ln of predicted over measured time of the rows of the H800, by class and kind.
  private func errors(
    _ kernelClass: MeasuredClass, _ kind: String, _ kernel: ([Int]) -> Kernel
  ) throws -> [Double] {
    let series = try #require(
      Series.all.first {
        $0.kernelClass == kernelClass && $0.kind.name == kind && $0.isMeasured(on: Device(h800))
      })
    return series.measured.map { extents, microseconds in
      let seconds = april.seconds(kernel(extents.map { Int($0) }), sms: 132)
      return naturalLogarithm(seconds * 1e6 / microseconds)
    }
  }

  /// Errors are small around the lower clocks of long runs, between none and all of their effect.
  private func expectMeasured(
    _ errors: [Double], count: Int, _ location: SourceLocation = #_sourceLocation
  ) {
    let sorted = errors.sorted()
    #expect(errors.count == count, sourceLocation: location)
    let clock = KernelModel.assumedSustainedClock
    let middle = sorted[count / 2]
    #expect(middle > -0.02 && middle < clock + 0.02, sourceLocation: location)
    let inside = errors.count { $0 > -0.15 && $0 < clock + 0.15 }
    #expect(Double(inside) > 0.9 * Double(count), sourceLocation: location)
  }

  @Test("remembered times and spreads are those that are computed, in every draw")
  func memory() {
    let spreads = KernelMemory<KernelSpread>()
    let kernels = [4, 5, 4, 5].map {
      Kernel.gemm("", m: 1024, n: 1024 * $0, k: 7168, precision: .bf16)
    }
    for number in 0..<2 {
      let draw = PredictionDraw(seed: 1, number: number)
      let timer = KernelTimer(
        gpu: h800, recipe: .deepseek, release: .april2025, draw: draw)
      var remembering = timer
      (remembering.knownSpreads, remembering.knownTimes) = (spreads, KernelMemory())
      for kernel in kernels {
        for sms in [20, 132] {
          let seconds = timer.seconds(kernel, sms: sms)
          #expect(remembering.seconds(kernel, sms: sms) == seconds)
          #expect(seconds != april.seconds(kernel, sms: sms))
        }
      }
    }
  }

  @Test("measured products take their measured time, up to the clocks of long runs")
  func products() throws {
    expectMeasured(
      try errors(.gemm, "fp8_block_net") {
        .gemm("", m: $0[0], n: $0[1], k: $0[2], precision: .fp8)
      }, count: 128)
    expectMeasured(
      try errors(.grouped, "contiguous") {
        var kernel = Kernel.gemm(
          "", groups: $0[0], m: $0[1], n: $0[2], k: $0[3], precision: .fp8)
        kernel.kernelClass = .groupedGEMM
        return kernel
      }, count: 48)
    expectMeasured(
      try errors(.grouped, "masked") {
        .maskedGEMM("", experts: $0[0], m: $0[1], n: $0[2], k: $0[3], precision: .fp8)
      }, count: 94)
  }

  @Test("measured attention takes its measured time, up to the clocks of long runs")
  func attention() throws {
    expectMeasured(
      try errors(.attentionForward, "fa") {
        .attentionForward(
          sequences: $0[0], length: $0[5], heads: $0[1], keyHeads: $0[2], queryHead: $0[3],
          valueHead: $0[4])
      }, count: 5)
    expectMeasured(
      try errors(.decode, "mla") {
        .attentionDecode(
          sequences: $0[0], queries: 1, context: $0[1], latent: SparseMeasurements.latent,
          cache: .bf16)
      }, count: 41)
    expectMeasured(
      try errors(.decode, "gqa_fi") {
        // Heads of 128: 4 bytes a KV head and number, 2 products a query head and number.
        let kvHeads = $0[2] / 512
        return .groupedAttentionDecode(
          sequences: $0[0], queries: 1, context: $0[1],
          grouped: GroupedAttention(heads: $0[3] / 256, kvHeads: kvHeads, headSize: 128),
          cache: .bf16)
      }, count: 36)
    let backward = Kernel.attentionBackward(
      sequences: 1, length: 4096, heads: 128, keyHeads: 128, queryHead: 192, valueHead: 128)
    let rate = backward.flops / april.seconds(backward, sms: 112) / 1e12
    #expect(abs(rate / AttentionMeasurements.backwardTFLOPS - 1) < 0.02)
  }

  @Test("the classes of the published trace sum to their measured times")
  func traceClasses() {
    let timer = KernelTimer(gpu: h800, recipe: .deepseek, release: .february2025)
    for (classes, microseconds) in TraceMeasurements.classMicroseconds {
      let kernels = LayerKernels.traceReference.filter { classes.contains($0.kernelClass) }
      let predicted = timer.seconds(kernels, sms: TraceMeasurements.computeSMs) * 1e6
      #expect(abs(predicted / microseconds - 1) < 1e-9, "\(classes)")
    }
  }

  @Test("fewer SMs slow a compute-bound product but not a memory-bound kernel")
  func sms() {
    let product = Kernel.gemm("", m: 4096, n: 7168, k: 16384, precision: .fp8)
    let cast = Kernel.memory("", .cast, tokens: 4096, bytesPerToken: 21_000)
    let ratio = april.time(product, sms: 112).seconds / april.time(product, sms: 132).seconds
    #expect(ratio > 1.15 && ratio <= 132.0 / 112)
    #expect(april.time(cast, sms: 112) == april.time(cast, sms: 132))
  }

  @Test("a GPU without its own measurements says that it borrows them")
  func borrowed() throws {
    let h200 = try #require(GPUSpec.catalogue.first { $0.name == "h200-sxm" })
    let timer = KernelTimer(gpu: h200, recipe: .deepseek, release: .february2025)
    let kernel = Kernel.gemm("", m: 4096, n: 7168, k: 16384, precision: .fp8)
    #expect(timer.time(kernel, sms: 132).source.text.contains("borrowed"))
    #expect(KernelTimer.assumption(on: h200) == nil)
    let other = try #require(GPUSpec.catalogue.first { $0.name == "mi300x" })
    #expect(KernelTimer.assumption(on: other)?.contains("outside the measured GPUs") == true)
  }

  /// Kernels of several classes, of rows and of the trace.
  private let several = [
    Kernel.gemm("", m: 4096, n: 7168, k: 16384, precision: .fp8),
    Kernel.gemm("", m: 64, n: 7168, k: 2048, precision: .bf16),
    Kernel.memory("", .cast, tokens: 4096, bytesPerToken: 21_000),
    Kernel.attentionForward(
      sequences: 1, length: 4096, heads: 128, keyHeads: 128, queryHead: 192, valueHead: 128),
  ]

  /// The H800 as a scenario changes it.
  private func changed(_ change: (inout GPUSpec) -> Void) -> GPUSpec {
    var gpu = h800
    (gpu.name, gpu.base) = ("h800-sxm (changed)", "h800-sxm")
    change(&gpu)
    return gpu
  }

  @Test("a GPU with another price, power, memory or name computes as it did")
  func changedOtherwise() {
    let gpu = changed {
      $0.price = USDollarsPerGPUHour(9)
      $0.thermalDesignPower = Watts(500)
      $0.memory = Bytes(200e9)
      $0.nvlinkPerDirection = BytesPerSecond(300e9)
    }
    let timer = KernelTimer(gpu: gpu, recipe: .deepseek, release: .april2025)

    for kernel in several {
      #expect(timer.time(kernel, sms: 132) == april.time(kernel, sms: 132))
      #expect(timer.spread(kernel, sms: 132).support == april.spread(kernel, sms: 132).support)
    }
    #expect(KernelTimer.assumption(on: gpu) == nil)
  }

  @Test("a small change of a rate has a small effect, and the rows are those of another GPU")
  func changedSlightly() {
    let gpu = changed { $0.memoryBandwidth = BytesPerSecond(1.0003 * $0.memoryBandwidth.value) }
    let timer = KernelTimer(gpu: gpu, recipe: .deepseek, release: .april2025)

    for kernel in several {
      let ratio = timer.seconds(kernel, sms: 132) / april.seconds(kernel, sms: 132)
      #expect(abs(naturalLogarithm(ratio)) < 0.0006, "\(kernel.kernelClass)")
    }
    #expect(timer.spread(several[0], sms: 132).support == .otherGPU)
    #expect(KernelTimer.assumption(on: gpu)?.contains("follow the rows of h800-sxm") == true)
  }

  @Test("a user's own rows hold for the GPU with another price")
  func changedAndCalibrated() {
    let device = Device(h800)
    let model = KernelModel(.gemm, "bf16", on: device, sustained: false)
    let extents: [[Double]] = [[512, 4096, 4096], [1024, 4096, 4096], [4096, 4096, 7168]]
    let series = CalibratedSeries(
      MeasuredRows(
        .gemm, KernelKind("bf16"), on: device,
        extents.map {
          MeasuredRows.Row(
            extents: $0, microseconds: 1.06 * model.microseconds($0), source: "own.txt")
        }))
    let library = KernelLibrary(adding: [Measurements([series], [])])
    let gpu = changed { $0.price = USDollarsPerGPUHour(9) }

    let (own, same) = (
      KernelModel(.gemm, "bf16", on: device, library: library),
      KernelModel(.gemm, "bf16", on: Device(gpu), library: library)
    )

    #expect(same.ownSources == ["own.txt"])
    #expect(same.microseconds(extents[0]) == own.microseconds(extents[0]))
  }
}
