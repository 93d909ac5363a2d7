// The options that `dsv3sim run` prints as remedies, entered in a shell exactly as printed.

import Foundation
import Testing

@Suite("Printed remedies work when typed")
struct RemedyCommandTests {
  @Test(
    "each remedy makes the step fit",
    arguments: [
      "cluster: {node: h100-sxm, nodes: 1}\ntraining: {schedule: 1f1b,"
        + " sequence_length: 4096 tokens, microbatches: 1, parallel: {pipeline: 1, expert: 1}}\n",
      "cluster: {node: h100-sxm, nodes: 2}\ntraining: {schedule: 1f1b,"
        + " sequence_length: 4096 tokens, microbatches: 8, microbatch: 2, partition: [32],"
        + " parallel: {pipeline: 1, expert: 8, data: 16}}\n",
    ])
  func works(question: String) throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = "name: a\nmodel: mixtral-8x7b\n" + question
    try text.write(to: folder.appending(path: "a.yaml"), atomically: true, encoding: .utf8)
    func run(_ options: String) throws -> ChildProcess {
      try ChildProcess.run(
        "/bin/sh", ["-c", "\(ReadmeCommands.builtProgram.path) run a.yaml \(options)"], in: folder)
    }

    let refused = try run("")
    let remedies = refused.errors.split(separator: "\n").compactMap { line in
      line.firstMatch(of: #/^ +(?:would fit|or): (--.*)$/#).map { String($0.1) }
    }

    #expect(refused.status == 65)
    #expect(!remedies.isEmpty)
    for options in remedies {
      let result = try run(options)
      #expect(result.status == 0, "\(options): \(result.errors)")
    }
  }
}
