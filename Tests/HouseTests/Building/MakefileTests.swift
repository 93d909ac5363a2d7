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
      ("test", "swift test"),
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

  @Test("soak compares every GPU with the folded step, and also repeats seeds")
  func soak() throws {
    let plan = try make("--dry-run", "soak")

    #expect(plan.output.contains("Benchmarks/fidelity.sh\n"))
    #expect(
      FileManager.default.isExecutableFile(
        atPath: House.root.appending(path: "Benchmarks/fidelity.sh").path))
  }

  @Test(
    "soak also fuzzes, draws scenarios and runs the tests with sanitizers; each part stands alone")
  func parts() throws {
    let plan = try make("--dry-run", "soak", "MINUTES=3", "SCENARIOS=5")

    #expect(plan.output.contains("\nMINUTES=3 TARGETS=\"\" Fuzz/run\n"))
    #expect(plan.output.contains("SCENARIOS=5 "))
    #expect(plan.output.contains(" -fsanitize=undefined "))
    #expect(plan.output.contains(" --sanitize address "))
    #expect(plan.output.contains(" --sanitize thread "))
    for part in ["kill", "slurm", "faults", "fidelity", "seeds", "random"] {
      #expect(try make("--dry-run", "soak-\(part)").status == 0, "\(part)")
    }
    let script = House.root.appending(path: "Fuzz/run")
    #expect(FileManager.default.isExecutableFile(atPath: script.path))
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
