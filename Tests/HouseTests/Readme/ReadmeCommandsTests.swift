import Foundation
import Testing

@Suite("The commands of the README and of docs")
struct ReadmeCommandsTests {
  /// Every page, each with its commands run in a folder of its own.
  static let pages = ["README.md"] + House.files(below: "docs", ending: [".md"]).map(\.path)

  /// Those whose commands run: with a program for slow ones, only pages that have some.
  static let chosen = pages.filter { path in
    guard ReadmeCommands.soakProgram != nil else { return true }
    return Readme(House.text(path)).commands.contains {
      $0.pace != .usual && ReadmeCommands.runs($0.pace)
    }
  }

  private func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  /// Copies the input files, so that no command changes the originals.
  private func copyInputs(to folder: URL) throws {
    for name in ["scenarios", "reports", "traces"] where House.has(name) {
      try FileManager.default.copyItem(
        at: House.root.appending(path: name), to: folder.appending(path: name))
    }
  }

  @Test("every command does what its page says, and prints what it shows", arguments: chosen)
  func commands(path: String) throws {
    let commands = Readme(House.text(path)).commands
      .filter { ReadmeCommands.runs($0.pace) }

    let problems = try withFolder { folder in
      try copyInputs(to: folder)
      let place = ReadmeCommands(
        program: ReadmeCommands.soakProgram ?? ReadmeCommands.builtProgram, folder: folder,
        page: path)
      return try commands.compactMap(place.problem)
    }

    #expect(problems.isEmpty, Comment(rawValue: problems.joined(separator: "\n")))
  }

  @Test("every text block shows the output of one command", arguments: pages)
  func blocks(path: String) {
    #expect(Readme(House.text(path)).blocksWithoutCommand == [])
  }

  @Test("the pages have commands, and show what many of them print")
  func counts() {
    let commands = Self.pages.flatMap { Readme(House.text($0)).commands }

    #expect(House.readme.commands.map(\.text).prefix(2) == ["make run", "make test"])
    #expect(commands.count >= 120)
    #expect(commands.count { !$0.printed.isEmpty } >= 30)
    #expect(commands.count { !$0.printed.isEmpty && $0.pace == .usual } >= 20)
  }

  @Test(
    "shown lines are compared with the output in order; ... stands for left-out ones",
    arguments: [
      ("a\nb\nc", true), ("a\nb\nc\n\n", true), ("a\n...", true), ("...\nb\n...", true),
      ("...\nc", true), ("a\n...\nc", true), ("a  \nb\nc", true), ("...", true),
      ("a\n...\nb\nc", true),
      ("a\nb", false), ("b\nc", false), ("a\nc", false), ("c\n...", false),
      ("...\nb", false), ("...\nc\n...\nb\n...", false), (" a\nb\nc", false),
      ("a\nb\nc\nc", false), ("a\n...\nb\n...\nb\n...", false),
    ])
  func shownOutput(shown: String, isRight: Bool) {
    let lines = shown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let printed = shown.hasSuffix("\n") ? "a\nb\nc\n\n" : "a\nb\nc\n"
    let trimmed = shown.hasSuffix("\n") ? lines.dropLast(2) : lines[...]

    #expect((ShownOutput(Array(trimmed)).difference(from: printed) == nil) == isRight)
  }

  @Test("commands are read from sh blocks only, with continuation, prompt, comment and status")
  func parsing() {
    let readme = Readme(
      """
      ```sh
      $ dsv3sim run a.yaml \\
          -o b.db      # writes b.db
      # a comment

      dsv3sim run c.yaml # exit 65
      dsv3sim query b.db 'SELECT 1#2'
      ```
      ```
      dsv3sim not-a-command
      ```
      ```text
      of no command
      ```
      ```sh
      dsv3sim d \\
          e
      ```

      prints
      ```text
      one
        two
      ```
      ```text
      of no command
      ```
      <!-- slow -->
      ```sh
      dsv3sim f
      ```
      <!-- slow: trains engines -->

      ```sh
      dsv3sim g
      ```
      ```sh
      dsv3sim h
      ```
      """)

    #expect(
      readme.commands == [
        .init(text: "dsv3sim run a.yaml -o b.db", exitStatus: 0, line: 3),
        .init(text: "dsv3sim run c.yaml", exitStatus: 65, line: 6),
        .init(text: "dsv3sim query b.db 'SELECT 1#2'", exitStatus: 0, line: 7),
        .init(text: "dsv3sim d e", exitStatus: 0, line: 17, printed: ["one", "  two"]),
        .init(text: "dsv3sim f", exitStatus: 0, line: 30, pace: .slow),
        .init(text: "dsv3sim g", exitStatus: 0, line: 35, pace: .training),
        .init(text: "dsv3sim h", exitStatus: 0, line: 38),
      ])
    #expect(readme.blocksWithoutCommand == [12, 25])
  }

  @Test("failing, unknown and unbuilt commands are detected; correct ones are not")
  func checkCanFail() throws {
    try withFolder { folder in
      let program = folder.appending(path: "dsv3sim")
      try "#!/bin/sh\necho '  yes '\necho no >&2\nexit \"$1\"\n".write(
        to: program, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program.path)
      let place = ReadmeCommands(program: program, folder: folder)
      let unbuilt = ReadmeCommands(program: folder.appending(path: "other"), folder: folder)
      func problem(
        _ text: String, _ status: Int32, at place: ReadmeCommands, prints: String...
      ) throws -> String? {
        try place.problem(
          with: .init(text: text, exitStatus: status, line: 7, printed: prints))
      }

      #expect(try problem("dsv3sim 0", 0, at: place) == nil)
      #expect(try problem("dsv3sim 65", 65, at: place) == nil)
      #expect(try problem("dsv3sim 0", 0, at: place, prints: "  yes") == nil)
      #expect(
        try problem("dsv3sim 0", 0, at: place, prints: "  yes", "no")
          == "README.md:7: `dsv3sim 0`: does not print, in this order\n  yes\nno")
      #expect(try problem("make test", 0, at: place) == nil)
      #expect(
        try problem("dsv3sim 70", 0, at: place)
          == "README.md:7: `dsv3sim 70`: exit 70, not 0: no\n")
      #expect(try problem("make no-such-target", 0, at: place) != nil)
      #expect(try problem("curl x", 0, at: place)?.contains("only make and dsv3sim") == true)
      #expect(try problem("dsv3sim 0", 0, at: unbuilt)?.hasSuffix("is not built") == true)
    }
  }

  @Test("a program that does not end is killed")
  func timeLimit() throws {
    let result = try ChildProcess.run("/bin/sh", ["-c", "exec sleep 30"], limitSeconds: 0.1)

    #expect(result.status == 124)
  }

  @Test("the temporary files of a program are removed")
  func temporaryFiles() throws {
    let result = try ChildProcess.run("/bin/sh", ["-c", "mktemp -d"])

    #expect(result.status == 0)
    let left = try #require(result.output.split(separator: "\n").first)
    #expect(left.contains("dsv3sim-house-"))
    #expect(!FileManager.default.fileExists(atPath: String(left)))
  }
}
