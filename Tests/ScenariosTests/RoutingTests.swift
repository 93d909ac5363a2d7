import Foundation
import Routing
import Testing

@testable import Scenarios

@Suite("Expert loads of a scenario")
struct RoutingKeysTests {
  @Test("each source is read with the scenario's seed")
  func sources() throws {
    let logNormal = try mainScenario(
      "training.routing.source=lognormal", "training.routing.sigma=0.58", seed: 7)
    let zipf = try mainScenario("training.routing={source: zipf, exponent: .5}")

    #expect(logNormal.training.routing == RoutingSpec(.logNormal(sigma: 0.58), seed: 7))
    #expect(zipf.training.routing == RoutingSpec(.zipf(exponent: 0.5), seed: 1))
    #expect(try mainScenario().training.routing.isUniform)
    #expect(try mainScenario("training.routing.source=uniform").training.routing.isUniform)
  }

  @Test(
    "a law without spread is the even one, to the digit",
    arguments: ["{source: lognormal, sigma: 0}", "{source: zipf, exponent: 0.0}"])
  func even(text: String) throws {
    #expect(try mainScenario("training.routing=\(text)").training.routing.isUniform)
  }

  static let refused = [
    ("{sigma: 0.5}", "training.routing.source", "is required"),
    ("{source: lognormal}", "training.routing.sigma", "is required by source lognormal"),
    ("{source: zipf, sigma: 1}", "training.routing.exponent", "is required by source zipf"),
    ("{source: zipf, sigma: 1}", "training.routing.sigma", "belongs to source lognormal"),
    (
      "{source: builtin, file: a}", "training.routing.file",
      "belongs to source counts or profile or trace"
    ),
    ("{source: lognormal, sigma: 4}", "training.routing.sigma", "\"4\" is out of range"),
    ("{source: lognormal, sigma: nan}", "training.routing.sigma", "\"nan\" is not a number"),
    ("{source: lognormal, sigma: -1}", "training.routing.sigma", "\"-1\" is out of range"),
    ("{source: lognorml, sigma: 1}", "training.routing.source", "\"lognorml\" is not a choice"),
    (
      "{source: counts, file: none.csv}", "training.routing.file",
      "\"none.csv\": no such file"
    ),
  ]

  @Test("a source's missing keys, and keys of other sources, are named", arguments: refused)
  func problems(edit: (value: String, path: String, message: String)) throws {
    let found = try mainProblems("training.routing=\(edit.value)")

    #expect(found.contains { $0.keyPath == edit.path && $0.message == edit.message }, "\(found)")
  }

