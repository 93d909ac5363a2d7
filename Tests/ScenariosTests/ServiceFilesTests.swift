// Services whose requests are in files.

import Foundation
import Service
import Testing

@testable import Scenarios

@Suite("Request files of service scenarios")
struct ServiceFilesTests {
  private func folder(_ files: [String: String]) throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "service-\(UUID())")
    for (name, text) in files {
      let url = folder.appending(path: name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
    return folder
  }

  private static let trace = "arrival_s,prompt_tokens,output_tokens,class\n0,9,3,b\n1.5,8,2,a\n"

  private static func text(load: String, more: String = "") -> String {
    let start = ServiceKeysTests.single.replacingOccurrences(
      of: #"load: \{.*\}\n"#, with: "load: {\(load)}\n", options: .regularExpression)
    return start + "\n" + more
  }

  /// The service of the scenario in a.yaml, and the names of its companions.
  private func load(_ files: [String: String]) throws -> (ServiceSpec, [String]) {
    let folder = try folder(files)
    defer { try? FileManager.default.removeItem(at: folder) }
    let document = try ScenarioDocument(path: folder.path + "/a.yaml")
    guard case .service(let spec) = try document.scenario().question else {
      throw CancellationError()
    }
    return (spec, document.companions(ScenarioChanges()).map(\.name))
  }

  @Test("a file gives requests, and its classes are those of the scenario by name")
  func file() throws {
    let classes = "  classes: [{name: a}, {name: b}]"
    let (spec, companions) = try load([
      "a.yaml": Self.text(load: "file: t.csv, scale: 2", more: classes), "t.csv": Self.trace,
    ])

    #expect(spec.load.requests.map(\.trafficClass) == [1, 0])
    #expect(spec.load.requests.map(\.arrival.seconds) == [0, 0.75])
    #expect(companions == ["t.csv"])
  }

  @Test("requests of a file have the priorities of their classes, unless the file has some")
  func priorities() throws {
    let classes = "  classes: [{name: a, priority: 5}, {name: b}]"
    let (spec, _) = try load([
      "a.yaml": Self.text(load: "file: t.csv", more: classes), "t.csv": Self.trace,
    ])
    #expect(spec.load.requests.map(\.priority) == [0, 5])

    let more = "  classes: [{name: a, priority: 5, share: 2}, {name: b}]"
    let folder = try folder([
      "a.yaml": Self.text(load: "file: t.csv", more: more),
      "t.csv": "arrival_s,prompt_tokens,output_tokens,class,priority\n0,8,2,a,3\n1,8,2,b,0\n",
    ])
    defer { try? FileManager.default.removeItem(at: folder) }
    let problem = #expect(throws: ScenarioProblem.self) {
      try Scenario.load(path: folder.path + "/a.yaml")
    }
    #expect(
      problem?.diagnostics.map(\.keyPath).sorted()
        == ["service.classes[0].priority", "service.classes[0].share"])
  }

  @Test("a trace with a class that the scenario does not have is refused by name")
  func unknownClass() throws {
    let folder = try folder([
      "a.yaml": Self.text(load: "file: t.csv", more: "  classes: [{name: a}]"),
      "t.csv": Self.trace,
    ])
    defer { try? FileManager.default.removeItem(at: folder) }

    let problem = #expect(throws: ScenarioProblem.self) {
      try Scenario.load(path: folder.path + "/a.yaml")
    }

    let found = try #require(problem?.diagnostics.first)
    #expect(found.keyPath == "service.load.file")
    #expect(found.message == "\"t.csv\" has requests of class \"b\", which is not one of classes")
  }

  @Test("a problem in a trace names its file and its line")
  func brokenTrace() throws {
    let folder = try folder([
      "a.yaml": Self.text(load: "file: t.csv, arrivals: poisson, rate: 1 /s"),
      "t.csv": Self.trace.replacingOccurrences(of: "8,2", with: "0,2"),
    ])
    defer { try? FileManager.default.removeItem(at: folder) }

    let problem = #expect(throws: ScenarioProblem.self) {
      try Scenario.load(path: folder.path + "/a.yaml")
    }

    let messages = try #require(problem?.diagnostics).map(\.message)
    #expect(messages.contains { $0.contains("file has times of arrival") })
    #expect(
      messages.contains { $0.hasPrefix("t.csv:3: prompt_tokens: \"0\" is out of range") })
  }

  @Test("a folder of ServeGen's clients gives requests, and each file is a companion")
  func servegen() throws {
    let lengths = #"{"0": {"input_tokens": "{5: 1.0}", "output_tokens": "{3: 1.0}"}}"#
    let (spec, companions) = try load([
      "a.yaml": Self.text(load: "file: clients, duration: 5 min"),
      "clients/chunk-0-trace.csv": "0,1,1,Gamma,1,1\n600,0,0,,0,0\n",
      "clients/chunk-0-dataset.json": lengths,
    ])

    #expect(abs(spec.load.requests.count - 300) < 90)
    #expect(spec.load.requests.allSatisfy { $0.prompt == 5 && $0.output == 3 })
    #expect(
      companions == [
        "clients/chunk-0-trace.csv", "clients/chunk-0-dataset.json",
      ])
  }
}
