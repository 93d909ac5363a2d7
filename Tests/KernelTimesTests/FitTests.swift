import Facts
import Foundation
import Testing

@testable import KernelTimes

@Suite("Fits of kernel times")
struct FitTests {
  private struct Reference: Decodable {
    struct Series: Decodable {
      var rows: Int
      var theta: [Double]
    }
    struct Class: Decodable { var series: [String: Series] }
    var classes: [String: Class]
  }

  /// The reference's names of classes and series.
  private static func names(of series: Series) -> (kernelClass: String, series: String) {
    let classes: [MeasuredClass: String] = [
      .expertBlock: "moe_block", .attentionForward: "attn_prefill",
      .attentionBackward: "attn_backward", .decode: "attn_decode", .lowLatency: "deepep_ll",
    ]
    var kind = series.kind.name.replacing("contiguous", with: "contig")
      .replacing("_forward", with: "_f").replacing("_backward", with: "_b")
      .replacing("maximum", with: "amax")
    if series.kernelClass == .collective, let end = kind.lastIndex(of: "_") {
      kind.replaceSubrange(end...end, with: "/")
    }
    let gpu = series.device.name.replacing("-sxm", with: "")
    return (classes[series.kernelClass] ?? series.kernelClass.rawValue, "\(gpu) \(kind)")
  }

  @Test("at measured shapes, predictions are within 2 % of those with the reference's parameters")
  func reference() throws {
    let reference = try fixture("parameters", as: Reference.self)
    var compared = 0
    for (kernelClass, fit) in zip(MeasuredClass.allCases, ClassFit.compiled) {
      let all = Series.all.filter { $0.kernelClass == kernelClass }
      var ratios: [Double] = []
      for (series, own) in zip(all, fit.fits) {
        let names = Self.names(of: series)
        guard let known = reference.classes[names.kernelClass]?.series[names.series] else {
          #expect(series.name == "attention_backward h800-sxm fa", "a series of our own")
          continue
        }
        #expect(known.rows == series.rows.count)
        compared += known.rows
        // Movers have an arithmetic share in the reference that nothing depends on.
        var theirs = own
        theirs.theta =
          own.theta.count == 2 ? [known.theta[0], known.theta[2]] : known.theta
        let places = Array(series.rows.indices)
        let (ours, other) = (own.conditioned(series, places), theirs.conditioned(series, places))
        ratios += series.rows.map { row in
          let law = series.law(of: row)
          return abs(ours.mean(row.extents, on: law) - other.mean(row.extents, on: law))
        }
      }
      #expect(quantile(ratios, 0.95) < 0.02, "\(kernelClass.rawValue)")
    }
    #expect(compared == 4304)
  }

  @Test("the compiled fits are those of the compiled rows")
  func compiled() throws {
    let refitted = ClassFit.refitted
    try Data(ClassFit.text(refitted).utf8).write(to: URL(filePath: "/tmp/fits.txt"))

    for (fit, known) in zip(refitted, ClassFit.compiled) {
      #expect(fit.kernelClass == known.kernelClass && fit.fits.count == known.fits.count)
      #expect(abs(fit.tail.scale / known.tail.scale - 1) < 1e-3)
      for (series, other) in zip(fit.fits, known.fits) {
        #expect(zip(series.theta, other.theta).allSatisfy { abs($0 / $1 - 1) < 1e-3 })
        #expect(zip(series.means, other.means).allSatisfy { abs($0 - $1) < 1e-3 })
        #expect(zip(series.noiseScale, other.noiseScale).allSatisfy { abs($0 / $1 - 1) < 1e-2 })
      }
    }
    #expect(ClassFit.read(ClassFit.text(refitted)).count == MeasuredClass.allCases.count)
  }

  @Test("every row has a positive time and the columns of its class, and every table has rows")
  func rows() {
    let tables = FactGroup.all.filter { $0.name == "measured" }.flatMap(\.facts)

    #expect(Set(tables).isSubset(of: Series.all.flatMap(\.facts)))
    for series in Series.all {
      let columns = series.rows[0].extents.count
      #expect(series.facts.allSatisfy { $0.use == .calibration }, "\(series.name)")
      for row in series.rows {
        #expect(row.microseconds > 0 && row.extents.count == columns)
      }
    }
    #expect(Series.all.count == 125)
  }

  private struct Tails: Decodable {
    struct Case: Decodable {
      var z: [Double]
      var scale: Double
      var nu: Double
    }
    var nu_list: [Double]
    var cases: [Case]
  }

  @Test("tails are those of the reference")
  func tails() throws {
    let vectors = try fixture("tail_fit", as: Tails.self)

    #expect(ErrorTail.candidates == vectors.nu_list)
    for known in vectors.cases {
      let tail = ErrorTail(fitting: known.z)
      #expect(tail.degrees == known.nu && abs(tail.scale - known.scale) < 1e-6)
    }
  }
}
