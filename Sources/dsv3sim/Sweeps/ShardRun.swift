// Runs the trials of a shard that are absent: into a part file with one writer, trial by trial,
// which becomes the shard, or is added to it, when the run ends. kill -9 costs trials in flight.

import Experiments
import Foundation
import Recording
import ResultsStore
import Text

/// The run of one shard of a sweep.
struct ShardRun {
  let experiment: Experiment
  let manifest: SweepManifest
  let folder: SweepFolder
  let shard: Shard
  /// The trials to run, of those that are absent.
  let isChosen: (Int) -> Bool
  let workers: Int
  /// Number of failures after which no further trial starts.
  let maximumFailures: Int

  /// Ends a run early.
  private struct TooManyFailuresProblem: ExplainedError {
    let explanations = [Explanation("too many trials failed")]
  }

  /// Runs the absent trials and publishes the shard with them.
  ///
  /// - Throws: `StoreProblem` for the file; trials already stored are kept.
  func run() throws {
    let indices = shard.indices(of: manifest.trialCount)
    let known = try folder.trials(of: manifest)
    let absent = indices.filter { known[$0] == nil }
    let final = folder.shard(shard)
    let isThere = FileManager.default.fileExists(atPath: final)
    guard !absent.isEmpty || !isThere else { return }
    let lock = ShardLock(folder.attempts(shard) + ".lock")
    // Another process may be at work on the same shard, for example one that a scheduler has lost:
    // then this one works alone, and whichever ends last leaves the same bytes.
    let part = lock == nil ? "\(final).\(UnfinishedFile.host)-\(getpid()).part" : final + ".part"
    defer { lock?.release() }
    try fill(part, absent)
    let parts = [final, part].filter { FileManager.default.fileExists(atPath: $0) }
    try ResultsStore.merge(parts, into: final, of: manifest.head)
    for ending in ["", "-journal"] { unlink(part + ending) }
  }

  /// Runs the trials that the part lacks.
  private func fill(_ part: String, _ absent: [Int]) throws {
    let store = try ResultsStore(part: part)
    var head = manifest.head
    head.axes = experiment.axisRecords
    var done: Set<Int> = []
    if FileManager.default.fileExists(atPath: part) {
      // A part of another sweep or version is of no use.
      done = Set(try folder.trials(in: part, of: manifest).map(\.index))
    }
    let rest = absent.filter { !done.contains($0) && isChosen($0) }
    let progress = Progress("trials")
    var pace = MedianPace()
    let attempts = AttemptLog(folder.attempts(shard) + ".\(UnfinishedFile.host)-\(getpid()).jsonl")
    var failures = 0
    do {
      try experiment.run(rest, workers: workers) { timed in
        try retrying { try store.writeNumbered(timed.trial, of: head) }
        attempts.add(timed)
        failures += timed.trial.record == nil ? 1 : 0
        let left = pace.add(
          timed.seconds, waiting: rest.count - pace.count - 1, workers: workers)
        progress.tell(
          pace.count, of: rest.count, secondsLeft: left,
          note: failures == 0 ? "" : "\(failures) failed")
        if failures >= maximumFailures { throw TooManyFailuresProblem() }
      }
    } catch is TooManyFailuresProblem {}
  }

  /// Tries again twice when the disk, not the trial, is the problem.
  private func retrying(_ body: () throws -> Void) throws {
    for _ in 0..<2 {
      do {
        return try body()
      } catch let problem as StoreProblem
        where [.diskFull, .busy, .inputOutput].contains(problem.kind)
      {
        Thread.sleep(forTimeInterval: 1)
      }
    }
    try body()
  }
}

/// A lock that the kernel releases when its process ends in any way.
struct ShardLock {
  private let descriptor: Int32

  /// Takes the lock; nil if another process holds it.
  init?(_ path: String) {
    descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return nil }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      return nil
    }
  }

  /// Gives the lock back.
  func release() { close(descriptor) }
}

/// Wall-clock facts of trials: a side file for each process, which no result depends on.
struct AttemptLog {
  private let path: String

  init(_ path: String) {
    self.path = path
  }

  /// Adds a finished trial; a line that cannot be written is lost.
  func add(_ timed: Experiment.TimedTrial) {
    let outcome: String =
      switch timed.trial.outcome {
      case .ran: "ran"
      case .refused: "refused"
      case .broken: "broken"
      }
    let line = RecordValue.object([
      ("trial", .integer(Int64(timed.trial.index))), ("outcome", .text(outcome)),
      ("started_at", .text(timed.startedAt.ISO8601Format())), ("wall_s", .real(timed.seconds)),
    ])
    guard let file = fopen(path, "a") else { return }
    fputs(line.compact + "\n", file)
    fclose(file)
  }
}
