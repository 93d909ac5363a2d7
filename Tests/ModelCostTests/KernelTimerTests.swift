// Predicted kernel times, checked against the measurements they interpolate and for plausibility
// elsewhere.

import Cluster
import Testing
import Units

@testable import ModelCost

@Suite("Kernel times")
struct KernelTimerTests {
  let april: KernelTimer
  let h800: GPUSpec

  init() throws {
    h800 = try #require(GPUSpec.catalogue.first { $0.name == "h800-sxm" })
    april = KernelTimer(gpu: h800, release: .april2025)
  }

  @Test("a measured dense product takes its measured time")
  func exactDense() {
    for row in DenseGEMMMeasurements.april2025 {
      let kernel = Kernel.gemm("", m: row.m, n: row.n, k: row.k, precision: .fp8)
      let predicted = april.time(kernel, sms: 132).seconds * 1e6
      #expect(abs(predicted / row.microseconds - 1) < 1e-9)
    }
  }

  @Test("a measured grouped product takes its measured time")
  func exactGrouped() {
    for row in GroupedGEMMMeasurements.spring2025 {
      let kernel = Kernel.gemm(
        "", groups: row.groups, m: row.m, n: row.n, k: row.k, precision: .fp8)
      let predicted = april.time(kernel, sms: 132).seconds * 1e6
      #expect(abs(predicted / row.microseconds - 1) < 1e-9)
    }
  }

  @Test("products left out of the table are predicted with a median error of at most 20 %")
  func leaveOneOut() {
    let rows = DenseGEMMMeasurements.april2025.filter { $0.m >= 1024 }
    var errors: [Double] = []
    for row in rows {
      let others = rows.filter { $0 != row }
      let table = KernelTimer.table(others, on: Roofline(gpu: h800))
      let kernel = Kernel.gemm("", m: row.m, n: row.n, k: row.k, precision: .fp8)
      let efficiency = table.value(at: ShapeTable.coordinates(row.m, row.n, row.k))
      let predicted = Roofline(gpu: h800).seconds(kernel, sms: 132) / efficiency * 1e6
      errors.append(abs(predicted / row.microseconds - 1))
    }
    errors.sort()
    print(
      "leave-one-out error of dense FP8 products, m >= 1024:",
      "median \(errors[errors.count / 2]), largest \(errors[errors.count - 1])")
    #expect(errors[errors.count / 2] < 0.2)
  }

  @Test("the classes of the published trace sum to their measured times")
  func traceClasses() {
    let timer = KernelTimer(gpu: h800, release: .february2025)
    for (kernelClass, microseconds) in TraceMeasurements.classMicroseconds {
      let kernels = LayerKernels.traceReference.filter { $0.kernelClass == kernelClass }
      let predicted = timer.seconds(kernels, sms: TraceMeasurements.computeSMs) * 1e6
      #expect(abs(predicted / microseconds - 1) < 1e-9, "\(kernelClass)")
    }
  }

  @Test("no kernel of the reference layer is faster than its roofline")
  func belowRoofline() {
    let timer = KernelTimer(gpu: h800, release: .february2025)
    for kernel in LayerKernels.traceReference {
      let time = timer.time(kernel, sms: 112)
      #expect(time.efficiency > 0 && time.efficiency <= 1, "\(kernel.name): \(time.efficiency)")
    }
  }

  @Test("measured attention takes its measured time")
  func exactAttention() {
    for row in AttentionMeasurements.forward {
      let kernel = Kernel.attentionForward(
        sequences: 1, length: row.length, heads: 128, queryHead: 192, valueHead: 128)
      #expect(abs(april.time(kernel, sms: 132).seconds * 1e6 / row.microseconds - 1) < 1e-9)
    }
  }

  @Test("fewer SMs slow a compute-bound product but not a memory-bound kernel")
  func sms() {
    let product = Kernel.gemm("", m: 4096, n: 7168, k: 16384, precision: .fp8)
    let cast = Kernel.memory("", .cast, tokens: 4096, bytesPerToken: 21_000)
    let ratio = april.time(product, sms: 112).seconds / april.time(product, sms: 132).seconds
    #expect(abs(ratio - 132.0 / 112) < 1e-9)
    #expect(april.time(cast, sms: 112) == april.time(cast, sms: 132))
  }

  @Test("a GPU without its own measurements says that it borrows them")
  func borrowed() throws {
    let h200 = try #require(GPUSpec.catalogue.first { $0.name == "h200-sxm" })
    let timer = KernelTimer(gpu: h200, release: .february2025)
    let kernel = Kernel.gemm("", m: 4096, n: 7168, k: 16384, precision: .fp8)
    #expect(timer.time(kernel, sms: 132).source.text.contains("borrowed"))
  }
}
