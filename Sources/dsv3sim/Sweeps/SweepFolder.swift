// The folder of a sweep: X.sweep/ with manifest.json, sweep.yaml, shards/, attempts/ and merged.db.
// The trials in shards under their final names are the only truth; the rest can be made again.

import Experiments
import Foundation
import ResultsStore
import Text

/// The identity of a sweep, as stored in its folder.
struct SweepManifest: Codable, Equatable {
  /// Name in results.
  var name: String
  /// SHA-256 of everything that its trials follow from, without the program.
  var sweep: String
  /// The version of the results.
  var resultVersion: String
  /// SHA-256 of both, which every shard carries.
  var hash: String
  /// Number of trials.
  var trialCount: Int

  init(_ experiment: Experiment) {
    name = experiment.name
    sweep = experiment.hash(version: "")
    resultVersion = Experiment.resultVersion
    hash = experiment.hash(version: resultVersion)
    trialCount = experiment.count
  }

  /// The identity as it is stored in a shard.
  var head: ExperimentHead {
    ExperimentHead(kind: "sweep", name: name, hash: hash, trialCount: trialCount)
  }
}

/// A folder on disk.
struct SweepFolder {
  /// The path as given by the user, without a slash at its end.
  let path: String

  init(_ path: String) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  /// The file with all trials.
  var merged: String { path + "/merged.db" }
  /// The folder of the scheduler's scripts and messages.
  var slurm: String { path + "/slurm" }
  private var manifestPath: String { path + "/manifest.json" }

  /// The final path of a shard.
  func shard(_ shard: Shard) -> String { "\(path)/shards/\(shard.name).db" }

  /// The path without ending of the side files of a shard.
  func attempts(_ shard: Shard) -> String { "\(path)/attempts/\(shard.name)" }

  /// The identity of the sweep in the folder.
  ///
  /// - Throws: `CommandProblem` if there is none.
  func manifest() throws -> SweepManifest {
    guard let data = FileManager.default.contents(atPath: manifestPath) else {
      throw CommandProblem.noInput(
        path,
        FileManager.default.fileExists(atPath: path)
          ? "is not the folder of a sweep: it has no manifest.json" : "no such folder",
        advice: "make it with: dsv3sim sweep SWEEP.yaml -o \(path)")
    }
    do {
      return try JSONDecoder().decode(SweepManifest.self, from: data)
    } catch {
      throw CommandProblem.badData(manifestPath, "is not the manifest of a sweep")
    }
  }

  /// Makes the folder the one of this sweep, or checks that it is.
  ///
  /// - Parameter text: the sweep file, of which a copy is kept.
  /// - Throws: `CommandProblem` if it holds another sweep, or another version without `reruns`.
  func claim(_ manifest: SweepManifest, text: String, reruns: Bool) throws {
    try checkPath()
    if FileManager.default.fileExists(atPath: manifestPath) {
      let found = try self.manifest()
      if found == manifest { return }
      guard found.sweep == manifest.sweep else {
        throw CommandProblem.badData(
          path, "holds another sweep, \(quoted(found.name)) with \(found.trialCount) trials",
          advice: "choose another folder with -o, or remove this one")
      }
      guard reruns else {
        throw CommandProblem.badData(
          path,
          "was made by a program whose results differ (version \(quoted(found.resultVersion)),"
            + " here \(quoted(manifest.resultVersion)))",
          advice: "run all its trials again with --rerun, or choose another folder with -o")
      }
      for shard in wholeShards() { unlink(shard) }
      unlink(merged)
      try? FileManager.default.removeItem(atPath: path + "/shards")
    }
    do {
      for folder in ["shards", "attempts"] {
        try FileManager.default.createDirectory(
          atPath: "\(path)/\(folder)", withIntermediateDirectories: true)
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try Data(text.utf8).write(to: URL(filePath: path + "/sweep.yaml"), options: .atomic)
      try encoder.encode(manifest).write(to: URL(filePath: manifestPath), options: .atomic)
    } catch {
      throw CommandProblem.file(path, "the folder cannot be written")
    }
  }

  /// - Throws: `CommandProblem` for a path that cannot be one of a folder.
  private func checkPath() throws {
    guard path != "-" else {
      throw CommandProblem.file(
        path, "is no name of a folder", advice: "name a folder; ./- is one with this name")
    }
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      !isDirectory.boolValue
    {
      throw CommandProblem.file(
        path, "is a file, and trials need a folder", advice: "choose another one with -o")
    }
  }

  /// The paths of all whole shards, sorted.
  func wholeShards() -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path + "/shards")) ?? []
    return names.filter { $0.hasSuffix(".db") }.sorted().map { "\(path)/shards/\($0)" }
  }

  /// The trials in whole shards, by index.
  ///
  /// - Throws: `CommandProblem` for a shard of another sweep, `StoreProblem` for a damaged one.
  func trials(of manifest: SweepManifest) throws -> [Int: StoredTrial] {
    var trials: [Int: StoredTrial] = [:]
    for shard in wholeShards() {
      for trial in try self.trials(in: shard, of: manifest) {
        trials[trial.index] = trials[trial.index] ?? trial
      }
    }
    return trials
  }

  /// The trials in one file.
  func trials(in file: String, of manifest: SweepManifest) throws -> [StoredTrial] {
    let store = try ResultsStore(path: file, mode: .read)
    guard let trials = try store.storedTrials(of: manifest.head) else {
      throw CommandProblem.badData(
        file, "belongs to another sweep or version", advice: "remove it")
    }
    return trials
  }

  /// Removes trials without a run from whole shards, so that they are run again.
  func forgetFailures(of manifest: SweepManifest, in shards: [String]) throws {
    for shard in shards where FileManager.default.fileExists(atPath: shard) {
      guard try trials(in: shard, of: manifest).contains(where: { $0.reason != nil }) else {
        continue
      }
      unlink(merged)
      try ResultsStore.merge([shard], into: shard, of: manifest.head, keepsFailed: false)
    }
  }
}

/// A part of a sweep: the trials whose index modulo `count` is `index`.
struct Shard: Hashable {
  var index: Int
  var count: Int

  static let whole = Shard(index: 0, count: 1)

  /// Reads `I/N`.
  ///
  /// - Throws: `CommandProblem` for any other text.
  init(_ text: String) throws {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1],
      (1...Experiment.trialLimit).contains(count), (0..<count).contains(index)
    else {
      throw CommandProblem.usage(
        "--shard \(quoted(text)) is not I/N with I from 0 to N - 1",
        advice: "for example: --shard 0/64, which runs trials 0, 64, 128 ...")
    }
    self.init(index: index, count: count)
  }

  init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// The name without ending, for example `00000-of-00064`.
  var name: String { String(format: "%05d-of-%05d", index, count) }

  /// The trials of the shard.
  func indices(of total: Int) -> [Int] { Array(stride(from: index, to: total, by: count)) }
}
