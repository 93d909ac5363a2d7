// The comparison as a record: rows, what was not simulated, and summaries.

import Experiments
import Facts
import Recording

extension Comparison {
  /// The record of the comparison.
  ///
  /// - Parameter withoutMissing: leaves out the figures that no simulation produces.
  package func study(withoutMissing: Bool = false) -> Study {
    let failed = rows.filter { $0.simulated == nil }.map { row in
      Self.missing(row.figure.fact, "\(row.figure.what)", row.reason ?? "")
    }
    let unknown =
      withoutMissing
      ? [] : NotSimulated.all.map { Self.missing($0.fact, $0.published, $0.reason) }
    return Study(
      .accuracy,
      [
        "rows": rows.filter { $0.simulated != nil }.map(Self.record),
        "not_simulated": failed + unknown, "summary": summary,
      ])
  }

  private static func missing(_ fact: Fact, _ published: String, _ reason: String) -> RecordValue {
    ["fact": fact.id, "published": published, "reason": reason, "citation": fact.citation]
  }

  private static func record(_ row: Row) -> RecordValue {
    let (figure, score) = (row.figure, row.score)
    // The interval of a count is the published digit alone.
    let interval = figure.kind == .counts ? nil : row.interval
    return [
      "group": figure.group.title, "kind": figure.kind.rawValue, "what": figure.what,
      "unit": figure.unit, "published": figure.published, "last_digit": figure.lastDigit,
      "simulated": row.simulated?.value, "low": interval?.lowerBound,
      "high": interval?.upperBound, "error_ln": score?.error, "inside": row.verdict,
      "score": interval == nil ? nil : score?.interval, "used": figure.use, "fact": figure.fact.id,
      "scenario": figure.simulation.cases.first?.scenario, "citation": figure.fact.citation,
    ]
  }

  // MARK: Summaries

  /// By group and by kind of prediction; of all rows but counts: each row alike, each group alike,
  /// and each source, model and GPU alike.
  private var summary: [RecordValue] {
    let groups = Figure.Group.allCases.compactMap { group in
      Self.line(group.title, rows.filter { $0.figure.group == group })
    }
    let kinds = Figure.Kind.allCases.compactMap { kind in
      Self.line("all \(kind.rawValue)", rows.filter { $0.figure.kind == kind })
    }
    let predicted = rows.filter { $0.figure.kind != .counts }
    let all = [
      Self.line("all rows", predicted),
      Self.line("all, groups alike", predicted) { $0.figure.group.rawValue },
      Self.line("all, sources alike", predicted) { $0.figure.family },
    ].compactMap(\.self)
    return groups + kinds + all
  }

  /// A line of the summary; nil without rows.
  ///
  /// - Parameter family: rows with the same weigh as one; each row alone without it.
  private static func line(
    _ name: String, _ rows: [Row], family: ((Row) -> String)? = nil
  ) -> RecordValue? {
    guard !rows.isEmpty else { return nil }
    let counted = rows.filter { $0.isCounted && $0.score != nil }
    let scored = counted.compactMap { row -> ScoreSummary.Row? in
      guard let score = row.score else { return nil }
      let alike = family.map { family in counted.count { family($0) == family(row) } } ?? 1
      return ScoreSummary.Row(score, weight: 1 / Double(alike))
    }
    let found = ScoreSummary(scored)
    // Weighted rows are not independent trials, so only equal weights have an exact interval.
    let interval = family == nil ? found.coverageInterval : nil
    let isCount = rows.allSatisfy { $0.figure.kind == .counts }
    return [
      "of": name, "rows": rows.count, "used": rows.count { $0.figure.use != nil },
      "inside": found.share.successes, "counted": found.share.trials, "coverage": found.coverage,
      "coverage_low": interval?.low, "coverage_high": interval?.high,
      "median_error": found.medianError, "mean_error": found.meanError,
      "p90_error": found.upperError, "bias": found.bias,
      "median_half_width": isCount ? nil : found.medianHalfWidth,
      "mean_score": isCount ? nil : found.meanScore,
    ]
  }
}
