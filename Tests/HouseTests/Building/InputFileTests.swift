// Inputs that are no files, and files of others that a confined process does not open.

import Foundation
import Testing

@Suite("Input files")
struct InputFileTests {
  private func dsv3sim(
    _ words: [String], in folder: URL, confined: Bool = false
  ) throws -> ChildProcess {
    let setting = confined ? "DSV3SIM_CONFINED=1" : "DSV3SIM_CONFINED=0"
    return try ChildProcess.run(
      "/usr/bin/env", [setting, ReadmeCommands.builtProgram.path] + words, in: folder)
  }

  /// A folder with a scenario in `inside`, and files of counts in it, beside it and by a link.
  private func withScenario(_ body: (URL) throws -> Void) throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let inside = folder.appending(path: "inside")
    let files = FileManager.default
    try files.createDirectory(at: inside, withIntermediateDirectories: false)
    let scenarios = House.root.appending(path: "scenarios")
    try files.copyItem(
      at: scenarios.appending(path: "tiny-16gpu.yaml"), to: inside.appending(path: "a.yaml"))
    let counts = Array(repeating: "1", count: 16).joined(separator: ",")
    for name in ["counts.csv", "inside/counts.csv"] {
      try counts.write(
        to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }
    try files.createSymbolicLink(
      atPath: inside.path + "/link.csv", withDestinationPath: "../counts.csv")
    try body(folder)
  }

  @Test("a pipe or a device in the place of a file is refused by name, and nothing waits")
  func pipes() throws {
    try withScenario { folder in
      let pipe = folder.appending(path: "inside/pipe").path
      #expect(mkfifo(pipe, 0o600) == 0)
      let routing = "training.routing={source: counts, file: pipe}"
      let machine = ["--replicas", "16", "--groups", "1", "--nodes", "1", "--gpus", "8"]
      let durations = [
        "--forward", "1", "--backward-input", "1", "--backward-weight", "1",
      ]
      for (words, status) in [
        (["validate", pipe], 66), (["run", "inside/a.yaml", "--set", routing], 65),
        (["compare", "inside/a.yaml", "--set", routing], 65),
        (["run", "inside/a.yaml", "--set", "training.schedule_file=pipe"], 65),
        (["experts", "place", pipe] + machine, 66),
        (["schedules", "evaluate", "--order", pipe] + durations, 66),
        (["calibrate", pipe], 66),
        (["moe", "generate", pipe, "x"], 66), (["service", "evaluate", pipe], 66),
        (["query", pipe], 74), (["validate", "/dev/zero"], 66),
      ] {
        let result = try dsv3sim(words, in: folder)
        #expect(result.status == status, "\(words): \(result.status) \(result.errors)")
        let says = ["is a pipe, not a file", "is a device, not a file", "is not a regular file"]
        #expect(says.contains(where: result.errors.contains), "\(words): \(result.errors)")
      }
    }
  }

  @Test("a confined process reads nothing outside of the folder of a scenario, links included")
  func confined() throws {
    try withScenario { folder in
      func run(_ file: String, confined: Bool) throws -> ChildProcess {
        try dsv3sim(
          [
            "validate", "inside/a.yaml", "--set",
            "training.routing={source: counts, file: \(file)}",
          ], in: folder, confined: confined)
      }
      for file in ["../counts.csv", folder.path + "/counts.csv", "link.csv", "/etc/passwd"] {
        let refused = try run(file, confined: true)
        #expect(refused.status == 65)
        #expect(refused.errors.contains("is outside of the folder"), "\(refused.errors)")
        let allowed = try run(file, confined: false)
        #expect(!allowed.errors.contains("outside"), "\(allowed.errors)")
      }
      let own = try run("counts.csv", confined: true)
      #expect(!own.errors.contains("outside"), "\(own.errors)")
    }
  }
}
