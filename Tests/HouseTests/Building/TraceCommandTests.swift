// Invalid options of trace commands, as a user would see them.

import Foundation
import Testing

@Suite("Options of moe stats")
struct TraceCommandTests {
  @Test(
    "numbers of nodes and GPUs that do not divide the experts are refused",
    arguments: [
      ["--nodes", "0"], ["--nodes", "-1"], ["--nodes", "\(Int.max)"], ["--gpus", "0"],
    ])
  func refused(options: [String]) throws {
    let trace = House.root.appending(path: "traces/v3-router.db").path
    let run = try ChildProcess.run(
      ReadmeCommands.builtProgram.path, ["moe", "stats", trace] + options.asArguments)

    #expect(run.status == 64)
    #expect(run.output.isEmpty)
    #expect(
      run.errors.hasPrefix(
        "error: \(options[0]) \"\(options[1])\" does not divide the 256 experts evenly\n"))
  }
}

extension [String] {
  /// An option and its value in one argument, because a value may begin with a minus sign.
  fileprivate var asArguments: [String] { [joined(separator: "=")] }
}
