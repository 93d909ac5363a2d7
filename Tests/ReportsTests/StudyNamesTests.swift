// Checks that the invented studies of these suites have the names of real ones, so that a renderer
// tested on them works with the studies that Experiments makes.

import Experiments
import Facts
import Foundation
import Recording
import ResultsStore
import Routing
import Scenarios
import Schedules
import Testing

@testable import Reports

@Suite("An invented study has the names of a real one")
struct StudyNamesTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The names in a value; nested names follow a full stop. The names of sources are data.
  private static func names(_ value: RecordValue) -> Set<String> {
    var names = Set(value.items.flatMap(Self.names))
    for (name, value) in value.members {
      names.insert(name)
      if name == "sources" { continue }
      names.formUnion(Self.names(value).map { "\(name).\($0)" })
    }
    return names
  }

  private func expectNames(_ study: Study, _ location: SourceLocation = #_sourceLocation) {
    #expect(
      Self.names(study.values) == Self.names(sampleStudy(study.kind).values),
      sourceLocation: location)
  }

  private func kernels(_ scenario: String) throws -> Study {
    let path = "\(Self.root)/scenarios/\(scenario).yaml"
    return try .kernels(of: Scenario.load(path: path))
  }

  @Test("of the catalogues")
  func catalogues() throws {
    expectNames(.hardware)
    expectNames(.models())
    expectNames(.stacks)
    expectNames(.facts)
    expectNames(.fact(.hardware.h800SMs))
    expectNames(try .schedules())
  }

  @Test("of a schedule on given durations")
  func schedule() throws {
    let durations = try CellDurations(
      forward: 1, backwardInput: 1, backwardWeight: 1, overlapped: nil, transfer: 0)
    let kind = try #require(ScheduleCatalogue.all.first)
    let plan = try kind.plan(ScheduleSizes(ranks: 2, microbatches: 4), durations: durations)

    expectNames(.schedule(plan, try evaluate(plan, durations)))
  }

  @Test("of kernels, of training and of inference")
  func kernels() throws {
    expectNames(try kernels("llama-3.1-405b-long-context"))
    expectNames(try kernels("inference-decode-ep144"))
  }

  @Test("of placements, sweeps and drift")
  func placements() throws {
    let loads = try ExpertCounts(text: "3,1,2,2\n4,4,1,1\n", file: "a.csv").loads
    let sizes = PlacementSizes(replicas: 6, groups: 2, nodes: 1, gpus: 2)
    let placement = try PlacementStudy(
      loads: loads, sizes: sizes, policy: .best, topK: 1, groupLimit: 1, seed: 1)
    let sweep = try RedundancySweep(
      loads: loads, redundant: [0, 2], groups: 2, nodes: 1, gpus: 2, expertBytes: 1)
    let mix = DomainMix(layers: 1, experts: 4, topK: 1, domains: 2, minutes: 3, seed: 1)
    let drift = try DriftStudy(
      mix: mix, sizes: sizes, windowMinutes: 1, threshold: 1, expertBytes: 1, bytesPerSecond: 1)

    expectNames(placement.study(.placement, policy: "best"))
    expectNames(placement.study(.evaluation, policy: "best"))
    expectNames(sweep.study)
    expectNames(drift.study(everyMinutes: [1], origin: "made up"))
  }

  @Test("of a routing trace")
  func trace() throws {
    let store = try ResultsStore(path: "\(Self.root)/traces/v3-router.db", mode: .read)
    let (trace, hash) = try #require(try store.trace())

    expectNames(.traceStatistics(trace, hash: hash, nodes: 8, gpus: 64))
  }
}
