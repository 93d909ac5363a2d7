// A sensitivity as a table, JSON and CSV.

import Recording
import ResultsStore
import Units

extension Sensitivity {
  /// Returns the sensitivity in a format, ending with a line end. A table for reading says above it
  /// what its figures are; JSON and CSV are the rows alone.
  package func text(_ format: OutputFormat) -> String {
    guard format == .table else { return table.text(format) }
    return "\(title)\n\(notes.map { "  \($0)\n" }.joined())\n" + table.text(.table)
  }

  /// What is measured, on one line.
  package var title: String {
    let what = statistic == .value ? "" : ", \(statistic.rawValue)"
    let unit = metric.unit.symbol == "1" ? "" : " in \(metric.unit.symbol)"
    return "sensitivity of \(metric.name)\(what)\(unit)"
  }

  /// How the inputs are ranked, and what is missing.
  var notes: [String] {
    var notes = [methodNote]
    if missingCount > 0 {
      notes.append("\(missingCount) of \(trialCount) trials have no value and are left out")
    }
    if let noise {
      notes.append(
        "largest standard error of a point's mean: \(significantText(noise))"
          + (method == .tornado
            ? "; difference: 95 % interval of at_high - at_low with equal seeds" : ""))
    }
    return notes
  }

  private var methodNote: String {
    switch method {
    case .tornado:
      "tornado: each input alone at low and high, the others at base; interactions stay unseen"
    case .morris:
      "Morris: effect of the whole range; mu_star is its mean size, sigma its spread (curvature,"
        + " interactions)"
    case .sobol:
      "Sobol: shares of the variance, alone (first) and with interactions (total), and their 95 %"
        + " bootstrap intervals"
    case .rankCorrelation:
      "Latin hypercube: Spearman's rank correlation; below the noise of its last column it tells"
        + " nothing"
    case .levels:
      "means over the trials at each value of an input, least and largest; fair where all inputs"
        + " are crossed"
    }
  }

  /// One row for each input, the most influential first.
  package var table: ResultTable {
    let hasGroups = groups.contains { !$0.name.isEmpty }
    return ResultTable(
      columns: (hasGroups ? ["at"] : []) + columns,
      rows: groups.flatMap { group in
        rows(group).map { (hasGroups ? [.text(group.name)] : []) + $0 }
      })
  }

  private var columns: [String] {
    switch method {
    case .tornado:
      ["input", "low", "base", "high", "at_low", "at_base", "at_high", "swing", "swing_share"]
        + (noise == nil ? [] : ["difference_low", "difference_high"])
    case .morris: ["input", "low", "high", "mu_star", "mu", "sigma", "effects"]
    case .sobol:
      [
        "input", "low", "high", "first", "first_low", "first_high", "total", "total_low",
        "total_high", "rows",
      ]
    case .rankCorrelation: ["input", "low", "high", "rank_correlation", "points", "noise"]
    case .levels:
      ["input", "levels", "least_at", "least", "most_at", "most", "range", "variance_share"]
    }
  }

  private func rows(_ group: Group) -> [[ResultValue]] {
    switch method {
    case .tornado:
      guard let (base, baseLabels, bars) = tornado(group) else { return [] }
      return zip(baseLabels, bars).map { label, bar in
        let share = bar.swing.flatMap { swing in
          base.flatMap { $0 == 0 ? nil : swing / abs($0) }
        }
        return [
          .text(bar.name), .text(bar.labels.low), .text(label), .text(bar.labels.high),
          real(bar.low), real(base), real(bar.high), real(bar.swing), real(share),
        ] + (noise == nil ? [] : [real(bar.difference?.low), real(bar.difference?.high)])
      }
    case .morris:
      return morris(group).map { range, effect in
        let isKnown = effect.count > 0
        return [
          .text(range.key), .text(range.low), .text(range.high),
          real(isKnown ? effect.meanSize : nil), real(isKnown ? effect.mean : nil),
          real(effect.count > 1 ? effect.standardDeviation : nil), .integer(Int64(effect.count)),
        ]
      }
    case .sobol:
      let (rows, inputs) = sobol(group)
      return inputs.map { range, index in
        let figures = [
          index.first, index.firstInterval.low, index.firstInterval.high, index.total,
          index.totalInterval.low, index.totalInterval.high,
        ]
        return [.text(range.key), .text(range.low), .text(range.high)]
          + figures.map { real(rows > 0 ? $0 : nil) } + [.integer(Int64(rows))]
      }
    case .rankCorrelation:
      return correlations(group).map { range, correlation, points in
        [
          .text(range.key), .text(range.low), .text(range.high), real(correlation),
          .integer(Int64(points)), real(points > 2 ? 1.96 / Double(points - 1).squareRoot() : nil),
        ]
      }
    case .levels:
      return levels(group).map { level in
        [
          .text(level.name), .integer(Int64(level.count)), .text(level.least.label),
          .real(level.least.mean), .text(level.most.label), .real(level.most.mean),
          .real(level.range), real(level.share),
        ]
      }
    }
  }

  private func real(_ value: Double?) -> ResultValue { value.map(ResultValue.real) ?? .null }
}
