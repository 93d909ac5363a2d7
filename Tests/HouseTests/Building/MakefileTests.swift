import Foundation
import Testing

@Suite("The Makefile")
struct MakefileTests {
  private func make(_ arguments: String...) throws -> ChildProcess {
    let make = try #require(ChildProcess.find("make"))
    // As a user would call it, even if these tests run under make.
    let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MAKE") }
    return try ChildProcess.run(make, arguments, environment: environment)
  }

  @Test("help lists each target meant for users")
  func help() throws {
    let help = try make("help")

    #expect(help.status == 0)
    #expect(
      help.output.split(separator: "\n").map { $0.prefix { $0 != " " } }
        == [
          "run", "test", "test-browser", "bench", "docs", "docc", "gallery", "install", "deb",
          "fuzz",
          "sanitize", "soak", "clean", "help",
        ])
  }

  @Test(
    "the commands of a target, from a dry run",
    arguments: [
      ("run", ".build/release/dsv3sim run scenarios/deepseek-v3-pretrain.yaml"),
      (
        "bench",
        "Benchmarks/kernel.sh\nBenchmarks/network.sh\nBenchmarks/engine.sh\n"
          + ".build/release/dsv3sim bench placement\n.build/release/dsv3sim bench serving"
      ),
      ("clean", "rm -rf .build"),
    ])
  func targets(target: String, ends: String) throws {
    let plan = try make("--dry-run", target)

    #expect(plan.status == 0)
    #expect(plan.output.hasSuffix(ends + "\n"))
    #expect(plan.output.contains(".ci/install-libraries") == (target != "clean"))
  }

  @Test("test builds, runs all tests, and ends with those that failed", arguments: [0, 1])
  func test(status: Int32) throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let build = folder.appending(path: ".build")
    try FileManager.default.createDirectory(at: build, withIntermediateDirectories: false)
    // Stands in for swift, whose tests take long: of its two tests, the first may fail.
    let said = status == 0 ? "✔ a\n✔ b\n" : "✘ a\n✔ b\n"
    try """
    swift() { if [ "$1" = build ]; then echo built; else printf '\(said)'; return \(status); fi; }
    export -f swift
    \(try make("--dry-run", "test").output.replacing(#/.*install-libraries.*\n/#, with: ""))
    """.write(to: folder.appending(path: "recipe"), atomically: true, encoding: .utf8)

    let result = try ChildProcess.run("/bin/bash", ["-e", "recipe"], in: folder)

    #expect(result.status == status)
    let failures = status == 0 ? "" : "what failed, once more:\n✘ a\n"
    #expect(result.output == "built\n" + said + failures)
  }

  @Test(
    "parts of the stress test stand alone",
    arguments: [
      ("soak-kill", "Benchmarks/kill.sh\n"), ("soak-slurm", "Benchmarks/slurm.sh soak\n"),
      ("soak-faults", "DISK_FAULTS=all "), ("soak-fidelity", "Benchmarks/fidelity.sh\n"),
      ("soak-seeds", "3 seeds, with one worker"), ("soak-random", "SCENARIOS=5 "),
      ("soak-pages", "SLOW_PAGES="), ("fuzz", "\nMINUTES=3 TARGETS=\"\" Fuzz/run\n"),
      ("sanitize-address", " --sanitize address "), ("sanitize-thread", " --sanitize thread "),
      ("soak-builds", "OTHER_BUILD=.build/release/dsv3sim "),
    ])
  func parts(name: String, command: String) throws {
    let soak = try make("--dry-run", "soak").output
    let plan = try make("--dry-run", name, "MINUTES=3", "SCENARIOS=5", "SOAK_RUNS=3").output

    #expect(soak.hasPrefix("Benchmarks/soak.sh "))
    #expect((soak.dropLast() + " ").contains(" \(name) "))
    #expect(plan.contains(command))
  }

  @Test("the stress test goes on after a part that fails, and says what each did")
  func soak() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let script = folder.appending(path: "Benchmarks/soak.sh")
    try FileManager.default.createDirectory(
      at: script.deletingLastPathComponent(), withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      at: House.root.appending(path: "Benchmarks/soak.sh"), to: script)
    try "good:\n\t@echo 5 seeds, each twice\nbad:\n\t@echo all 0; false\n".write(
      to: folder.appending(path: "Makefile"), atomically: true, encoding: .utf8)

    let result = try ChildProcess.run("/bin/bash", [script.path, "bad", "good"], in: folder)

    #expect(result.status == 1)
    let lines = result.output.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(lines.count == 5)
    #expect(lines[0].first == "bad" && lines[0].last == "FAILED")
    #expect(lines[1] == ["all", "0"])
    #expect(lines[2].first == "good" && lines[2].last == "passed")
    #expect(lines[3] == ["5", "seeds,", "each", "twice"])
    #expect(lines[4].suffix(2) == ["1", "failed"])
  }

  @Test("install puts the program and what belongs to it below PREFIX")
  func install() throws {
    let plan = try make("--dry-run", "install", "PREFIX=/opt/x", "DESTDIR=/tmp/y")

    #expect(plan.output.hasSuffix("\nPackaging/install .build/release/dsv3sim /tmp/y/opt/x\n"))
  }

  @Test("deb builds for any processor, with the Swift libraries inside, then packages")
  func deb() throws {
    let plan = try make("--dry-run", "deb")

    #expect(plan.output.contains("\nDSV3SIM_MARCH= swift build "))
    #expect(plan.output.contains(" --static-swift-stdlib "))
    #expect(
      plan.output.hasSuffix("\nPackaging/deb .build/package/release/dsv3sim .build/package\n"))
  }

  @Test("continuous integration runs make test")
  func ci() {
    let script = House.root.appending(path: ".ci/run")

    #expect(FileManager.default.isExecutableFile(atPath: script.path))
    #expect(House.text(".ci/run").contains("\nexec make test\n"))
  }
}
