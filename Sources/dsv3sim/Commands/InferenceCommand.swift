// `dsv3sim inference`: throughput of prefill or decode over batch sizes and contexts.

import ArgumentParser
import Experiments
import ModelCost
import Serving

extension InferenceSpec.Phase: ExpressibleByArgument {
  /// Default batch sizes.
  fileprivate var usualBatches: [Int] {
    switch self {
    case .prefill: [2, 4, 8, 16, 32, 64]
    case .decode: [8, 16, 32, 64, 128, 256]
    }
  }
}

struct InferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inference",
    abstract: "Simulate tokens/s per node over batches and contexts, for several configurations.")

  @Option(help: "The phase of inference.")
  var phase = InferenceSpec.Phase.decode

  @Option(
    help: ArgumentHelp(
      "Sequences per GPU, separated by commas; default: 8 to 256, in prefill 2 to 64.",
      valueName: "count,count"))
  var batches: CommaSeparated<Int>?

  @Option(
    help: ArgumentHelp(
      "Cached tokens per sequence, or tokens per prompt, separated by commas.",
      valueName: "tokens,tokens"))
  var contexts = CommaSeparated([1024, 4096, 16384, 65536, 131_072])

  @Option(
    help: ArgumentHelp(
      "Tokens of each prompt per prefill step; default: whole prompts.", valueName: "tokens"))
  var chunk: Int?

  @Option(help: "Format of the KV cache.")
  var kvCache = CacheFormat.bf16

  @Option(help: "Form of the result.")
  var format = ListFormat.table

  /// Formats of the KV cache.
  enum CacheFormat: String, CaseIterable, ExpressibleByArgument {
    case bf16
    case fp8Tile = "fp8_tile"
  }

  func validate() throws {
    try batches?.check("batches", least: 2)
    try contexts.check("contexts", least: 1)
    guard let chunk else { return }
    if phase == .decode { throw CommandProblem.usage("--chunk is for --phase prefill") }
    if chunk < 1 { throw CommandProblem.usage("--chunk \"\(chunk)\": expected at least 1") }
  }

  mutating func run() throws {
    let sweep = InferenceSweep(
      phase: phase, cache: kvCache == .fp8Tile ? .fp8Tile : .bf16, chunk: chunk)
    let progress = Progress("steps")
    let study = sweep.study(
      batches: batches?.values ?? phase.usualBatches, contexts: contexts.values
    ) { progress.tell($0, of: $1) }
    try emit(study, format)
  }
}
