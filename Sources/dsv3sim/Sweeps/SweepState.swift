// What a folder of a sweep has, merged once it is complete, and the exit status that says so.

import Foundation
import Recording
import ResultsStore
import Text

/// The trials of a sweep in the whole shards of its folder.
struct SweepState {
  private let folder: SweepFolder
  private let manifest: SweepManifest
  private let trials: [Int: StoredTrial]

  init(_ folder: SweepFolder, _ manifest: SweepManifest) throws {
    self.folder = folder
    self.manifest = manifest
    trials = try folder.trials(of: manifest)
  }

  /// The trials that no whole shard has.
  var missing: [Int] { (0..<manifest.trialCount).filter { trials[$0] == nil } }

  /// Whether a trial has no run.
  var hasFailures: Bool { trials.values.contains { $0.reason != nil } }

  /// Writes the file with all trials, unless it is there.
  ///
  /// - Throws: `CommandProblem` with status 75 if trials are missing.
  func merge() throws {
    let missing = self.missing
    guard missing.isEmpty else { throw CommandProblem.incomplete(folder.path, missing) }
    if FileManager.default.fileExists(atPath: folder.merged),
      try folder.trials(in: folder.merged, of: manifest).count == manifest.trialCount
    {
      return
    }
    try ResultsStore.merge(folder.wholeShards(), into: folder.merged, of: manifest.head)
  }

  /// Prints the outcome of a complete sweep.
  ///
  /// - Throws: `CommandProblem` with status 70 if a trial hit a bug, with 65 if one failed.
  func report() throws {
    let failed = (0..<manifest.trialCount).compactMap { trials[$0] }.filter { $0.reason != nil }
    let ran = manifest.trialCount - failed.count
    try emit("sweep \(manifest.name): \(manifest.trialCount) trials, \(ran) ran\n")
    remark("results: \(folder.merged)")
    guard !failed.isEmpty else { return }
    let isBroken = failed.contains(where: \.isBroken)
    let shown = isBroken ? failed.filter(\.isBroken) : failed
    throw CommandProblem.failedTrials(
      shown.prefix(10).map { "trial \($0.index): \($0.reason ?? "")" }, of: failed.count,
      isBroken: isBroken)
  }
}

extension CommandProblem {
  /// Trials of a sweep that are not there yet.
  static func incomplete(_ path: String, _ missing: [Int]) -> CommandProblem {
    let shown = missing.prefix(20).map(String.init).joined(separator: ", ")
    return .incomplete(
      path,
      "\(missing.count) trial\(missing.count == 1 ? " is" : "s are") missing: \(shown)"
        + (missing.count > 20 ? " ..." : ""),
      advice: "the same command goes on")
  }
}
