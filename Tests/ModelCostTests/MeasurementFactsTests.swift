// Tables of measurements, checked against their entries in the register of facts.

import Facts
import KernelTimes
import Testing

@testable import Cluster
@testable import ModelCost

@Suite("Measurements agree with the register of facts")
struct MeasurementFactsTests {
  private func rows(_ fact: Fact) -> Int? { Int(fact.value.prefix { $0 != " " }) }

  @Test("a table has the number of rows that its fact states")
  func counts() {
    let kernels = Fact.kernels
    #expect(rows(kernels.dense4096April) == ReleaseMeasurements.dense.count)
    #expect(rows(kernels.dense4096February) == ReleaseMeasurements.dense.count)
    // Rows of grouped products have both projections.
    for fact in Set(Series.all.flatMap(\.facts)) where fact != kernels.attentionBackward {
      let isBoth = fact == kernels.groupedPrefill || fact == kernels.groupedDecode
      let count = Series.all.reduce(0) { $0 + $1.count(of: fact) }
      #expect(rows(fact).map { isBoth ? 2 * $0 : $0 } == count, "\(fact.id)")
    }
    #expect(rows(kernels.sparseKernels) == SparseMeasurements.scores.count)
    #expect(rows(kernels.traceClasses) == TraceMeasurements.classMicroseconds.count)
  }

  @Test("single figures equal their facts")
  func figures() throws {
    let achieved = try #require(Fact.hardware.h800AchievedBandwidth.number)
    let peak = try #require(Fact.hardware.h800Bandwidth.number)

    #expect(KernelTimer.achievedBandwidthShare == achieved / peak)
    #expect(Fact.kernels.attentionBackward.number == AttentionMeasurements.backwardTFLOPS)
    #expect(
      Fact.kernels.sparseAttention.number == FP8CacheMeasurements.teraflops)
    #expect(Fact.kernels.sparsePrefill.number == SparseMeasurements.prefillFLOPs / 1e12)
    #expect(Fact.kernels.traceSMs.number == Double(TraceMeasurements.computeSMs))
    let latent = SparseMeasurements.latent
    #expect(Fact.models.fp8CacheBytes.number == Double(latent.cacheBytes(.fp8Tile)))
  }

  @Test("a model has the sizes that its fact states", arguments: ModelSpec.catalogue)
  func models(model: ModelSpec) throws {
    let fact = try #require(model.source.facts.first)

    var sizes = "\(model.layers) layers of width \(model.hidden)"
    if let experts = model.experts {
      sizes += ", \(experts.routed) experts, top-\(experts.topK)"
      if experts.groups > 1 { sizes += " of \(experts.groupLimit) groups" }
    }
    #expect(fact.value == sizes)
  }

  @Test("a kernel on a GPU of the catalogue is timed from facts", arguments: GPUSpec.catalogue)
  func sources(gpu: GPUSpec) {
    let timer = KernelTimer(gpu: gpu, recipe: .deepseek, release: .february2025)
    for kernel in LayerKernels.traceReference where gpu.fp8Peak != nil {
      #expect(!timer.time(kernel, sms: gpu.smCount).source.facts.isEmpty, "\(kernel.name)")
    }
  }
}