  @Test("the built-in profile fits the model it was made for, and no other")
  func builtin() throws {
    let found = sharedProblems(of: "tiny-16gpu", "training.routing.source=builtin")

    #expect(
      try mainScenario("training.routing.source=builtin").training.routing
        == RoutingSpec(.profile(.builtin), seed: 1))
    #expect(
      found.map(\.message) == [
        "\"builtin\" is a profile of 256 experts a layer, the model has 32"
      ])
  }

  /// Files: one with a trace of 32 experts, one without a trace, and one that `moe scale` has
  /// scaled.
  private static let traces = TraceFiles { path throws(TraceFileProblem) in
    switch path {
    case "folder/scaled.db": return .profile(.builtin)
    case "folder/trace.db": return .trace(tinyTrace, hash: "abc")
    case "folder/other.db":
      var trace = tinyTrace
      trace.gate.topK = 3
      return .trace(trace, hash: "abd")
    default: throw TraceFileProblem("has no routing trace", allowed: "expected: another")
    }
  }

  private func traced(
    _ file: String, _ text: String, _ use: String = ", use: shares"
  ) throws(ScenarioProblem) -> Scenario {
    try Scenario.decode(
      text: text, file: "folder/s.yaml",
      overrides: ["training.routing={source: trace, file: \(file)\(use)}"], traces: Self.traces)
  }

  @Test("a file with a trace is replayed unless the scenario says otherwise")
  func replay() throws {
    let scenario = try traced("trace.db", shippedText("tiny-16gpu"), "")

    #expect(scenario.question.trace?.use == .replay)
    #expect(
      scenario.question.replaying(ReplayedTrace(tinyTrace, hash: "abc")).trace == nil)
    #expect(try traced("scaled.db", shippedText(), "").question.trace == nil)
  }

  @Test("tokens are refused that do not exist or that another gate has chosen")
  func noTokens() throws {
    for (file, name, message) in [
      ("scaled.db", "deepseek-v3-pretrain", "\"scaled.db\" has no tokens to replay, only loads"),
      (
        "trace.db", "deepseek-v3-pretrain",
        "\"trace.db\" has 32 experts a layer, the model has 256"
      ),
      ("other.db", "tiny-16gpu", "\"other.db\" has 3 experts a token, the model has 4"),
    ] {
      do throws(ScenarioProblem) {
        _ = try traced(file, (try? shippedText(name)) ?? "", ", use: replay")
        Issue.record("\(file) is replayed")
      } catch {
        #expect(error.diagnostics.map(\.message) == [message])
      }
    }
  }

  @Test("reading a scenario refers to a trace next to it, but does not scale the trace")
  func trace() throws {
    let scenario = try traced("trace.db", shippedText("tiny-16gpu"))

    let reference = TraceReference(path: "folder/trace.db", hash: "abc", layers: 7)
    #expect(scenario.training.routing == RoutingSpec(.trace(reference), seed: 1))
    #expect(scenario.question.trace == reference)
    let scaled = scenario.question.scaled(to: .builtin)
    #expect(scaled.trace == nil)
    guard case .trainingStep(let spec) = scaled else {
      Issue.record("\(scaled)")
      return
    }
    #expect(spec.routing == RoutingSpec(.profile(.builtin), seed: 1))
  }

  @Test("loads that were scaled earlier are used unchanged")
  func scaledTrace() throws {
    let scenario = try traced("scaled.db", shippedText())

    #expect(scenario.training.routing == RoutingSpec(.profile(.builtin), seed: 1))
    #expect(scenario.question.trace == nil)
  }

  @Test("a file without a trace, and a trace with other experts, are refused at the file's key")
  func wrongTrace() throws {
    for (file, message, allowed) in [
      ("none.db", "\"none.db\" has no routing trace", "expected: another"),
      ("trace.db", "\"trace.db\" is a profile of 32 experts a layer, the model has 256", nil),
    ] {
      do throws(ScenarioProblem) {
        _ = try traced(file, (try? shippedText()) ?? "")
        Issue.record("\(file) gives no loads")
      } catch {
        let found = try #require(error.diagnostics.first)
        #expect(error.diagnostics.count == 1)
        #expect(found.keyPath == "training.routing.file")
        #expect(found.message == message)
        #expect(found.allowed == allowed)
      }
    }
  }

  @Test("a planner is read; without one, experts are placed in order")
  func planner() throws {
    #expect(try mainScenario().training.planner == .inOrder)
    #expect(try mainScenario("training.planner=eplb").training.planner == .eplb)
    let misspelt = try mainProblems("training.planner=bst")
    #expect(misspelt.map(\.keyPath) == ["training.planner"])
    #expect(misspelt.first?.explanation.text.contains("did you mean \"best\"?") == true)
    let dense = sharedProblems(of: "dense-72b", "training.planner=best")
    #expect(dense.map(\.message) == ["\"best\" needs a model with experts; qwen2.5-72b has none"])
  }

  @Test("uneven experts require a model with experts")
  func dense() throws {
    let found = sharedProblems(of: "dense-72b", "training.routing={source: zipf, exponent: 1}")

    #expect(found.map(\.keyPath) == ["training.routing.source"])
  }

  private func sharedProblems(of name: String, _ setting: String) -> [Diagnostic] {
    do {
      _ = try Scenario.load(path: shippedPath(name), overrides: [setting])
      return []
    } catch {
      return error.diagnostics
    }
  }
}

@Suite("Files of counts")
struct CountsFileTests {
  /// The spec and the diagnostics of the small scenario with a file of counts next to it.
  private func load(
    _ text: String, source: String = "counts", setting: [String] = [],
    with body: (Scenario) -> Void = { _ in }
  ) throws -> (RoutingSpec?, [Diagnostic]) {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try text.write(to: folder.appending(path: "loads.csv"), atomically: true, encoding: .utf8)
    try shippedText("tiny-16gpu").write(
      to: folder.appending(path: "a.yaml"), atomically: true, encoding: .utf8)
    do {
      let scenario = try Scenario.load(
        path: folder.appending(path: "a.yaml").path,
        overrides: ["training.routing={source: \(source), file: loads.csv}"] + setting)
      body(scenario)
      return (scenario.training.routing, [])
    } catch {
      return (nil, error.diagnostics)
    }
  }

  private let row = (1...32).map { "\($0)" }.joined(separator: ",")

