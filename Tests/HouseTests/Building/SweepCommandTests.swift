// Sweeps as a user or a scheduler runs them: killed, in shards, with failures, on Slurm.

import Foundation
import Testing

@Suite("The sweep command")
struct SweepCommandTests {
  private let program = ReadmeCommands.builtProgram.path

  /// A folder with a sweep of 40 trials, of which 10 are refused.
  private func withSweep<Value>(_ body: (_ folder: URL, _ file: String) throws -> Value) throws
    -> Value
  {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "s.yaml")
    let text = """
      name: forty
      scenario: \(House.root.path)/scenarios/tiny-16gpu.yaml
      axes:
        - {key: training.microbatches, values: [8, 5]}
        - {key: training.schedule, values: [1f1b, dualpipe]}
      replications: 10

      """
    try Data(text.utf8).write(to: file)
    return try body(folder, file.path)
  }

  private func sweep(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess.run(program, ["sweep"] + arguments)
  }

  private func bytes(_ folder: String) -> Data? {
    FileManager.default.contents(atPath: folder + "/merged.db")
  }

  @Test("kills, workers and shards leave the same bytes")
  func sameBytes() throws {
    try withSweep { folder, file in
      let (one, two) = (folder.path + "/one", folder.path + "/two")
      let (killed, shards) = (folder.path + "/killed", folder.path + "/shards")
      let start = Date.now
      let whole = try sweep(file, "-o", one, "-j", "1")
      let duration = Date.now.timeIntervalSince(start)
      #expect(whole.status == 65 && whole.output == "sweep forty: 40 trials, 30 ran\n")
      let expected = try #require(bytes(one))

      #expect(try sweep(file, "-o", two, "-j", "2").output == whole.output)
      for _ in 0..<4 {
        let end = Date.now.addingTimeInterval(Double.random(in: 0..<duration))
        _ = try ChildProcess.kill(
          program, ["sweep", file, "-o", killed, "-j", "2"], when: { Date.now > end })
      }
      #expect(try sweep(file, "-o", killed).status == 65)
      for shard in ["2/3", "0/3", "2/3"] {
        #expect(try sweep(file, "-o", shards, "--shard", shard).status == 0)
      }
      let early = try ChildProcess.run(program, ["merge", shards])
      #expect(early.status == 75 && early.errors.contains("13 trials are missing: 1, 4, 7"))
      #expect(try sweep(file, "-o", shards, "--shard", "1/3").status == 0)
      #expect(try ChildProcess.run(program, ["merge", shards]).status == 65)

      #expect(bytes(two) == expected && bytes(killed) == expected && bytes(shards) == expected)
    }
  }

  @Test("failed trials stay until --retry-failed, and change no byte when they fail again")
  func failures() throws {
    try withSweep { folder, file in
      let output = folder.path + "/out"
      let first = try sweep(file, "-o", output)
      let bytes = bytes(output)
      let again = try sweep(file, "-o", output)
      let retried = try sweep(file, "-o", output, "--retry-failed")

      #expect(first.errors.contains("error: 10 trials failed\n  the same values fail again; "))
      #expect(again.status == 65 && again.errors == first.errors)
      #expect(retried.status == 65 && self.bytes(output) == bytes)
    }
  }

  @Test("a part is incomplete, another sweep and another version are refused")
  func refusals() throws {
    try withSweep { folder, file in
      let output = folder.path + "/out"
      let part = try sweep(file, "-o", output, "--only", "training.schedule=1f1b")
      #expect(part.status == 75 && part.errors.contains("20 trials are missing: 10, 11"))

      let other = folder.appending(path: "t.yaml").path
      let text = try String(contentsOfFile: file, encoding: .utf8)
      try Data(text.replacing("replications: 10", with: "replications: 9").utf8)
        .write(to: URL(filePath: other))
      let changed = try sweep(other, "-o", output)
      #expect(changed.status == 65 && changed.errors.contains("holds another sweep"))

      let manifest = output + "/manifest.json"
      let old = try String(contentsOfFile: manifest, encoding: .utf8)
        .replacing(/"resultVersion" : "[^"]*"/, with: "\"resultVersion\" : \"0.1\"")
      try Data(old.utf8).write(to: URL(filePath: manifest))
      let refused = try sweep(file, "-o", output)
      #expect(refused.status == 65 && refused.errors.contains("--rerun"))
      #expect(try sweep(file, "-o", output, "--rerun").status == 65)
    }
  }

  @Test("--dry-run lists the trials and writes nothing")
  func dryRun() throws {
    try withSweep { folder, file in
      let list = try sweep(file, "-o", folder.path + "/out", "--dry-run")

      #expect(list.status == 0 && list.output.hasSuffix("40 of 40 trials\n"))
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
    }
  }

  @Test("the commands and the output of docs/sweeps.md")
  func page() throws {
    let page = try String(contentsOf: House.root.appending(path: "docs/sweeps.md"), encoding: .utf8)
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let output = folder.path + "/nodes.sweep"

    let run = try sweep(
      House.root.path + "/scenarios/sweeps/nodes-and-schedule.yaml", "-o", output)
    let query = try ChildProcess.run(
      program, ["query", output + "/merged.db", "cheapest-under-deadline"])
    let difference = try ChildProcess.run(program, ["diff", output + "/merged.db", "6", "18"])

    #expect(page.contains("```text\n\(run.output)```"))
    #expect(page.contains("```text\n\(query.output)```"))
    #expect(difference.status == 0, "\(difference.errors)")
    #expect(difference.output.contains("cluster.nodes"))
  }

  @Test("the sensitivity of docs/sweeps.md, its picture, and the refusals of its options")
  func sensitivity() throws {
    let page = try String(contentsOf: House.root.appending(path: "docs/sweeps.md"), encoding: .utf8)
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let (output, picture) = (folder.path + "/inputs.sweep", folder.path + "/tornado.svg")
    let results = output + "/merged.db"
    func ask(_ arguments: String...) throws -> ChildProcess {
      try ChildProcess.run(program, arguments)
    }

    let run = try sweep(
      House.root.path + "/scenarios/sweeps/pretrain-sensitivity.yaml", "-o", output)
    let table = try ask("sensitivity", results, "-o", picture)
    let report = try ask("query", results, "sensitivity")
    let svg = try String(contentsOfFile: picture, encoding: .utf8)

    #expect(run.status == 0 && table.status == 0, "\(run.errors)\(table.errors)")
    #expect(page.contains("```text\n\(table.output)```"))
    #expect(table.output.hasSuffix(report.output) && !report.output.isEmpty)
    #expect(svg.hasPrefix("<svg") && svg.contains("cluster.node.nic"))
    let unknown = try ask("sensitivity", results, "--metric", "step_tim")
    #expect(unknown.status == 64 && unknown.errors.contains("did you mean \"step_time_s\"?"))
    #expect(try ask("sensitivity", results, "--experiment", "7").status == 65)
    #expect(try ask("sensitivity", results, "--metric", "ttft_s").status == 65)
    #expect(try ask("sensitivity", results, "--statistic", "p98").status == 64)
    let run99 = try ask("diff", results, "1", "99")
    #expect(run99.status == 65 && run99.errors.contains("there is no run \"99\""))
    #expect(try ask("diff", results, "1", "x").status == 64)
    let same = try ask("diff", results, results)
    #expect(same.status == 0 && same.output.split(separator: "\n").count == 2)
  }

  @Test("the designs of a sweep leave the same bytes in shards as alone")
  func designBytes() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "m.yaml")
    let text = """
      name: effects
      scenario: \(House.root.path)/scenarios/tiny-16gpu.yaml
      design:
        kind: morris
        points: 3
        ranges:
          - {key: cluster.node.nic, from: 25 GB/s, to: 100 GB/s}
          - {key: training.microbatches, levels: [8, 16, 32]}

      """
    try Data(text.utf8).write(to: file)
    let (whole, shards) = (folder.path + "/whole", folder.path + "/shards")

    #expect(try sweep(file.path, "-o", whole, "-j", "2").status == 0)
    for shard in ["1/2", "0/2"] {
      #expect(try sweep(file.path, "-o", shards, "--shard", shard).status == 0)
    }
    #expect(try ChildProcess.run(program, ["merge", shards]).status == 0)
    let answer = try ChildProcess.run(program, ["sensitivity", shards + "/merged.db"])
    let drawn = try ChildProcess.run(
      program, ["sensitivity", shards + "/merged.db", "-o", folder.path + "/a.svg"])

    let expected = try #require(bytes(whole))
    #expect(expected == bytes(shards))
    #expect(answer.output.contains("mu_star") && answer.output.contains("cluster.node.nic"))
    #expect(drawn.status == 64 && drawn.errors.contains("this is morris"))
  }

  @Test(
    "on Slurm with two nodes: array, merge and resume give the bytes of a local sweep",
    .enabled("Slurm is not installed, or this is not root") {
      FileManager.default.isExecutableFile(atPath: "/usr/sbin/slurmctld")
        && FileManager.default.isExecutableFile(atPath: "/usr/sbin/munged") && getuid() == 0
    })
  func slurm() throws {
    let answer = try ChildProcess.run(
      House.root.appending(path: "Benchmarks/slurm.sh").path, ["quick"],
      environment: ProcessInfo.processInfo.environment.merging(["DSV3SIM": program]) { $1 })

    #expect(answer.status == 0 && answer.errors.contains("same bytes"), "\(answer.errors)")
  }
}
