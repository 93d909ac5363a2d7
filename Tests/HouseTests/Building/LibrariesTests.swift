// `.ci/install-libraries` on machines that lack this or that: its PATH holds only stand-ins for
// the machine's programs, which note how they were called.

import Foundation
import Testing

@Suite("Installing what the build needs")
struct LibrariesTests {
  /// Runs the script on a machine with these programs, each a shell script's body.
  private func install(_ programs: [String: String]) throws -> (result: ChildProcess, log: String) {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, body) in programs {
      let file = folder.appending(path: name)
      try "#!/bin/sh\n\(body)\n".write(to: file, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
    let log = folder.appending(path: "log")
    try Data().write(to: log)
    let result = try ChildProcess.run(
      "/bin/sh", [House.root.appending(path: ".ci/install-libraries").path],
      environment: ["PATH": folder.path, "LOG": log.path])
    return (result, try String(contentsOf: log, encoding: .utf8))
  }

  private let note = "echo \"$(echo \"${0##*/}\") $*\" >> \"$LOG\""
  private var debian: [String: String] {
    [
      "swift": note, "pkg-config": note, "id": "echo 0", "apt-get": note,
      "env": "shift; exec \"$@\"", "dpkg-query": "printf installed",
    ]
  }

  @Test("nothing is done or said where all is there")
  func complete() throws {
    let (result, log) = try install(debian)

    #expect(result.status == 0)
    #expect(result.output + result.errors + log == "")
  }

  @Test("root installs only what is missing, and the script says what")
  func missing() throws {
    let query = "case \"$3\" in libgsl-dev) exit 1 ;; *) printf installed ;; esac"
    let (result, log) = try install(debian.merging(["dpkg-query": query]) { $1 })

    #expect(result.status == 0)
    #expect(result.output == "")
    #expect(result.errors == "dsv3sim: installing libgsl-dev with apt-get\n")
    #expect(
      log == "apt-get update\napt-get install --yes --no-install-recommends libgsl-dev\n")
  }

  @Test("a package that was removed but left its settings counts as missing")
  func configurationOnly() throws {
    let (_, log) = try install(debian.merging(["dpkg-query": "printf config-files"]) { $1 })

    #expect(log.hasSuffix("libsqlite3-dev libgsl-dev libopenblas-dev\n"))
  }

  @Test("others than root install through sudo")
  func sudo() throws {
    let changes = ["id": "echo 1000", "dpkg-query": "exit 1", "sudo": note + "; exec \"$@\""]
    let (result, log) = try install(debian.merging(changes) { $1 })

    #expect(result.status == 0)
    #expect(log.hasPrefix("sudo apt-get update\napt-get update\nsudo env DEBIAN_FRONTEND"))
  }

  @Test("no root and no sudo: the script says what root has to type")
  func noSudo() throws {
    let (result, log) = try install(
      debian.merging(["id": "echo 1000", "dpkg-query": "exit 1"]) { $1 })

    #expect(result.status == 1)
    #expect(result.errors.contains("as root: apt-get install libsqlite3-dev libgsl-dev"))
    #expect(log == "")
  }

  @Test("without apt-get the script names what to install, by pkg-config's word")
  func otherSystem() throws {
    var programs = debian
    programs["apt-get"] = nil
    programs["dpkg-query"] = nil
    programs["pkg-config"] = "[ \"$2\" = sqlite3 ]"

    let (result, _) = try install(programs)

    #expect(result.status == 1)
    #expect(result.errors.contains("must be installed by hand: libgsl-dev libopenblas-dev\n"))
  }

  @Test("without Swift the script says so and installs nothing")
  func noSwift() throws {
    var programs = debian
    programs["swift"] = nil

    let (result, log) = try install(programs)

    #expect(result.status == 1)
    #expect(result.errors.contains("swift is not on the PATH"))
    #expect(log == "")
  }

  @Test("an installation that fails ends make")
  func failure() throws {
    let (result, _) = try install(
      debian.merging(["dpkg-query": "exit 1", "apt-get": "exit 100"]) { $1 })

    #expect(result.status == 100)
  }
}
