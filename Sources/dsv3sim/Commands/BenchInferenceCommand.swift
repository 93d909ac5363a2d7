// `dsv3sim bench inference`: what decoding yields over batches and contexts. Simulated, so the same
// on every machine.

import ArgumentParser
import Experiments
import ModelCost
import Reports
import Units

struct BenchInferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inference",
    abstract:
      "Simulated tokens a second and node over batches and contexts, by what is switched on."
  )

  @Option(
    help: "Sequences on a GPU, separated by commas.",
    transform: { try ExpertsSweepCommand.numbers($0, least: 2) })
  var batches = [8, 16, 32, 64, 128, 256]

  @Option(
    help: "Cached tokens of a sequence, separated by commas.",
    transform: { try ExpertsSweepCommand.numbers($0, least: 1) })
  var contexts = [1024, 4096, 16384, 65536, 131_072]

  @Option(help: "Format of the KV cache: bf16 or fp8.")
  var kvCache = CacheFormat.bf16

  @Option(help: "table or json.")
  var format = ListFormat.table

  /// Formats of a KV cache.
  enum CacheFormat: String, CaseIterable, ExpressibleByArgument {
    case bf16
    case fp8
  }

  mutating func run() throws {
    let sweep = InferenceSweep(cache: kvCache == .fp8 ? .fp8 : .bf16)
    let points = sweep.run(batches: batches, contexts: contexts)
    try emit(format == .json ? Self.json(points) : Self.text(points))
  }

  private static func text(_ points: [InferencePoint]) -> String {
    var table = TextTable(
      columns: [("context", .right), ("batch", .right)]
        + InferenceSweep.variants.map { ($0.name, .right) })
    for point in points {
      table.addRow(
        ["\(point.context)", "\(point.batch)"]
          + point.results.map { result in
            result.map { significantText($0.tokensPerSecondPerNode) } ?? "-"
          })
    }
    return table.text
      + "\nnew tokens a second and node of 8 GPUs; -: the batch does not fit in memory\n"
      + "DeepSeek-V3 on H800, 144 GPUs with 32 redundant experts, or 128 without; expert loads"
      + " log-normal, sigma \(significantText(InferenceSweep.sigma)); drafts accepted 85 % of the"
      + " time\n"
  }

  private static func json(_ points: [InferencePoint]) -> String {
    let rows = points.flatMap { point in
      zip(InferenceSweep.variants, point.results).map { variant, result in
        JSONValue.object([
          ("context_tokens", .integer(Int64(point.context))),
          ("batch_sequences", .integer(Int64(point.batch))), ("variant", .text(variant.name)),
          ("microbatches", .integer(Int64(variant.microbatches))),
          ("mtp_acceptance", variant.mtpAcceptance.map { .real($0) } ?? .null),
          ("expert_parallel", .integer(Int64(variant.expertParallel))),
          ("redundant_experts", .integer(Int64(variant.redundantExperts))),
          ("fits", .bool(result != nil)),
          ("step_time_s", result.map { .real($0.stepTime) } ?? .null),
          ("tpot_s", result.map { .real($0.timePerOutputToken) } ?? .null),
          (
            "tokens_per_s_per_node", result.map { .real($0.tokensPerSecondPerNode) } ?? .null
          ),
          (
            "exposed_communication_ratio", result.map { .real($0.exposedShare) } ?? .null
          ),
        ])
      }
    }
    return JSONValue.array(rows).description + "\n"
  }
}
