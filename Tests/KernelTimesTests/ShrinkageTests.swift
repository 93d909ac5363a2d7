import Testing

@testable import KernelTimes

@Suite("Offsets of series from rows of a machine")
struct ShrinkageTests {
  private struct Vectors: Decodable {
    struct Case: Decodable {
      var residuals: [Double]
      var omega: Double
      var tau: Double
      var mean: Double
      var sd: Double
      var weights: [Double]
    }
    var cases: [Case]
  }

  @Test("means, deviations and weights are those of the reference")
  func reference() throws {
    let vectors = try fixture("shrinkage", as: Vectors.self)

    for known in vectors.cases {
      let found = Shrinkage(known.residuals, omega: known.omega, tau: known.tau)
      #expect(abs(found.mean - known.mean) <= 1e-7 * max(abs(known.mean), 1e-2))
      #expect(abs(found.deviation - known.sd) <= 1e-7 * known.sd)
      for (weight, expected) in zip(found.weights, known.weights) {
        #expect(abs(weight - expected) <= 1e-7 * expected)
      }
    }
    #expect(vectors.cases.count == 5)
  }

  /// Rows of a kind without rows on a GPU, a factor slower than the model says.
  private static func rows(_ factors: [Double], gpu: String = "h100-sxm") throws -> MeasuredRows {
    let device = try #require(Device.named(gpu))
    let model = KernelModel(.gemm, "fp8_block_net", on: device, sustained: false)
    return MeasuredRows(
      .gemm, KernelKind("fp8_block_net"), on: device,
      factors.enumerated().map { place, factor in
        let extents = [Double(256 + 128 * place), 4096, 7168]
        return MeasuredRows.Row(
          extents: extents, microseconds: factor * model.microseconds(extents), source: "own.txt")
      })
  }

  private static func model(_ library: KernelLibrary, gpu: String = "h100-sxm") throws
    -> KernelModel
  {
    KernelModel(
      .gemm, "fp8_block_net", on: try #require(Device.named(gpu)), library: library,
      sustained: false)
  }

  @Test("own rows of many tokens an expert do not make kernels of one surer in their tail")
  func fewRows() throws {
    let device = try #require(Device.named("h800-sxm"))
    let compiled = KernelModel(.grouped, "contiguous", on: device, sustained: false)
    let rows = [512.0, 1024, 2048, 4096, 8192].map { tokens in
      let extents = [4, tokens, 4096, 7168]
      return MeasuredRows.Row(
        extents: extents, microseconds: compiled.microseconds(extents), source: "own.txt")
    }
    let series = CalibratedSeries(
      MeasuredRows(.grouped, KernelKind("contiguous"), on: device, rows))
    let own = KernelModel(
      .grouped, "contiguous", on: device,
      library: KernelLibrary(adding: [Measurements([series], [])]), sustained: false)

    let (few, many) = ([4.0, 1, 4096, 7168], [4.0, 1024, 4096, 7168])
    #expect(abs(compiled.spread(few).tail.scale / compiled.spread(many).tail.scale - 2.5) < 1e-12)
    #expect(abs(own.spread(few).tail.scale / own.spread(many).tail.scale - 2.5) < 1e-12)
  }

  @Test(
    "rows of a machine move predictions toward them and narrow the interval of their series only",
    arguments: ["h100-sxm", "h800-sxm"])
  func calibrated(gpu: String) throws {
    let series = CalibratedSeries(try Self.rows([1.1, 1.08, 1.11, 1.09, 1.1], gpu: gpu))
    let library = KernelLibrary(adding: [Measurements([series], [])])
    let (before, after) = (try Self.model(.compiled, gpu: gpu), try Self.model(library, gpu: gpu))

    #expect(series.refusal == nil)
    for extents in [[512.0, 4096, 7168], [3000, 4096, 7168]] {
      let ratio = after.microseconds(extents) / before.microseconds(extents)
      #expect(ratio > 1.05 && ratio < 1.12, "\(ratio)")
    }
    let far = [2048.0, 2112, 1024]
    let ratio = after.microseconds(far) / before.microseconds(far)
    #expect(ratio > 1.03 && ratio < 1.12, "\(ratio)")
    let row = [1024.0, 4096, 7168]
    #expect(after.spread(row).deviation < before.spread(row).deviation)
    #expect(after.support(row) == .measured && after.ownSources == ["own.txt"])
    for kind in ["bf16", "fp8_block", "fp8_tensor"] {
      let device = try #require(Device.named(gpu))
      let (own, other) = (
        KernelModel(.gemm, kind, on: device),
        KernelModel(.gemm, kind, on: device, library: library)
      )
      #expect(own.microseconds(row) == other.microseconds(row))
      #expect(own.spread(row).deviation == other.spread(row).deviation)
      #expect(own.support(row) == other.support(row))
    }
  }

  @Test("sets of two shapes, of far offsets and of many outliers leave the prior")
  func refusals() throws {
    let few = CalibratedSeries(try Self.rows([1.1, 1.1]))
    let far = CalibratedSeries(try Self.rows([2, 2.1, 1.9, 2]))
    let scattered = CalibratedSeries(try Self.rows([1, 1.01, 0.99, 1.9, 0.4, 1.02]))

    #expect(few.refusal == "2 shapes: an offset needs three")
    #expect(far.refusal?.hasPrefix("an offset beyond three times") == true)
    #expect(scattered.shrinkage.outliers == 2 && scattered.refusal == nil)
    let outliers = CalibratedSeries(try Self.rows([1, 1.01, 1.9, 0.4, 2.2]))
    #expect(outliers.refusal?.contains("of 5 rows are outliers") == true)
  }

  @Test("errors have a tail of their own from twenty shapes on")
  func tails() throws {
    let factors = (0..<20).map { (place: Int) -> Double in 1.01 + 0.02 * Double(place * 7 % 5) }

    #expect(CalibratedSeries(try Self.rows(Array(factors.prefix(19)))).tail == nil)
    #expect(CalibratedSeries(try Self.rows(factors)).tail != nil)
  }
}
