// Balance and specialisation of the experts in a trace, layer by layer.
//
// Sources of the measures: MaxVio, arXiv 2408.15664, section 4.1; relative load by domain,
// DeepSeek-V3 report, figure 9. Mutual information is the plug-in estimate, biased upwards by about
// (domains - 1) x (experts - 1) / (2 visits ln 2) bits.

import Numerics
import Units

/// Statistics of one layer over all traced steps.
package struct RoutingStatistics: Hashable, Sendable {
  /// Name of the layer.
  package let layer: String
  /// Routed rows.
  package let rows: Int
  /// Visits by domain, `[domains][experts]`.
  package let visits: [[Int]]
  /// Largest load / mean - 1 of a single step, mean over steps.
  package let batchMaxViolation: Double
  /// Mean distinct nodes and GPUs per row, experts in order.
  package let fanOut: TokenFanOut
  /// Mean Jaccard index of neighbouring rows: experts that both visit / experts of either.
  package let neighbourJaccard: Double
  /// Mean gate score of the visited experts.
  package let meanScore: Double

  /// Analyses a layer of a trace.
  ///
  /// - Precondition: `nodeCount` divides `gpuCount`, which divides the experts.
  /// - Complexity: linear in the rows of the layer x top-k².
  package init(_ trace: RoutingTrace, layer index: Int, nodeCount: Int, gpuCount: Int) {
    let gate = trace.gate
    precondition(gate.experts % gpuCount == 0, "GPUs divide the experts")
    layer = trace.layers[index]
    var visits = Array(
      repeating: Array(repeating: 0, count: gate.experts), count: trace.domains.count)
    var counter = FanOutCounter(nodeCount: nodeCount, gpuCount: gpuCount)
    var (rows, neighbours, jaccard) = (0, 0, 0.0)
    trace.forEachRow(ofLayer: index) { domain, experts, before in
      rows += 1
      for expert in experts { visits[domain][Int(expert)] += 1 }
      counter.add(experts.lazy.map { Int($0) * gpuCount / gate.experts })
      guard !before.isEmpty else { return }
      let shared = experts.count { before.contains($0) }
      neighbours += 1
      jaccard += Double(shared) / Double(2 * gate.topK - shared)
    }
    self.rows = rows
    self.visits = visits
    fanOut = counter.mean
    neighbourJaccard = neighbours == 0 ? 0 : jaccard / Double(neighbours)
    let steps = trace.steps.map { $0.layers[index] }
    batchMaxViolation =
      steps.isEmpty
      ? 0
      : steps.reduce(0) { $0 + Self.maxViolation(of: $1, gate) } / Double(steps.count)
    let scores = steps.reduce(0) { sum, step in step.scores.reduce(sum) { $0 + Int($1) } }
    meanScore = rows == 0 ? 0 : Double(scores) / Double(255 * rows * gate.topK)
  }

  /// Visits of each expert over all domains.
  package var loads: [Int] {
    visits[0].indices.map { expert in visits.reduce(0) { $0 + $1[expert] } }
  }

  /// Largest load / mean - 1 over all steps combined.
  package var maxViolation: Double { Self.maxOverMean(loads) - 1 }

  /// Standard deviation of the logarithm of the experts' loads over all domains.
  package var sigma: Double { Self.sigma(loads) }

  /// Standard deviation of the logarithm of the experts' loads in one domain; nil without text of
  /// it.
  package func sigma(domain: Int) -> Double? {
    hasText(domain) ? Self.sigma(visits[domain]) : nil
  }

  /// Mean of `sigma(domain:)` over the domains with text; nil without any text.
  package var domainSigma: Double? { Self.domainSigma(visits) }

  /// Largest load of an expert in a domain / the domain's mean; nil without text of it.
  package func maxOverMean(domain: Int) -> Double? {
    hasText(domain) ? Self.maxOverMean(visits[domain]) : nil
  }

  private func hasText(_ domain: Int) -> Bool { visits[domain].contains { $0 > 0 } }

  /// Mutual information of the visited expert and the token's domain, bits.
  package var mutualInformation: Double { Self.mutualInformation(visits) }

  // MARK: Measures of counts

  /// Largest count / mean; 0 if all counts are zero.
  static func maxOverMean(_ counts: [Int]) -> Double {
    let sum = counts.reduce(0, +)
    guard sum > 0, let largest = counts.max() else { return 0 }
    return Double(largest * counts.count) / Double(sum)
  }

  /// Standard deviation of logarithms. An expert without visits counts as half a visit: its load is
  /// too small to show in the trace, but not zero.
  static func sigma(_ counts: [Int]) -> Double {
    let logarithms = counts.map { naturalLogarithm(max(0.5, Double($0))) }
    let mean = logarithms.reduce(0, +) / Double(logarithms.count)
    let squares = logarithms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(logarithms.count)).squareRoot()
  }

  /// Mean standard deviation of logarithms over the rows with a count; nil if none has.
  static func domainSigma(_ table: [[Int]]) -> Double? {
    let rows = table.filter { row in row.contains { $0 > 0 } }
    return rows.isEmpty ? nil : rows.reduce(0) { $0 + sigma($1) } / Double(rows.count)
  }

  /// Mutual information of the row and column of a table of counts, bits.
  static func mutualInformation(_ table: [[Int]]) -> Double {
    let rowSums = table.map { Double($0.reduce(0, +)) }
    let total = rowSums.reduce(0, +)
    guard total > 0 else { return 0 }
    var bits = 0.0
    for column in table[0].indices {
      let columnSum = Double(table.reduce(0) { $0 + $1[column] })
      for (row, rowSum) in zip(table, rowSums) where row[column] > 0 {
        let count = Double(row[column])
        bits += count / total * log2(count * total / (rowSum * columnSum))
      }
    }
    return max(0, bits)
  }

  private static func maxViolation(of step: RoutingTrace.Decisions, _ gate: Gate) -> Double {
    var counts = [Int](repeating: 0, count: gate.experts)
    for expert in step.experts { counts[Int(expert)] += 1 }
    return maxOverMean(counts) - 1
  }
}
