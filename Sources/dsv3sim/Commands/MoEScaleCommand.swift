// `dsv3sim moe scale`: from the layers of a traced model to those of a large one.

import ArgumentParser
import Foundation
import Reports
import ResultsStore
import Routing
import Units

struct MoEScaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Scale a trace up to many layers, and store the expert loads with it.",
    discussion: """
      A scenario takes the file with training.routing.source=trace, or what --export wrote with
      training.routing.source=profile, and training.routing.file=FILE.
      """)

  @Argument(help: "A file that moe trace wrote.")
  var file: String

  @Option(help: "Layers with experts of the large model.")
  var layers = 58

  @Option(help: "Sigma of ln load of a layer in one domain; 0 keeps the trace's own.")
  var sigma = TraceScaling.publishedSigma

  @Option(help: "Sequences of the trace that are routed; more give smoother loads.")
  var sequences = TraceScaling.usualSequences

  @Option(help: "Seed of vectors and noise.")
  var seed: UInt64 = 1

  @Option(help: "Also write the profile to this text file.")
  var export: String?

  @Option(help: "table or json.")
  var format = ListFormat.table

  mutating func validate() throws {
    guard (1...1024).contains(layers) else {
      throw ValidationError("--layers \"\(layers)\" is outside 1 to 1024")
    }
    guard sigma == 0 || (0.05...3).contains(sigma) else {
      throw ValidationError("--sigma \"\(sigma)\" is neither 0 nor inside 0.05 to 3")
    }
    guard (1...100_000).contains(sequences) else {
      throw ValidationError("--sequences \"\(sequences)\" is outside 1 to 100000")
    }
  }

  mutating func run() throws {
    let stored = try TraceFile.load(file)
    guard TraceScaling.canScale(stored.trace) else {
      throw CommandFailure(
        status: 65, message: "error: \(file): its trace has no layer or no text to scale")
    }
    let scaled = TraceScaling.scale(
      stored.trace, hash: stored.hash, layers: layers, level: sigma == 0 ? nil : sigma,
      sequences: sequences, seed: seed
    ) { remark("fitted \($0.count) layers") }
    let (fits, profile, outcomes) = (scaled.fits, scaled.profile, scaled.outcomes)
    try ResultsStore(path: file).write(profile, of: nil)
    if let export { try OutputFile(export).write(profile.text) }
    try emit(
      format == .json
        ? json(fits, outcomes, profile.notes) : text(fits, outcomes, profile.notes))
  }

  private func text(
    _ fits: [TraceScaling.Fit], _ outcomes: [SynthesisOutcome], _ notes: [String]
  ) -> String {
    var fitted = TextTable(columns: [
      ("traced layer", .left), ("sigma, measured", .right), ("asked", .right), ("got", .right),
      ("neighbours, measured", .right), ("got", .right), ("domain", .right), ("context", .right),
    ])
    for fit in fits {
      fitted.addRow([
        fit.layer, significantText(fit.measuredSigma), significantText(fit.targetSigma),
        significantText(fit.outcome.domainSigma), significantText(fit.measuredJaccard),
        significantText(fit.outcome.neighbourJaccard), significantText(fit.strengths.domain),
        significantText(fit.strengths.context),
      ])
    }
    var scaled = TextTable(columns: [
      ("scaled layer", .left), ("sigma in a domain", .right), ("MaxVio, mix", .right),
      ("information", .right), ("nodes/token", .right), ("GPUs/token", .right),
    ])
    for (layer, outcome) in outcomes.enumerated() {
      scaled.addRow([
        "\(layer)", significantText(outcome.domainSigma), significantText(outcome.maxViolation),
        "\(significantText(outcome.mutualInformation)) bit",
        significantText(outcome.copies.nodes), significantText(outcome.copies.gpus),
      ])
    }
    return fitted.text + "\n" + scaled.text + "\n" + notes.map { "\($0)\n" }.joined()
  }

  private func json(
    _ fits: [TraceScaling.Fit], _ outcomes: [SynthesisOutcome], _ notes: [String]
  ) -> String {
    JSONValue.object([
      (
        "fits",
        .array(
          fits.map { fit in
            .object([
              ("layer", .text(fit.layer)), ("measured_sigma_ln", .real(fit.measuredSigma)),
              ("target_sigma_ln", .real(fit.targetSigma)),
              ("sigma_ln", .real(fit.outcome.domainSigma)),
              ("measured_neighbour_jaccard", .real(fit.measuredJaccard)),
              ("neighbour_jaccard", .real(fit.outcome.neighbourJaccard)),
              ("domain_strength", .real(fit.strengths.domain)),
              ("context_strength", .real(fit.strengths.context)),
            ])
          })
      ),
      (
        "layers",
        .array(
          outcomes.map { outcome in
            .object([
              ("sigma_ln", .real(outcome.domainSigma)),
              ("max_violation", .real(outcome.maxViolation)),
              ("mutual_information_bits", .real(outcome.mutualInformation)),
              ("nodes_per_token", .real(outcome.copies.nodes)),
              ("gpus_per_token", .real(outcome.copies.gpus)),
            ])
          })
      ),
      ("notes", .array(notes.map { .text($0) })),
    ]).description + "\n"
  }
}
