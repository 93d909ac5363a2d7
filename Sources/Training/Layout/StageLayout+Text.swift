// Megatron-LM's notation of a pipeline layout (`--pipeline-model-parallel-layout`):
//
//     E  embedding    t  layer    m  MTP module    L  head and loss    |  next stage
//     t*3  three layers    (tt|)*30  a part repeated    commas are ignored
//
// Source: megatron/core/transformer/pipeline_parallel_layer_layout.py, and its rules for the order
// of the parts.

import Schedules
import Text

/// Why a text is not a layout.
package struct StageTextProblem: ExplainedError, Hashable {
  /// What is wrong, to follow the text.
  package var message: String
  /// What is expected instead; nil if the message says it.
  package var expected: String?

  /// The problem and what is expected.
  package var explanations: [Explanation] { [Explanation(message, advice: expected)] }
}

extension StageLayout {
  /// Maximum number of symbols of an expanded text.
  private static let symbolLimit = 65_536

  /// Reads a text.
  ///
  /// - Throws: `StageTextProblem` for other symbols, a repetition without count, unequal brackets,
  ///   and parts in an order that no pipeline has.
  package init(text: String) throws(StageTextProblem) {
    var reader = SymbolReader(text)
    let symbols = try reader.symbols(limit: Self.symbolLimit)
    var stages = [Stage()]
    for symbol in symbols {
      let last = stages.count - 1
      switch symbol {
      case "|": stages.append(Stage())
      case "E":
        guard last == 0, stages[0] == Stage() else {
          throw StageTextProblem(message: "has an E that is not at the start")
        }
        stages[0].hasEmbedding = true
      case "t":
        guard stages.allSatisfy({ $0.modules == 0 && !$0.hasHead }) else {
          throw StageTextProblem(message: "has a t behind an m or L")
        }
        stages[last].layers += 1
      case "m":
        guard stages.allSatisfy({ !$0.hasHead }) else {
          throw StageTextProblem(message: "has an m behind the L")
        }
        guard stages.dropLast().allSatisfy({ $0.modules == 0 }) else {
          throw StageTextProblem(
            message: "has MTP modules in several stages", expected: "expected: all m in one stage")
        }
        stages[last].modules += 1
      default:
        guard stages.allSatisfy({ !$0.hasHead }) else {
          throw StageTextProblem(message: "has more than one L")
        }
        stages[last].hasHead = true
      }
    }
    guard stages[0].hasEmbedding else {
      throw StageTextProblem(
        message: "does not start with E", expected: "expected: the embedding E first")
    }
    guard stages[stages.count - 1].hasHead else {
      throw StageTextProblem(
        message: "does not end with L",
        expected: "expected: head and loss L in the last stage, behind all else")
    }
    self.init(stages)
  }

  /// The rules of a model and a placement that the layout breaks.
  ///
  /// - Parameters:
  ///   - layers: layers of the model, without those of MTP modules.
  ///   - modules: MTP modules that are trained.
  ///   - placement: the ranks of the stages; nil if it is not known.
  package func problems(
    layers: Int, modules: Int, placement: Placement?
  ) -> [StageTextProblem] {
    var problems: [StageTextProblem] = []
    func expect(_ count: Int, _ wanted: Int, _ symbol: String, _ what: String) {
      guard count != wanted else { return }
      let change =
        count < wanted ? "\(wanted - count) more \(symbol)" : "\(count - wanted) \(symbol) fewer"
      problems.append(
        StageTextProblem(
          message: "has \(count) \(symbol) for \(wanted) \(what)", expected: "expected: \(change)"))
    }
    expect(partition.reduce(0, +), layers, "t", "layers")
    expect(stages.reduce(0) { $0 + $1.modules }, modules, "m", "trained MTP modules")
    guard let placement else { return problems }
    guard placement.stagesPerPath == stages.count else {
      problems.append(
        StageTextProblem(
          message: "has \(stages.count) stages for \(placement.stagesPerPath)",
          expected: "expected: \(placement.stagesPerPath - 1) bars |, one between two stages"))
      return problems
    }
    if let stage = stages.firstIndex(where: { $0.modules > 0 }) {
      problems += moduleProblems(stage, placement)
    }
    return problems
  }

  /// MTP modules belong to the last chunk of a rank that is not the first one, since the first
  /// chunk of rank 0 starts the pipeline.
  private func moduleProblems(_ stage: Int, _ placement: Placement) -> [StageTextProblem] {
    let rank = placement.rank(ofStage: stage, microbatch: 0)
    let isLastOfRank = (stage + 1..<stages.count).allSatisfy {
      placement.rank(ofStage: $0, microbatch: 0) != rank
    }
    if !isLastOfRank {
      return [
        StageTextProblem(
          message: "has m in stage \(stage), behind which rank \(rank) has another stage",
          expected: "expected: m in the last stage of its rank")
      ]
    }
    // Where the last stage of all is on rank 0, it may hold them.
    guard rank == 0, placement.ranks > 1, stage < stages.count - 1 else { return [] }
    return [
      StageTextProblem(
        message: "has m in stage \(stage) on rank 0", expected: "expected: m on another rank")
    ]
  }
}

/// Reads and expands a text.
private struct SymbolReader {
  private let text: [Character]
  private var place = 0

  init(_ text: String) { self.text = text.filter { $0 != "," && $0 != " " } }

  mutating func symbols(limit: Int) throws(StageTextProblem) -> [Character] {
    let result = try part(limit: limit)
    guard place == text.count else {
      throw StageTextProblem(message: "has a ) without a (")
    }
    return result
  }

  /// Symbols up to the end or a closing bracket.
  private mutating func part(limit: Int) throws(StageTextProblem) -> [Character] {
    var result: [Character] = []
    while place < text.count, text[place] != ")" {
      var unit: [Character]
      if text[place] == "(" {
        place += 1
        unit = try part(limit: limit)
        guard place < text.count else { throw StageTextProblem(message: "has a ( without a )") }
        place += 1
      } else {
        guard "EtmL|".contains(text[place]) else {
          throw StageTextProblem(
            message: "has \(quoted(String(text[place])))",
            expected: "expected: E, t, m, L, |, t*3 and (..)*3")
        }
        unit = [text[place]]
        place += 1
      }
      let count = try repetition(limit: limit)
      guard unit.count * count + result.count <= limit else {
        throw StageTextProblem(message: "expands to more than \(limit) symbols")
      }
      for _ in 0..<count { result += unit }
    }
    return result
  }

  /// The count behind a star; 1 without a star.
  private mutating func repetition(limit: Int) throws(StageTextProblem) -> Int {
    guard place < text.count, text[place] == "*" else { return 1 }
    place += 1
    var count: Int?
    while place < text.count, let digit = text[place].wholeNumberValue, text[place].isASCII {
      count = min((count ?? 0) * 10 + digit, limit + 1)
      place += 1
    }
    guard let count else { throw StageTextProblem(message: "has a * without a number") }
    return count
  }
}