  @Test("one row per layer, or one for all; comments and empty lines are ignored")
  func valid() throws {
    let (one, problems) = try load("# measured\n\n\(row)\n")
    let (seven, _) = try load(Array(repeating: row, count: 7).joined(separator: "\r\n"))

    #expect(problems.isEmpty)
    let loads = (1...32).map(Float.init)
    #expect(one?.source == .counts(ExpertLoads(layers: 1, experts: 32, values: loads)))
    #expect(
      seven?.source
        == .counts(
          ExpertLoads(
            layers: 7, experts: 32, values: Array(repeating: loads, count: 7).flatMap(\.self))))
  }

  static let broken: [(String, String)] = [
    ("", "loads.csv: has no row of counts"),
    ("1,2,3", "\"loads.csv\" has 3 columns for 32 experts"),
    ("# a\n1,x", "loads.csv:2: column 2: \"x\" is not a count"),
    (
      Array(repeating: "0", count: 32).joined(separator: ","),
      "\"loads.csv\" has no load above 0 in row 1"
    ),
  ]

  @Test("a file that is not a table of the model's loads is refused", arguments: broken)
  func refused(file: (text: String, message: String)) throws {
    let (_, problems) = try load(file.text)

    #expect(problems.map(\.keyPath) == ["training.routing.file"])
    #expect(problems.first?.message == file.message)
  }

  @Test("a profile is read from its text, and other text is refused")
  func profile() throws {
    let text = "# made by hand\ndomains a\n" + row + "\n"

    let (spec, problems) = try load(text, source: "profile")
    let (_, broken) = try load(row, source: "profile")

    #expect(problems.isEmpty)
    #expect(spec?.source == .profile(try LoadProfile(text: text)))
    #expect(
      broken.map(\.message) == [
        "\"loads.csv\" is not a load profile: line 1: shares before the domains"
      ])
  }

  @Test("rows of zeros for the dense layers before the others are left out (F2-17)")
  func denseRows() throws {
    let zeros = Array(repeating: "0", count: 32).joined(separator: ",")
    let rest = Array(repeating: row, count: 7)

    let (dump, problems) = try load(([zeros] + rest).joined(separator: "\n"))
    let (plain, _) = try load(rest.joined(separator: "\n"))
    let (_, two) = try load(([zeros, zeros] + rest.dropLast()).joined(separator: "\n"))
    let (_, gap) = try load(
      ([zeros] + rest.dropLast() + [zeros]).joined(separator: "\n"))

    #expect(problems.isEmpty && dump != nil && dump == plain)
    #expect(two.map(\.message) == ["\"loads.csv\" has no load above 0 in row 2"])
    #expect(gap.map(\.message) == ["\"loads.csv\" has no load above 0 in row 8"])
  }

  @Test("rows of zeros for dense layers between the others are left out, and no other rows")
  func interleavedDenseRows() throws {
    let zeros = Array(repeating: "0", count: 32).joined(separator: ",")
    let counts = (0..<4).map { layer in row + String(repeating: "0", count: layer) }
    let setting = ["model.experts.every=2"]

    let (dump, problems) = try load(
      counts.flatMap { [zeros, $0] }.joined(separator: "\n"), setting: setting)
    let (plain, _) = try load(counts.joined(separator: "\n"), setting: setting)
    let (_, shifted) = try load(
      counts.flatMap { [$0, zeros] }.joined(separator: "\n"), setting: setting)

    #expect(problems.isEmpty && dump != nil && dump == plain)
    #expect(shifted.map(\.message).contains("\"loads.csv\" has no load above 0 in row 2"))
  }

  @Test("what a file was taken for, and doubts about it, are notes of the scenario")
  func notes() throws {
    func notes(_ text: String) throws -> [String] {
      var found: [String] = []
      _ = try load(text) { found = $0.notes }
      return found
    }
    let zeros = Array(repeating: "0", count: 32).joined(separator: ",")
    let one = "5" + zeros.dropFirst()

    #expect(
      try notes(([zeros] + Array(repeating: row, count: 7)).joined(separator: "\n")) == [
        "training.routing.file: \"loads.csv\" is taken for a table of 8 layers x 32 experts",
        "training.routing.file: rows without counts are left out for 1 dense layer",
      ])
    #expect(
      try notes(one).last?.hasPrefix(
        "training.routing.file: warning: 31 of 32 experts have no count in row 1") == true)
  }

  @Test("both doors read the same files: row numbers, semicolons, SGLang's JSON")
  func otherForms() throws {
    let cells = row.split(separator: ",").joined(separator: ";")
    let texts = [
      "\u{feff}0;\(cells)\r\n", "{\"logical_count\": [[\(row)]]}",
      "x,\(Array(repeating: "e", count: 31).joined(separator: ","))\n\(row)\n",
    ]
    for text in texts {
      let (spec, problems) = try load(text)

      #expect(problems.isEmpty, "\(problems)")
      #expect(
        spec?.source
          == .counts(ExpertLoads(layers: 1, experts: 32, values: (1...32).map(Float.init))))
    }
  }

  @Test("a number of rows that fits no layer count is refused")
  func rowCount() throws {
    let (_, problems) = try load("\(row)\n\(row)")

    #expect(problems.first?.message == "\"loads.csv\" has 2 rows for 7 layers with experts")
  }
}

/// A trace of two sequences, whose tokens visit 32 experts in turn.
private let tinyTrace = RoutingTrace(
  origin: RoutingTrace.Origin(
    preset: "synthetic", seed: 7, trainedSteps: 0, balance: "none", corpusHash: "",
    programVersion: "0", command: "none"),
  gate: Gate(experts: 32, groups: 4, groupLimit: 2, topK: 4), domains: ["a", "b"],
  sequenceLength: 4, layers: ["L1"],
  steps: [
    RoutingTrace.Step(
      number: 0, tokens: Array(0..<8), domains: [0, 1],
      layers: [
        RoutingTrace.Decisions(
          rowsPerSequence: 4, experts: Array(0..<32), scores: Array(repeating: 128, count: 32))
      ])
  ])
