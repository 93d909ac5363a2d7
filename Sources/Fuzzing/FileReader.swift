// What the program does with a results file that it is given.

import Experiments
import Page
import Recording
import Reports
import ResultsStore
import Routing
import Scenarios

/// A use of a results file.
enum FileReader: String, CaseIterable {
  /// The summary of a run, as `show` prints it.
  case summary
  /// A run beside the first.
  case difference
  /// The timeline as a picture.
  case picture
  /// The timeline as a trace.
  case timeline
  /// A report by its number.
  case report
  /// The page of a run.
  case page
  /// The page of an experiment.
  case experiment
  /// A comparison or a study.
  case study
  /// A further run is stored.
  case storing
  /// The statistics of a routing trace.
  case statistics
  /// The loads of a routing trace, as `experts place` reads them.
  case loads
  /// The profile scaled up from a trace.
  case profile

  static let ofTraces: [FileReader] = [.statistics, .loads, .profile]
  static let ofResults = allCases.filter { !ofTraces.contains($0) }

  /// Whether it reads tables of traces.
  var readsTraces: Bool { Self.ofTraces.contains(self) }

  /// Reads a file; returns what should not have happened.
  ///
  /// - Parameter number: of a run, experiment or report; nil for the last.
  func read(_ path: String, number: Int64?, _ bench: FuzzBench) throws -> String? {
    guard self != .storing else { return try store(in: path, bench) }
    let store = try ResultsStore(path: path, mode: .read)
    switch self {
    case .summary:
      for format in OutputFormat.allCases {
        _ = RunSummary.text(try record(number, in: store), format: format)
      }
      for format in ClientFormat.allCases {
        _ = format.text(try record(number, in: store, withRequests: true), isDetailed: true)
      }
    case .difference:
      _ = RunDifference(try record(1, in: store), try record(number, in: store), settings: [])
        .table.text(.table)
    case .picture:
      _ = try TimelinePicture(
        of: try store.run(number, withTimeline: true), in: store, window: nil)?.svg
    case .timeline:
      var bytes = 0
      try ChromeTrace(store, run: try store.run(number, withTimeline: true).id).write {
        bytes += $0.utf8.count
      }
      return bytes > 1 << 26 ? "a trace of \(bytes) bytes" : nil
    case .report: try report(Int(truncatingIfNeeded: number ?? 0), in: store)
    case .page: return try page(of: number.map { .run($0) } ?? .latest, in: store, path)
    case .experiment: return try page(of: .experiment(number ?? 1), in: store, path)
    case .study: try study(number, in: store)
    case .statistics, .loads, .profile: try trace(in: store)
    case .storing: break
    }
    return nil
  }

  private func record(
    _ number: Int64?, in store: ResultsStore, withRequests: Bool = false
  ) throws -> RunRecord {
    let run = try store.run(number).id
    guard
      let record = try store.record(of: run, withTimeline: true, withRequests: withRequests)
    else { throw try store.missingExperiment(run.rawValue) }
    return record
  }

  private func report(_ number: Int, in store: ResultsStore) throws {
    let reports = ReportCatalogue.all
    let place = Int(number.magnitude % UInt(reports.count + 1))
    guard place < reports.count else {
      guard let id = try store.lastExperiment() else { return }
      _ = try Sensitivity(of: id, in: store).table.text(.table)
      return
    }
    let table = try store.query(reports[place].sql)
    for format in OutputFormat.allCases { _ = table.text(format) }
  }

  /// A page has no script but its own.
  private func page(of choice: PageChoice, in store: ResultsStore, _ path: String) throws -> String?
  {
    let html = ReportPage([try PageSource(store, path: path, choice)], version: "fuzz").html
    return html.hasSuffix("</html>\n") ? nil : "a page without an end"
  }

  private func study(_ number: Int64?, in store: ResultsStore) throws {
    guard
      let id = try number.map({ ExperimentID(rawValue: $0) }) ?? store.lastExperiment()
    else { return }
    if let study = try store.study(of: id) {
      for format in OutputFormat.allCases { _ = StudyText.text(study, format) }
      _ = StudyText.picture(study)
      return
    }
    let comparison = Comparison(try store.experiment(id).trials)
    for format in OutputFormat.allCases { _ = comparison.text(format) }
  }

  private func trace(in store: ResultsStore) throws {
    if self == .profile {
      _ = try store.profile()?.text
      return
    }
    guard let (trace, hash) = try store.trace() else { return }
    let study: Study
    if self == .loads {
      study = Study(.traceStatistics, ["loads": ExpertLoads(trace).values.count])
    } else {
      let groups = trace.gate.groups
      study = .traceStatistics(trace, hash: hash, nodes: groups, gpus: groups)
    }
    for format in OutputFormat.allCases where self == .statistics {
      _ = StudyText.text(study, format)
    }
  }

  /// A run is stored whole or refused; the file then opens.
  private func store(in path: String, _ bench: FuzzBench) throws -> String? {
    let record = try bench.record()
    let run = try ResultsStore(path: path).write(record, clock: SampleFile.clock)
    let back = try ResultsStore(path: path, mode: .read).record(
      of: run, withTimeline: true, withRequests: true)
    return back?.result.metrics == record.result.metrics ? nil : "stored, but not as it was"
  }
}
