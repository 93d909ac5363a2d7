// What Packaging/install puts where, and whether shells and man can read it.

import Foundation
import Testing

@Suite("Packaging")
struct PackagingTests {
  /// Installs the built program and calls the body with the folder that has bin and share.
  private func installed<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let install = try ChildProcess.run(
      House.root.path + "/Packaging/install", [ReadmeCommands.builtProgram.path, folder.path])
    #expect(install.status == 0, "\(install.errors)")
    return try body(folder)
  }

  @Test("everything is installed, readable by all, and works where it is")
  func files() throws {
    try installed { root in
      let expected = [
        "bin/dsv3sim": 0o755, "share/dsv3sim/scenarios/deepseek-v3-pretrain.yaml": 0o644,
        "share/dsv3sim/scenarios/sweeps/pretrain-sensitivity.yaml": 0o644,
        "share/dsv3sim/scenarios/measurements/norms.csv": 0o644,
        "share/dsv3sim/traces/v3-router.db": 0o644, "share/man/man1/dsv3sim.1": 0o644,
        "share/bash-completion/completions/dsv3sim": 0o644,
        "share/zsh/site-functions/_dsv3sim": 0o644,
        "share/fish/vendor_completions.d/dsv3sim.fish": 0o644,
      ]
      let modes = try expected.keys.sorted().map { path in
        try FileManager.default.attributesOfItem(atPath: root.appending(path: path).path)[
          .posixPermissions] as? Int
      }
      let program = root.appending(path: "bin/dsv3sim").path

      let traced = try ChildProcess.run(
        program, ["validate", "inference-replayed-experts"], in: root)
      let swept = try ChildProcess.run(
        program, ["sweep", "pretrain-sensitivity", "--dry-run"], in: root)

      #expect(modes == expected.sorted { $0.key < $1.key }.map(\.value))
      #expect(traced.status == 0, "\(traced.errors)")
      #expect(swept.status == 0, "\(swept.errors)")
    }
  }

  @Test("the manual page has every command and no mistake of form")
  func manual() throws {
    let program = ReadmeCommands.builtProgram.path
    let page = try ChildProcess.run(program, ["manual"])
    let help = try ChildProcess.run(program, ["--help"])
    let commands = help.output.matches(of: #/\n  ([a-z]+) +[A-Z]/#).map { String($0.1) }

    #expect(commands.count > 20)
    for command in commands {
      #expect(page.output.contains("\n.SS dsv3sim \(command)"), "\(command)")
    }
    #expect(page.output.contains("\n.TP\n\\fB\\-o\\fR, \\fB\\-\\-output\\fR \\fI"))
    #expect(!page.output.contains("\\-\\-help"))
    guard let groff = ChildProcess.find("groff") else { return }
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "dsv3sim.1")
    try page.output.write(to: file, atomically: true, encoding: .utf8)
    let formatted = try ChildProcess.run(groff, ["-man", "-Tascii", "-ww", "-z", file.path])
    #expect(formatted.status == 0)
    #expect(formatted.errors.isEmpty, "\(formatted.errors.prefix(500))")
  }

  @Test("bash completes commands, options and bundled scenarios")
  func bash() throws {
    guard let bash = ChildProcess.find("bash") else { return }
    try installed { root in
      func completions(_ words: String...) throws -> [String] {
        let script = """
          PATH="$1/bin:$PATH"
          . "$1/share/bash-completion/completions/dsv3sim"
          shift
          COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
          COMP_TYPE=9
          $(complete -p dsv3sim | sed 's/.*-F \\([^ ]*\\).*/\\1/') dsv3sim "${@: -1}" "${@: -2:1}"
          printf '%s\\n' "${COMPREPLY[@]}"
          """
        let result = try ChildProcess.run(
          bash, ["--norc", "-c", script, "bash", root.path] + words, in: root)
        return result.output.split(separator: "\n").map { String($0).trimmed }
      }

      let command = try completions("dsv3sim", "comp")
      let option = try completions("dsv3sim", "run", "--time")
      let scenarios = try completions("dsv3sim", "run", "deepseek-v3-pre")

      #expect(command == ["compare"])
      #expect(option == ["--timeline"])
      #expect(scenarios.sorted() == ["", "-1f1b", "-zb1p"].map { "deepseek-v3-pretrain" + $0 })
    }
  }
}
