// `.ci/install-libraries` on machines that lack some programs: its PATH holds only stand-ins for
// the machine's programs, which record how they were called.

import Foundation
import Testing

@Suite("Installing the build dependencies")
struct LibrariesTests {
  private static let note = "echo \"${0##*/} $*\" >> \"$LOG\""
  private static let installs = "apt-get install --yes --no-install-recommends libgsl-dev\n"

  /// Runs the script on a Debian without GSL, with some programs replaced or removed.
  ///
  /// - Parameter answer: the user's input; nil without a terminal.
  private func install(
    _ changes: [String: String?] = [:], user: Int, isCI: Bool = false, answer: String? = nil
  ) throws -> (result: ChildProcess, log: String) {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let programs: [String: String?] = [
      "swift": Self.note, "pkg-config": "[ \"$2\" != gsl ]", "id": "echo \(user)",
      "apt-get": Self.note, "env": "shift; exec \"$@\"", "sudo": Self.note + "; exec \"$@\"",
    ]
    for (name, body) in programs.merging(changes, uniquingKeysWith: { $1 }) {
      guard let body else { continue }
      let file = folder.appending(path: name)
      try "#!/bin/sh\n\(body)\n".write(to: file, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
    let log = folder.appending(path: "log")
    try Data().write(to: log)
    var command = "/bin/sh " + House.root.appending(path: ".ci/install-libraries").path
    if let answer {
      let script = try #require(ChildProcess.find("script"), "it gives a program a terminal")
      command = "echo \(answer) | \(script) --quiet --return --command '\(command)' /dev/null"
    }
    let result = try ChildProcess.run(
      "/bin/sh", ["-c", command],
      environment: [
        "PATH": folder.path, "LOG": log.path, "SHELL": "/bin/sh", "CI": isCI ? "true" : "",
      ])
    return (result, try String(contentsOf: log, encoding: .utf8))
  }

  @Test("does and prints nothing if everything is installed")
  func complete() throws {
    let (result, log) = try install(["pkg-config": "exit 0"], user: 1000)

    #expect(result.status == 0)
    #expect(result.output + result.errors + log == "")
  }

  @Test("installs what is missing as root without a terminal, and says what")
  func root() throws {
    let (result, log) = try install(user: 0)

    #expect(result.status == 0 && result.output == "")
    #expect(
      result.errors
        == "dsv3sim: running apt-get install --no-install-recommends libgsl-dev\n")
    #expect(log == "apt-get update\n" + Self.installs)
  }

  @Test("installs through sudo without asking in continuous integration")
  func integration() throws {
    let (result, log) = try install(user: 1000, isCI: true)

    #expect(result.status == 0)
    #expect(log.hasPrefix("sudo apt-get update\napt-get update\nsudo env DEBIAN_FRONTEND"))
    #expect(log.hasSuffix(Self.installs))
  }

  @Test("shows the user the command and asks before running sudo", arguments: ["y", "n"])
  func person(answer: String) throws {
    let (result, log) = try install(user: 1000, answer: answer)

    #expect(
      result.output.contains(
        "run sudo apt-get install --no-install-recommends libgsl-dev? [y/N]"))
    #expect(result.status == (answer == "y" ? 0 : 1))
    #expect(log.hasSuffix(answer == "y" ? Self.installs : "") && log.isEmpty == (answer == "n"))
  }

  @Test("prints the command without a terminal, and does not run sudo")
  func noTerminal() throws {
    let (result, log) = try install(user: 1000)

    #expect(result.status == 1 && log == "")
    #expect(
      result.errors.hasSuffix("sudo apt-get install --no-install-recommends libgsl-dev\n"))
  }

  @Test("says so and does nothing if Swift is missing or installation is impossible")
  func impossible() throws {
    let noSwift = try install(["swift": nil], user: 0)
    let noPackages = try install(["apt-get": nil, "pkg-config": nil], user: 0)
    let failing = try install(["apt-get": "exit 100"], user: 0)

    #expect(noSwift.result.status == 1 && noSwift.log == "")
    #expect(noSwift.result.errors.contains("swift is not on the PATH"))
    #expect(noPackages.result.status == 1)
    #expect(
      noPackages.result.errors.contains(
        "by hand: pkg-config libsqlite3-dev libgsl-dev libopenblas-dev\n"))
    #expect(failing.result.status == 100)
  }
}
