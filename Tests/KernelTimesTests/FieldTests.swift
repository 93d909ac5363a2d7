import Facts
import Foundation
import Numerics
import Testing

@testable import KernelTimes

/// Reads a file of Fixtures.
func fixture<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
  let file = try #require(
    Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Fixtures"))
  return try JSONDecoder().decode(type, from: Data(contentsOf: file))
}

@Suite("Conditioning a series on its rows")
struct FieldTests {
  private struct Vectors: Decodable {
    struct Field: Decodable {
      var sf: Double
      var sn: Double
      var lengths_log2: [Double]
    }
    struct Row: Decodable {
      var mnk: [Double]
      var us: Double
      var base_us: Double
      var loo_error_ln: Double
      var loo_sd_ln: Double
    }
    struct Expected: Decodable {
      var mnk: [Double]
      var base_us: Double
      var predicted_us: Double
      var ln_sd: Double
    }
    var theta_linearised_at: [Double]
    var theta_prior: [Double]
    var theta_prior_ln_sd: [Double]
    var field: Field
    var rows: [Row]
    var predict: [Expected]
  }

  @Test("predictions, their deviations and errors left out are those of the reference")
  func reference() throws {
    let vectors = try fixture("interpolation", as: Vectors.self)
    var series = try #require(
      Series.all.first { $0.device.name == "h100-sxm" && $0.kind.name == "bf16" })
    series.rows = vectors.rows.map {
      Series.Row(
        extents: $0.mnk, microseconds: $0.us, share: 1, fact: .measured.productAicH100BF16)
    }
    var constants = MeasuredClass.gemm.constants
    constants.fieldDeviation = vectors.field.sf
    constants.noise = vectors.field.sn
    constants.lengths = vectors.field.lengths_log2
    let conditioned = ConditionedSeries(
      series, theta: vectors.theta_linearised_at,
      prior: ParameterPrior(
        means: vectors.theta_prior.map(Foundation.log), deviations: vectors.theta_prior_ln_sd),
      constants: constants)
    func close(_ found: Double, _ expected: Double) -> Bool {
      abs(found - expected) <= 1e-6 * abs(expected)
    }

    for (row, left) in zip(vectors.rows, conditioned.leaveOneOut()) {
      let base = series.law(of: series.rows[0]).microseconds(row.mnk, conditioned.theta)
      #expect(close(base, row.base_us))
      #expect(close(left.error, row.loo_error_ln) && close(left.deviation, row.loo_sd_ln))
    }
    for expected in vectors.predict {
      let law = series.law(of: series.rows[0])
      #expect(close(law.microseconds(expected.mnk, conditioned.theta), expected.base_us))
      #expect(
        close(Foundation.exp(conditioned.mean(expected.mnk, on: law)), expected.predicted_us))
      #expect(close(conditioned.deviation(expected.mnk, on: law), expected.ln_sd))
    }
  }

  @Test("one row left out of a block of one equals one row left out")
  func blocks() throws {
    let series = try #require(Series.all.first { $0.kernelClass == .decode })
    let fit = ClassFit(.decode, Series.all.filter { $0.kernelClass == .decode }).fits[0]
    let conditioned = fit.conditioned(series, Array(series.rows.indices))

    for (place, alone) in conditioned.leaveOneOut().enumerated() {
      let block = try #require(conditioned.leaveOut([place]).first)
      #expect(abs(block.error - alone.error) < 1e-9)
      #expect(abs(block.deviation - alone.deviation) < 1e-9)
    }
  }

  @Test("a row left out is predicted as if it had never been there")
  func refitted() throws {
    let all = Series.all.filter { $0.kernelClass == .lowLatency }
    let (series, fit) = (all[0], ClassFit(.lowLatency, all).fits[0])
    let places = Array(series.rows.indices)
    let left = fit.conditioned(series, places).leaveOneOut()

    for place in places.prefix(5) {
      let others = places.filter { $0 != place }
      let without = ConditionedSeries(
        series, theta: fit.theta, prior: fit.prior, rows: others,
        noiseScale: others.map { fit.noiseScale[$0] })
      let row = series.rows[place]
      let error =
        Foundation.log(row.microseconds) - without.mean(row.extents, on: series.law(of: row))
      #expect(abs(error - left[place].error) < 1e-9)
    }
  }
}
