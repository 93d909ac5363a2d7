// `dsv3sim bench inference`: what prefill or decoding yields over batches and contexts. Simulated,
// so the same on every machine.

import ArgumentParser
import Experiments
import ModelCost
import Reports
import Serving
import Units

extension InferenceSpec.Phase: ExpressibleByArgument {
  /// Batches that are tried unless others are given.
  fileprivate var usualBatches: [Int] {
    switch self {
    case .prefill: [2, 4, 8, 16, 32, 64]
    case .decode: [8, 16, 32, 64, 128, 256]
    }
  }
}

struct BenchInferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inference",
    abstract:
      "Simulated tokens a second and node over batches and contexts, by what is switched on."
  )

  @Option(help: "decode, or prefill.")
  var phase = InferenceSpec.Phase.decode

  @Option(
    help: "Sequences on a GPU, separated by commas; absent: 8 to 256, in prefill 2 to 64.",
    transform: { try ExpertsSweepCommand.numbers($0, least: 2) })
  var batches: [Int]?

  @Option(
    help: "Tokens of a cache, or of a prompt, separated by commas.",
    transform: { try ExpertsSweepCommand.numbers($0, least: 1) })
  var contexts = [1024, 4096, 16384, 65536, 131_072]

  @Option(help: "Tokens of a prompt that a step of prefill computes; absent: whole prompts.")
  var chunk: Int?

  @Option(help: "Format of the KV cache: bf16 or fp8.")
  var kvCache = CacheFormat.bf16

  @Option(help: "table or json.")
  var format = ListFormat.table

  /// Formats of a KV cache.
  enum CacheFormat: String, CaseIterable, ExpressibleByArgument {
    case bf16
    case fp8
  }

  func validate() throws {
    guard let chunk else { return }
    if phase == .decode { throw ValidationError("--chunk is for --phase prefill") }
    if chunk < 1 { throw ValidationError("--chunk \"\(chunk)\": expected 1 or more") }
  }

  mutating func run() throws {
    let sweep = InferenceSweep(
      phase: phase, cache: kvCache == .fp8 ? .fp8 : .bf16, chunk: chunk)
    let points = sweep.run(batches: batches ?? phase.usualBatches, contexts: contexts)
    try emit(format == .json ? json(points) : text(points))
  }

  private func text(_ points: [InferencePoint]) -> String {
    var table = TextTable(
      columns: [("context", .right), ("batch", .right)]
        + InferenceSweep.variants(phase).map { ($0.name, .right) })
    for point in points {
      table.addRow(
        ["\(point.context)", "\(point.batch)"]
          + point.results.map { result in
            result.map { significantText($0.tokensPerSecondPerNode) } ?? "-"
          })
    }
    let sigma = significantText(InferenceSweep.sigma)
    let notes =
      switch phase {
      case .prefill:
        "prompt tokens a second and node of 8 GPUs; -: the batch does not fit in memory\n"
          + "DeepSeek-V3 on H800, 32 GPUs, with 32 redundant experts or without; expert loads"
          + " log-normal, sigma \(sigma); "
          + (chunk.map { "prompts in chunks of \($0) tokens\n" } ?? "whole prompts\n")
      case .decode:
        "new tokens a second and node of 8 GPUs; -: the batch does not fit in memory\n"
          + "DeepSeek-V3 on H800, 144 GPUs with 32 redundant experts, or 128 without; expert loads"
          + " log-normal, sigma \(sigma); drafts accepted 85 % of the time\n"
      }
    return table.text + "\n" + notes
  }

  private func json(_ points: [InferencePoint]) -> String {
    let rows = points.flatMap { point in
      zip(InferenceSweep.variants(phase), point.results).map { variant, result in
        JSONValue.object([
          ("phase", .text(phase.rawValue)), ("context_tokens", .integer(Int64(point.context))),
          ("batch_sequences", .integer(Int64(point.batch))), ("variant", .text(variant.name)),
          ("microbatches", .integer(Int64(variant.microbatches))),
          ("mtp_acceptance", variant.mtpAcceptance.map { .real($0) } ?? .null),
          ("expert_parallel", .integer(Int64(variant.expertParallel))),
          ("redundant_experts", .integer(Int64(variant.redundantExperts))),
          ("fits", .bool(result != nil)),
          ("steps", result.map { .integer(Int64($0.steps)) } ?? .null),
          ("time_s", result.map { .real($0.time) } ?? .null),
          ("step_time_s", result.map { .real($0.time / Double($0.steps)) } ?? .null),
          ("tpot_s", result?.timePerOutputToken.map { .real($0) } ?? .null),
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
