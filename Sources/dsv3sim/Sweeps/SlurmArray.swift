// `--engine slurm`: one array job whose tasks run shards, and one job that merges them. A task is a
// pure function of sweep and index, so Slurm may lose it, run it twice or run it again later; the
// files alone say what is done. Rules of Slurm 22.05: an index is at most MaxArraySize - 1; afterok
// would wait for ever for a failed task, so the merge runs in any case and checks for itself.

import Foundation
import Text

/// The jobs of a sweep.
struct SlurmArray {
  /// Path of the sweep file.
  let sweep: String
  let folder: SweepFolder
  let manifest: SweepManifest
  let options: SlurmOptions
  /// Parallel trials of a task.
  let jobs: Int
  let retriesFailed: Bool

  /// The most tasks of an array that this program submits.
  private static let taskLimit = 1000
  /// Tasks for each slot, so that a slow node does not hold up the end.
  private static let tasksPerSlot = 4

  private var jobPath: String { folder.slurm + "/job" }

  /// Reports a complete sweep or a job in the queue; submits the jobs otherwise.
  ///
  /// - Throws: `CommandProblem` with status 75 while the sweep is not complete.
  func submitOrReport() throws {
    let state = try SweepState(folder, manifest)
    if state.missing.isEmpty, !retriesFailed || !state.hasFailures {
      try state.merge()
      return try state.report()
    }
    if let job = try? String(contentsOfFile: jobPath, encoding: .utf8) {
      let tasks = try queued(job)
      guard tasks.isEmpty else {
        throw CommandProblem.incomplete(
          folder.path,
          "\(state.missing.count) of \(manifest.trialCount) trials are missing; job \(job):"
            + " \(tasks)",
          advice: "the same command tells the state again")
      }
    }
    let job = try submit()
    throw CommandProblem.incomplete(
      folder.path, "submitted as job \(job): \(state.missing.count) trials to run",
      advice: "the same command tells the state, and goes on if the job is lost")
  }

  /// The tasks of a job in the queue, counted by state; empty if there are none.
  private func queued(_ job: String) throws -> String {
    let answer = try Shell.run(["squeue", "-h", "-r", "-j", job, "-o", "%T"])
    // A job that ended some minutes ago is unknown, which is an error of squeue.
    guard answer.status == 0 else { return "" }
    var counts: [(state: String, count: Int)] = []
    for state in answer.output.split(whereSeparator: \.isWhitespace).map(String.init).sorted() {
      if counts.last?.state == state {
        counts[counts.count - 1].count += 1
      } else {
        counts.append((state, 1))
      }
    }
    return counts.map { "\($0.count) \($0.state.lowercased())" }.joined(separator: ", ")
  }

  /// Submits both jobs and returns the number of the array job.
  private func submit() throws -> String {
    let count = try shardCount()
    do {
      try FileManager.default.createDirectory(
        atPath: folder.slurm, withIntermediateDirectories: true)
    } catch {
      throw CommandProblem.file(folder.slurm, "the folder cannot be made")
    }
    let (array, merge) = (folder.slurm + "/array.sh", folder.slurm + "/merge.sh")
    try OutputFile(array).write(arrayScript(count))
    try OutputFile(merge).write(mergeScript)
    let logs = Shell.absolute(folder.slurm)
    let throttle = options.throttle.map { "%\($0)" } ?? ""
    let common = ["sbatch", "--parsable", "--requeue", "--open-mode=append"] + options.extra
    let job = try number(
      of: common + [
        "--job-name=\(jobName)", "--cpus-per-task=\(jobs)", "--array=0-\(count - 1)\(throttle)",
        "--output=\(logs)/task-%a.log", array,
      ])
    try OutputFile(jobPath).write(job)
    _ = try number(
      of: common + [
        "--job-name=\(jobName)-merge", "--dependency=afterany:\(job)",
        "--output=\(logs)/merge.log", merge,
      ])
    return job
  }

  private func number(of command: [String]) throws -> String {
    let answer = try Shell.run(command)
    // On a cluster with several names, --parsable prints JOB;CLUSTER.
    let job = answer.output.prefix { $0.isNumber }
    guard answer.status == 0, !job.isEmpty else {
      throw CommandProblem.file(
        "sbatch", "refused the job: \(answer.errors.split(separator: "\n").last ?? "")",
        advice: "pass what your cluster needs with --sbatch, for example --sbatch=--partition=cpu")
    }
    return String(job)
  }

  /// Tasks of the array: at most what Slurm takes, and not more than a few for each slot.
  private func shardCount() throws -> Int {
    let configuration = try Shell.run(["scontrol", "show", "config"])
    guard configuration.status == 0 else {
      throw CommandProblem.file(
        "scontrol", "cannot reach Slurm: \(configuration.errors.split(separator: "\n").last ?? "")",
        advice: "run where sbatch works, or run shards yourself with --shard I/N")
    }
    // "MaxArraySize            = 1001"; the largest index is one less.
    let line = configuration.output.split(separator: "\n").first { $0.hasPrefix("MaxArraySize") }
    let limit = line.flatMap { Int($0.drop { $0 != "=" }.dropFirst().filter { $0 != " " }) } ?? 1000
    if let shards = options.shards {
      guard (1...limit).contains(shards) else {
        throw CommandProblem.usage("--shards \"\(shards)\": expected 1 to \(limit)")
      }
      return shards
    }
    let slots = try Shell.run(["sinfo", "-h", "-o", "%C"]).output
      .split(separator: "\n").compactMap { Int($0.split(separator: "/").last ?? "") }.reduce(0, +)
    let wanted = max(1, Self.tasksPerSlot * max(1, slots / jobs))
    return max(1, min(limit, Self.taskLimit, wanted, manifest.trialCount))
  }

  private var jobName: String {
    "dsv3sim-" + manifest.name.filter { $0.isLetter || $0.isNumber || $0 == "-" }
  }

  /// The script of a task. `exec` lets signals reach the program: a shell holds them until its
  /// child ends.
  private func arrayScript(_ count: Int) -> String {
    let retries = retriesFailed ? " --retry-failed" : ""
    return """
      #!/bin/sh
      exec \(program) sweep \(Shell.quoted(Shell.absolute(sweep))) \\
        -o \(Shell.quoted(Shell.absolute(folder.path))) -j \(jobs) \\
        --shard "$SLURM_ARRAY_TASK_ID/\(count)"\(retries)

      """
  }

  private var mergeScript: String {
    """
    #!/bin/sh
    exec \(program) merge \(Shell.quoted(Shell.absolute(folder.path)))

    """
  }

  private var program: String {
    let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return Shell.quoted(path ?? Shell.absolute(CommandLine.arguments[0]))
  }
}

/// Other programs.
enum Shell {
  /// The outcome of a program.
  struct Answer {
    var status: Int32
    var output: String
    var errors: String
  }

  /// Runs a program of the path and waits until it ends.
  ///
  /// - Throws: `CommandProblem` if there is no such program.
  static func run(_ command: [String]) throws -> Answer {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = command
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    do {
      try process.run()
    } catch {
      throw CommandProblem.file(command[0], "cannot be started")
    }
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let messages = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus != 127 else {
      throw CommandProblem.noInput(
        command[0], "is not installed here",
        advice: "run where Slurm's commands are, or run shards yourself with --shard I/N")
    }
    return Answer(
      status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      errors: String(decoding: messages, as: UTF8.self))
  }

  /// The absolute form of a path.
  static func absolute(_ path: String) -> String {
    URL(filePath: path).standardizedFileURL.path
  }

  /// A word in quotes for sh.
  static func quoted(_ word: String) -> String {
    "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
