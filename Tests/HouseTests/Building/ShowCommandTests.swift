// The output of `dsv3sim show` compared with the output of the commands that stored the results.

import Foundation
import Testing

@Suite("A stored result is shown as it was first printed")
struct ShowCommandTests {
  private func dsv3sim(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess.run(ReadmeCommands.builtProgram.path, arguments)
  }

  private func withFile<Value>(_ body: (_ file: String) throws -> Value) throws -> Value {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder.appending(path: "r.db").path)
  }

  @Test(
    "runs and comparisons of each kind of question, in every format",
    arguments: [
      ("tiny-16gpu", "training.microbatches=3,8"), ("redundant-experts", "inference.batch=32,4096"),
    ])
  func sameBytes(name: String, axis: String) throws {
    let scenario = House.root.path + "/scenarios/\(name).yaml"
    try withFile { file in
      for format in ["table", "json", "csv"] {
        let run = try dsv3sim("run", scenario, "-o", file, "--format", format)
        let shown = try dsv3sim("show", file, "--format", format)
        #expect(run.status == 0 && !run.output.isEmpty, "\(run.errors)")
        #expect(shown.output == run.output, "\(shown.errors)")
      }
      for format in ["table", "json", "csv"] {
        // The second and third commands reuse the trials of the first.
        let comparison = try dsv3sim(
          "compare", scenario, "--over", axis, "-o", file, "--format", format)
        let shown = try dsv3sim("show", file, "--format", format)
        #expect(comparison.status == 0 && comparison.output.contains("3"), "\(comparison.errors)")
        #expect(shown.output == comparison.output, "\(shown.errors)")
      }
      let first = try dsv3sim("show", file, "--run", "1")
      #expect(first.output == (try dsv3sim("run", scenario, "-o", file + "2")).output)
    }
  }

  @Test(
    "studies of experts, in the formats of their commands",
    arguments: [
      "place --replicas 288 --nodes 4 --gpus 32", "evaluate --replicas 288 --nodes 4 --gpus 32",
      "sweep --nodes 4 --gpus 32 --redundant 0,32", "drift --hours 1 --layers 1 --every 60",
    ])
  func studies(command: String) throws {
    var arguments = ["experts"] + command.split(separator: " ").map(String.init)
    if !command.hasPrefix("drift") {
      arguments += ["--groups", "8", House.root.path + "/scenarios/expert-counts.csv"]
    }
    try withFile { file in
      for format in ["table", "json"] {
        let made = try ChildProcess.run(
          ReadmeCommands.builtProgram.path, arguments + ["-o", file, "--format", format])
        let shown = try dsv3sim("show", file, "--format", format)
        #expect(made.status == 0 && !made.output.isEmpty, "\(made.errors)")
        #expect(shown.output == made.output, "\(shown.errors)")
      }
    }
  }

  @Test("the latest result is the one stored last, even a comparison in which no trial ran")
  func last() throws {
    let scenario = House.root.path + "/scenarios/redundant-experts.yaml"
    try withFile { file in
      #expect(try dsv3sim("run", scenario, "-o", file).status == 0)
      let refused = try dsv3sim(
        "compare", scenario, "--over", "inference.batch=4096,8192", "-o", file)
      #expect(refused.output.hasPrefix("refused\n"))
      #expect(try dsv3sim("show", file).output == refused.output)

      let run = try dsv3sim("run", scenario, "-o", file, "--set", "inference.batch=32")
      #expect(try dsv3sim("show", file).output == run.output)
      #expect(try dsv3sim("show", file, "--experiment", "1").output == refused.output)
    }
  }

  @Test("a missing result is reported with a list of those that exist")
  func missing() throws {
    let scenario = House.root.path + "/scenarios/redundant-experts.yaml"
    try withFile { file in
      #expect(try dsv3sim("show", file).status == 66)
      _ = try dsv3sim("run", scenario, "-o", file)

      let run = try dsv3sim("show", file, "--run", "7")
      #expect(run.status == 65 && run.errors.contains("there is no run \"7\"\n  known: 1 to 1"))
      let experiment = try dsv3sim("show", file, "--experiment", "1")
      #expect(experiment.status == 65 && experiment.errors.contains("there is no experiment \"1\""))
      #expect(try dsv3sim("show", file, "--run", "1", "--experiment", "1").status == 64)
    }
  }
}
