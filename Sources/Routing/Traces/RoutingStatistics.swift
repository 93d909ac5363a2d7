// What a trace says about balance and specialisation, layer by layer.
//
// Sources of the measures: MaxVio, arXiv 2408.15664, section 4.1; relative load by domain,
// DeepSeek-V3 report, figure 9. The mutual information is that of the counts (plug-in), which is
// too large by about (domains - 1) x (experts - 1) / (2 visits ln 2) bits.

import Numerics
import Units

/// Statistics of one layer over all traced steps.
public struct RoutingStatistics: Hashable, Sendable {
  /// Name of the layer.
  public let layer: String
  /// Rows that were routed.
  public let rows: Int
  /// Visits of each expert in each domain `[domains][experts]`.
  public let visits: [[Int]]
  /// Largest load / mean - 1, each step by itself, mean over steps.
  public let batchMaxViolation: Double
  /// Mean count of distinct nodes and GPUs of a row's experts, experts in order on both.
  public let copies: TokenCopies
  /// Experts that neighbouring rows share / experts of either, mean over neighbours.
  public let neighbourJaccard: Double
  /// Mean gate score of the visited experts.
  public let meanScore: Double

  /// Reads a layer of a trace.
  ///
  /// - Precondition: `nodeCount` divides `gpuCount`, which divides the experts.
  /// - Complexity: linear in the rows of the layer x top-k².
  public init(_ trace: RoutingTrace, layer index: Int, nodeCount: Int, gpuCount: Int) {
    let gate = trace.gate
    precondition(gpuCount % nodeCount == 0 && gate.experts % gpuCount == 0, "an even layout")
    layer = trace.layers[index]
    var visits = Array(
      repeating: Array(repeating: 0, count: gate.experts), count: trace.domains.count)
    var layout = DistinctCount(gate, nodeCount: nodeCount, gpuCount: gpuCount)
    var (rows, neighbours, jaccard) = (0, 0, 0.0)
    trace.forEachRow(ofLayer: index) { domain, experts, before in
      rows += 1
      for expert in experts { visits[domain][Int(expert)] += 1 }
      layout.add(experts.lazy.map { Int($0) })
      guard !before.isEmpty else { return }
      let shared = experts.count { before.contains($0) }
      neighbours += 1
      jaccard += Double(shared) / Double(2 * gate.topK - shared)
    }
    self.rows = rows
    self.visits = visits
    copies = layout.copies
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
  public var loads: [Int] {
    visits[0].indices.map { expert in visits.reduce(0) { $0 + $1[expert] } }
  }

  /// Largest load / mean - 1 over all steps together.
  public var maxViolation: Double { Self.maxOverMean(loads) - 1 }

  /// Standard deviation of the logarithm of the experts' loads over all domains.
  public var sigma: Double { Self.sigma(loads) }

  /// The same in one domain.
  public func sigma(domain: Int) -> Double { Self.sigma(visits[domain]) }

  /// Largest load of an expert in a domain / the domain's mean.
  public func maxOverMean(domain: Int) -> Double { Self.maxOverMean(visits[domain]) }

  /// Bits that an expert visited tells about the domain of the token.
  public var mutualInformation: Double { Self.mutualInformation(visits) }

  // MARK: measures of counts

  /// Largest count / mean; 0 where there are none.
  static func maxOverMean(_ counts: [Int]) -> Double {
    let sum = counts.reduce(0, +)
    guard sum > 0, let largest = counts.max() else { return 0 }
    return Double(largest * counts.count) / Double(sum)
  }

  /// Standard deviation of logarithms. An expert without a visit counts as half a visit: it has a
  /// load that the trace is too short to show.
  static func sigma(_ counts: [Int]) -> Double {
    let logarithms = counts.map { naturalLogarithm(max(0.5, Double($0))) }
    let mean = logarithms.reduce(0, +) / Double(logarithms.count)
    let squares = logarithms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(logarithms.count)).squareRoot()
  }

  /// Mutual information of row and column of a table of counts, bits.
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

/// Counts the distinct nodes and GPUs of tokens' experts.
struct DistinctCount {
  private let expertsPerNode: Int
  private let expertsPerGPU: Int
  private let nodeCount: Int
  private var last: [Int]
  private var tokens = 0
  private var nodes = 0
  private var gpus = 0

  init(_ gate: Gate, nodeCount: Int, gpuCount: Int) {
    expertsPerNode = gate.experts / nodeCount
    expertsPerGPU = gate.experts / gpuCount
    self.nodeCount = nodeCount
    last = Array(repeating: -1, count: nodeCount + gpuCount)
  }

  /// Adds a token.
  mutating func add(_ experts: some Sequence<Int>) {
    for expert in experts {
      let node = expert / expertsPerNode
      if last[node] != tokens {
        last[node] = tokens
        nodes += 1
      }
      let gpu = nodeCount + expert / expertsPerGPU
      if last[gpu] != tokens {
        last[gpu] = tokens
        gpus += 1
      }
    }
    tokens += 1
  }

  /// Means over the tokens.
  var copies: TokenCopies {
    tokens == 0
      ? TokenCopies(nodes: 0, gpus: 0)
      : TokenCopies(
        nodes: Double(nodes) / Double(tokens), gpus: Double(gpus) / Double(tokens))
  }
}
