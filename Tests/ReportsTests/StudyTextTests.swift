// The text of each kind of study in each format, compared with Tests/Snapshots. A snapshot fixes
// the form of invented rows; it says nothing about real clusters.

import Experiments
import Foundation
import Recording
import Routing
import Testing

@testable import Reports

@Suite("A study is shown from its record alone")
struct StudyTextTests {
  /// All formats, and the picture.
  private static func forms(of study: Study) -> [(name: String, text: String)] {
    OutputFormat.allCases.map { ($0.rawValue, StudyText.text(study, $0)) }
      + (StudyText.picture(study).map { [("svg", $0)] } ?? [])
  }

  @Test(
    "text, JSON, CSV and picture of each kind are unchanged", arguments: Study.Kind.allCases)
  func snapshots(kind: Study.Kind) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Snapshots")

    for form in Self.forms(of: sampleStudy(kind)) {
      let name = "\(kind.rawValue).\(form.name)"
      let expected = try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
      let found = FileManager.default.temporaryDirectory.appending(path: name)
      if form.text != expected { try Data(form.text.utf8).write(to: found) }
      #expect(
        form.text == expected, "Tests/Snapshots/\(name) is to be \(found.path), if that is meant")
    }
  }

  @Test("every snapshot belongs to a format of a kind")
  func noLeftovers() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Snapshots")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)

    let known = Study.Kind.allCases.flatMap { kind in
      Self.forms(of: sampleStudy(kind)).map { "\(kind.rawValue).\($0.name)" }
    }

    #expect(names.sorted() == known.sorted())
  }

  @Test(
    "a study read back from the store equals the one that was written, in every format",
    arguments: [.placement, .evaluation, .redundancy, .drift, .plan] as [Study.Kind])
  func stored(kind: Study.Kind) throws {
    let sample = try SampleStore([])
    let study = sampleStudy(kind)

    try sample.store.write(study: sampleStudy(.redundancy), named: "another")
    let experiment = try sample.store.write(study: study, named: "mine")
    let back = try #require(try sample.store.study(of: experiment))

    #expect(back == study)
    #expect(Self.forms(of: back).map(\.text) == Self.forms(of: study).map(\.text))
  }

  @Test("a placement that splits groups says in how many layers they stay whole")
  func splitGroups() {
    let whole = StudyText.text(sampleStudy(.evaluation), .table)
    let values = sampleStudy(.evaluation).values.members.map { name, value in
      (name, name == "whole_group_layers" ? RecordValue.integer(0) : value)
    }
    let split = StudyText.text(Study(.evaluation, .object(values)), .table)
    let older = Study(.evaluation, sampleStudy(.evaluation).values.without(["whole_group_layers"]))

    #expect(StudyText.text(older, .table) == whole)
    #expect(whole.contains("; groups stay whole on nodes (1 node divides 2 groups)\n"))
    #expect(split.contains("; groups stay whole in 0 of 1 layers\n"))
  }

  @Test("a domain of a trace without text has dashes")
  func silentDomain() {
    let decisions = RoutingTrace.Decisions(
      rowsPerSequence: 2, experts: [0, 1], scores: [255, 255])
    let trace = RoutingTrace(
      origin: RoutingTrace.Origin(
        preset: "hand", seed: 1, trainedSteps: 1, balance: "none", corpusHash: "",
        programVersion: "0", command: ""),
      gate: Gate(experts: 2, groups: 1, groupLimit: 1, topK: 1), domains: ["a", "b"],
      sequenceLength: 2, layers: ["L1"],
      steps: [RoutingTrace.Step(number: 0, tokens: [1, 2], domains: [0], layers: [decisions])])

    let study = Study.traceStatistics(trace, hash: "ab", nodes: 1, gpus: 1)

    let silent = study.values["layers"].items[0]["domains"].items[1]
    #expect(silent["sigma_ln"] == .null && silent["max_over_mean"] == .null)
    let rows = StudyText.text(study, .table).split(separator: "\n").filter { $0.hasPrefix("L1") }
    #expect(rows.last?.split(separator: " ").suffix(2) == ["-", "-"])
  }

  @Test("JSON omits what only the text shows, at every depth")
  func hidden() {
    let json = StudyText.text(sampleStudy(.kernels), .json)

    #expect(!json.contains("\"shape\"") && json.contains("\"groups\": 8"))
  }

  @Test("CSV has a column for each name in any row, and an empty field if a row lacks it")
  func csv() {
    let lines = StudyText.text(sampleStudy(.kernels), .csv).split(separator: "\r\n")

    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("layer,pass,part,kernel,class,"))
    #expect(lines[2].hasPrefix("moe,,exchange,dispatch,,"))
  }
}
