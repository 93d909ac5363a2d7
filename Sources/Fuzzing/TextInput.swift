// Inputs that are texts.

import Calibration
import Experiments
import Foundation
import Reports
import Routing
import Scenarios
import Schedules
import Service
import Text
import Training
import Units

/// An input read as a text of some format.
struct TextInput {
  let bytes: [UInt8]
  let bench: FuzzBench

  init(_ bytes: [UInt8], _ bench: FuzzBench) {
    self.bytes = bytes
    self.bench = bench
  }

  private var text: String { String(decoding: bytes, as: UTF8.self) }

  /// A valid scenario written as YAML is valid again, with the same values.
  func scenario() throws -> String? {
    let document = try ScenarioDocument(text: text, file: bench.scenarioPath)
    let scenario = try document.scenario()
    let written = document.yaml(ScenarioChanges())
    do {
      let again = try ScenarioDocument(text: written, file: bench.scenarioPath)
      guard try again.scenario().name == scenario.name else { return "another name: \(written)" }
      return again.canonical(ScenarioChanges()) == document.canonical(ScenarioChanges())
        ? nil : "written with other values: \(written)"
    } catch {
      return "valid, but not as it is written again: \(error)"
    }
  }

  /// A sweep has at most as many trials as the limit says.
  func sweep() throws -> String? {
    let sweep = try SweepFile(text: text, file: bench.scenarioPath)
    guard sweep.trialCount <= SweepFile.trialLimit else { return "\(sweep.trialCount) trials" }
    _ = Experiment.sweep(sweep).hash(version: "fuzz")
    return nil
  }

  /// What is read is a number, and can be printed.
  func quantity() throws -> String? {
    guard let kind = bytes.first else { return nil }
    let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
    let value: Double
    switch kind % 8 {
    case 0: value = try Bytes(text: text).value
    case 1: value = try BytesPerSecond(text: text).value
    case 2: value = try FLOPsPerSecond(text: text).value
    case 3: value = try Watts(text: text).value
    case 4: value = try Seconds(text: text).value
    case 5: value = try EventsPerSecond(text: text).value
    case 6: value = try USDollarsPerGPUHour(text: text).value
    default: value = try parseCount(text, noun: "tokens")
    }
    let printed = [
      significantText(value), durationText(seconds: value), memoryText(bytes: value),
      percentText(value),
    ]
    return value.isFinite && printed.allSatisfy { $0.utf8.count < 400 } ? nil : "\(printed)"
  }

  /// An order that is read has the same cells when it is written and read again.
  func order() throws -> String? {
    let plan = try OrderText.checked(text)
    let schedule = try UserSchedule(text: text)
    _ = schedule.refusal(ranks: schedule.ranks, microbatches: schedule.microbatches + 1)
    let again = try OrderText.checked(OrderText.render(plan))
    return again == plan && orderSHA256(again) == orderSHA256(plan)
      ? nil : "another order after writing: \(OrderText.render(plan))"
  }

  /// Counts that are read can be planned on, and every expert has a slot.
  func counts() throws -> String? {
    let loads = try ExpertCounts(text: text, file: "counts.csv").loads
    guard loads.experts <= 64, loads.layers <= 4 else { return nil }
    let sizes = PlacementSizes.defaults(
      replicas: nil, groups: loads.experts.isMultiple(of: 4) ? 4 : 1, nodes: nil, gpus: 8,
      experts: loads.experts)
    let problems = sizes.problems(experts: loads.experts)
    guard problems.isEmpty else { throw PlacementProblem(problems) }
    let study = try PlacementStudy(
      loads: loads, measured: nil, sizes: sizes, policy: .best, topK: 1, groupLimit: nil, seed: 1,
      placement: nil)
    for format in OutputFormat.allCases {
      _ = StudyText.text(study.study(.placement, policy: "best"), format)
    }
    let isWhole = study.placement.layers.allSatisfy {
      Set($0.experts).count == loads.experts && $0.experts.count == sizes.replicas
    }
    return isWhole ? nil : "a placement without some expert"
  }

  /// A profile is the same after it is written.
  func profile() throws -> String? {
    let profile = try LoadProfile(text: text)
    let again = try LoadProfile(text: profile.text)
    return again.experts == profile.experts && again.domains == profile.domains
      && again.layers == profile.layers ? nil : "another profile after writing"
  }

  /// A model that is read has parameters.
  func config() throws -> String? {
    let path = try bench.file("config.json", bytes)
    let model = try ModelConfig.load(path: path).model
    return model.mainParameters > 0 && model.activeParameters <= model.mainParameters
      ? nil : "\(model.activeParameters) of \(model.mainParameters) parameters are active"
  }

  /// Requests arrive in order, and have tokens.
  func requests() throws -> String? {
    let trace = try RequestTrace(bytes, file: "trace")
    if let wrong = Self.disorder(trace) { return wrong }
    var options = TraceOptions()
    options.scale = 0.5
    options.start = 1
    options.duration = 1_000
    options.limit = 5
    options.spreads = true
    let part = try RequestTrace(bytes, file: "trace", options: options)
    return part.requests.count <= 5 ? Self.disorder(part) : "more requests than the limit"
  }

  private static func disorder(_ trace: RequestTrace) -> String? {
    let requests = trace.requests
    guard zip(requests, requests.dropFirst()).allSatisfy({ $0.arrival <= $1.arrival }) else {
      return "requests out of order"
    }
    return requests.allSatisfy { $0.prompt > 0 && $0.output > 0 }
      ? nil : "a request without tokens"
  }

  /// The same for the requests of a client.
  func serveGen() throws -> String? {
    let parts = text.components(separatedBy: "\n---\n")
    guard parts.count == 2 else { return nil }
    let client = try ServeGenClient(
      trace: Array(parts[0].utf8), traceFile: "trace", dataset: Array(parts[1].utf8),
      datasetFile: "dataset")
    var options = TraceOptions()
    options.duration = 100
    options.limit = 100
    return Self.disorder(
      try RequestTrace(clients: [client], folder: "clients", options: options, seed: 1))
  }

  /// Cases are read or refused.
  func cases() throws -> String? {
    _ = try ServiceCaseFile(Data(bytes))
    return nil
  }

  /// What is taken of measurements can be shown.
  func calibration() throws -> String? {
    let calibration = try Calibration(
      [MeasurementFile(name: "measured.csv", text: text)], gpu: "h800-sxm")
    for format in OutputFormat.allCases { _ = StudyText.text(calibration.study, format) }
    return calibration.members.allSatisfy { $0.rowCount > 0 } ? nil : "a series without rows"
  }
}
