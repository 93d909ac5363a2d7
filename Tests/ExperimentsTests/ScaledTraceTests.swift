// Scenarios that refer to a trace: the loads of their trials.

import Foundation
import Routing
import Scenarios
import Testing

@testable import Experiments

@Suite("Traces of scenarios")
struct ScaledTraceTests {
  private static let scenario = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "scenarios/tiny-16gpu.yaml").path

  /// A trace of 16 sequences in two domains, each of which visits only its half of 32 experts.
  private static let trace = makeTrace()

  private static func makeTrace() -> RoutingTrace {
    var (tokens, domains): ([UInt8], [UInt8]) = ([], [])
    var experts: [UInt16] = []
    for sequence in 0..<16 {
      let domain = sequence % 2
      domains.append(UInt8(domain))
      for token in 0..<8 { tokens.append(UInt8(100 * domain + (3 * sequence + 5 * token) % 17)) }
      for place in 0..<32 { experts.append(UInt16(16 * domain + place % 16)) }
    }
    let scores = [UInt8](repeating: 128, count: experts.count)
    let layer = RoutingTrace.Decisions(rowsPerSequence: 8, experts: experts, scores: scores)
    let step = RoutingTrace.Step(number: 0, tokens: tokens, domains: domains, layers: [layer])
    let origin = RoutingTrace.Origin(
      preset: "synthetic", seed: 7, trainedSteps: 0, balance: "none", corpusHash: "",
      programVersion: "0", command: "none")
    return RoutingTrace(
      origin: origin, gate: Gate(experts: 32, groups: 4, groupLimit: 2, topK: 4),
      domains: ["a", "b"], sequenceLength: 8, layers: ["L1"], steps: [step])
  }

  private func document(_ content: TraceFiles.Content) throws -> ScenarioDocument {
    let traces = TraceFiles { _ in content }
    return try ScenarioDocument(path: Self.scenario, traces: traces)
  }

  private let changes = ScenarioChanges(
    overrides: [
      "training.routing={source: trace, file: a.db, use: shares}", "training.microbatches=4",
    ])

  @Test("a trial has the loads of the trace, scaled up to the published level")
  func trial() throws {
    let scaled = TraceScaling.scale(
      Self.trace, hash: "abc", layers: 7, level: TraceScaling.publishedSigma, sequences: 16,
      seed: 1)
    let profiled = try document(.profile(scaled.profile)).scenario(changes)
    let traced = try document(.trace(Self.trace, hash: "abc")).scenario(changes)

    let expected = try Trial(profiled, programVersion: "test").run()
    let record = try Trial(traced, programVersion: "test").run()

    #expect(Self.trace.problem == nil)
    #expect(record.metrics == expected.metrics)
    #expect(record.fingerprint == expected.fingerprint)
  }

  @Test("a trace with a domain without text is not scaled, nor mixed by the hour")
  func silentDomain() throws {
    var trace = Self.trace
    trace.domains.append("c")

    let refused = #expect(throws: ScenarioProblem.self) {
      try document(.trace(trace, hash: "abc")).scenario(changes)
    }
    let drift = #expect(throws: PlacementProblem.self) {
      try DriftTraffic(trace, of: "a.db", hash: "abc", hours: 1, seed: 1)
    }

    #expect(
      refused?.diagnostics.map(\.message) == ["\"a.db\": its trace has no text of c"])
    #expect(drift?.description.hasPrefix("a.db: its trace has no text of c\n") == true)
  }

  @Test("trials of an experiment share one scaled trace")
  func shared() throws {
    let scenario = try document(.trace(Self.trace, hash: "abc")).scenario(changes)
    let shared = SharedCosts()
    let reference = try #require(scenario.question.trace)
    let other = LoadProfile.uniform(like: Self.trace)
    _ = shared.value(for: reference) { other }

    let question = try scenario.scaledQuestion(shared)
    guard case .trainingStep(let spec) = question else {
      Issue.record("no step of training")
      return
    }

    #expect(spec.routing.source == RoutingSpec.Source.profile(other))
  }
}

extension LoadProfile {
  /// Equal shares.
  fileprivate static func uniform(like trace: RoutingTrace) -> LoadProfile {
    let row = [Float](repeating: 1 / Float(trace.gate.experts), count: trace.gate.experts)
    return LoadProfile(
      domains: trace.domains, experts: trace.gate.experts,
      shares: Array(repeating: trace.domains.map { _ in row }, count: 7), notes: [])
  }
}
