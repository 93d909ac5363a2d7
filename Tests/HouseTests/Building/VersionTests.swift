// `Plugins/version.sh` on repositories, archives and copies made for these tests.

import Foundation
import Testing

@Suite("The version of the sources")
struct VersionTests {
  /// A folder with sources, as a user might have it.
  private struct Sources {
    let folder: URL

    /// Makes the folder, with a release 1.4.0 in its changelog and no git.
    init(in parent: URL, _ name: String = "sources") throws {
      folder = parent.appending(path: name)
      for room in ["Sources/App", "Plugins"] {
        try FileManager.default.createDirectory(
          at: folder.appending(path: room), withIntermediateDirectories: true)
      }
      for file in [".version", ".gitattributes"] {
        try FileManager.default.copyItem(
          at: House.root.appending(path: file), to: folder.appending(path: file))
      }
      try write("## [Unreleased]\n\n## [1.4.0] - 2026-01-02\n## [1.3.0]\n", to: "CHANGELOG.md")
      try write("// a package\n", to: "Package.swift")
      try write("print(1)\n", to: "Sources/App/main.swift")
    }

    init(_ folder: URL) { self.folder = folder }

    func write(_ text: String, to path: String) throws {
      try text.write(to: folder.appending(path: path), atomically: true, encoding: .utf8)
    }

    @discardableResult
    func git(_ arguments: String...) throws -> String {
      let git = try #require(ChildProcess.find("git"))
      let identity = ["user.name=a", "user.email=a@b.c", "init.defaultBranch=main"]
      let result = try ChildProcess.run(
        git, identity.flatMap { ["-c", $0] } + arguments, in: folder)
      try #require(result.status == 0, Comment(rawValue: result.errors))
      return result.output
    }

    /// Commits everything. Returns as many digits of the commit as a version has.
    @discardableResult
    func commit() throws -> String {
      try git("add", "--all")
      try git("commit", "--allow-empty", "--message", "m")
      return String(try git("rev-parse", "HEAD").prefix(10))
    }

    /// The output of the script, which must be a version by the rules of semver.org.
    func version(environment: [String: String]? = nil) throws -> String {
      let result = try ChildProcess.run(
        "/bin/sh", [House.root.appending(path: "Plugins/version.sh").path, folder.path],
        environment: environment)
      try #require(result.status == 0, Comment(rawValue: result.errors))
      #expect(result.output.hasSuffix("\n"))
      let version = String(result.output.dropLast())
      let number = /(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)/
      let parts = version.split(separator: "+", omittingEmptySubsequences: false)
      #expect(parts[0].wholeMatch(of: number) != nil && parts.count <= 2, "\(version)")
      for part in parts.dropFirst() {
        #expect(part.wholeMatch(of: /[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*/) != nil, "\(version)")
      }
      return version
    }
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func withRepository(_ body: (Sources, _ commit: String) throws -> Void) throws {
    try withFolder { folder in
      let sources = try Sources(in: folder)
      try sources.git("init")
      try body(sources, try sources.commit())
    }
  }

  @Test("is the tag at a release, and counts commits after it; other tags are ignored")
  func tagged() throws {
    try withRepository { sources, _ in
      try sources.git("tag", "--annotate", "v2.0.1", "--message", "m")
      #expect(try sources.version() == "2.0.1")

      let second = try sources.commit()
      for tag in ["v3", "v3.0", "v3.0.0-rc.1", "v03.0.0", "v3.01.0", "v3.0.0.0", "3.0.0"] {
        try sources.git("tag", tag)
      }
      #expect(try sources.version() == "2.0.1+1.g\(second)")

      try sources.git("tag", "v2.1.0")
      #expect(try sources.version() == "2.1.0")
    }
  }

  @Test("starts from the newest release of the changelog if there is no tag")
  func untagged() throws {
    try withRepository { sources, commit in
      #expect(try sources.version() == "1.4.0+1.g\(commit)")

      try sources.write("", to: "CHANGELOG.md")
      let script = House.root.appending(path: "Plugins/version.sh").path
      let result = try ChildProcess.run("/bin/sh", [script, sources.folder.path])
      #expect(result.status == 1 && result.errors.contains("CHANGELOG.md has no line like"))
    }
  }

  @Test("distinguishes two uncommitted states, and is restored when changes are undone")
  func dirty() throws {
    try withRepository { sources, commit in
      try sources.git("tag", "v2.0.0")
      try sources.write("print(2)\n", to: "Sources/App/main.swift")
      let two = try sources.version()
      try sources.write("print(3)\n", to: "Sources/App/main.swift")
      let three = try sources.version()
      try sources.git("checkout", "--", "Sources")
      try sources.write("// new\n", to: "Sources/App/new file.swift")
      let added = try sources.version()
      try FileManager.default.removeItem(
        at: sources.folder.appending(path: "Sources/App/new file.swift"))

      #expect(Set([two, three, added]).count == 3)
      for version in [two, three, added] {
        #expect(version.hasPrefix("2.0.0+g\(commit).dirty.") && version.count == 32)
      }
      #expect(try sources.version() == "2.0.0")
      try sources.write("no source\n", to: "README.md")
      #expect(try sources.version() == "2.0.0")
    }
  }

  @Test("names the commit of an archive, and whether files were changed since")
  func archive() throws {
    try withRepository { sources, first in
      func unpacked(_ name: String) throws -> Sources {
        let copy = Sources(sources.folder.appending(path: "../\(name)").standardized)
        try FileManager.default.createDirectory(
          at: copy.folder, withIntermediateDirectories: true)
        try sources.git("archive", "--output", "../\(name).tar", "HEAD")
        let tar = try #require(ChildProcess.find("tar"))
        let result = try ChildProcess.run(tar, ["-xf", "../\(name).tar"], in: copy.folder)
        try #require(result.status == 0, Comment(rawValue: result.errors))
        return copy
      }
      let untagged = try unpacked("untagged").version()
      try sources.git("tag", "v2.0.0")
      let second = try sources.commit()
      let copy = try unpacked("tagged")
      let whole = try copy.version()
      try copy.write("print(2)\n", to: "Sources/App/main.swift")
      let changed = try copy.version()

      #expect(untagged.hasPrefix("1.4.0+g\(first).archive."))
      #expect(whole.hasPrefix("2.0.0+1.g\(second).archive."))
      #expect(changed.hasPrefix("2.0.0+1.g\(second).archive.") && changed != whole)
      // Importing the archive into a repository does not make it a different program.
      try copy.write("print(1)\n", to: "Sources/App/main.swift")
      try copy.git("init")
      try copy.commit()
      #expect(try copy.version() == whole)
    }
  }

  @Test("identifies a copy without git, or on a machine without git, by its content")
  func unversioned() throws {
    try withFolder { folder in
      let sources = try Sources(in: folder)
      let first = try sources.version()
      try sources.git("init")
      try sources.commit()
      let tools = folder.appending(path: "tools")
      try FileManager.default.createDirectory(at: tools, withIntermediateDirectories: true)
      for name in ["sed", "head", "find", "sort", "xargs", "sha256sum", "cut"] {
        try FileManager.default.createSymbolicLink(
          atPath: tools.appending(path: name).path,
          withDestinationPath: #require(ChildProcess.find(name)))
      }
      let withoutGit = try sources.version(environment: ["PATH": tools.path])
      try sources.write("print(2)\n", to: "Sources/App/main.swift")

      #expect(first.hasPrefix("1.4.0+unversioned.") && first.count == 26)
      #expect(withoutGit == first)
      #expect(try sources.version(environment: ["PATH": tools.path]) != first)
    }
  }

  @Test("ignores a repository around the sources, whether or not it tracks them")
  func surrounded() throws {
    try withFolder { folder in
      let outer = Sources(folder)
      try outer.git("init")
      try outer.commit()
      try outer.git("tag", "v9.0.0")
      let inner = try Sources(in: folder)
      let alone = try inner.version()
      try outer.commit()

      #expect(alone.hasPrefix("1.4.0+unversioned."))
      #expect(try inner.version() == alone)
      // Unpacked over another checkout, whose repository does not track Package.swift.
      try inner.git("init")
      try inner.git("commit", "--allow-empty", "--message", "m")
      #expect(try inner.version() == alone)
    }
  }

  @Test("is that of its own commit for a worktree and for a build started by a hook")
  func worktree() throws {
    try withRepository { sources, first in
      try sources.git("worktree", "add", "../tree")
      let second = try sources.commit()
      let tree = Sources(sources.folder.appending(path: "../tree").standardized)
      let hook = ProcessInfo.processInfo.environment.merging(
        ["GIT_DIR": sources.folder.path + "/.git", "GIT_INDEX_FILE": "/none"]) { $1 }

      #expect(try sources.version() == "1.4.0+2.g\(second)")
      #expect(try tree.version() == "1.4.0+1.g\(first)")
      #expect(try tree.version(environment: hook) == "1.4.0+1.g\(first)")
    }
  }

  @Test("is written only when it has changed, so that nothing is recompiled needlessly")
  func written() throws {
    try withRepository { sources, _ in
      let file = sources.folder.appending(path: "../Version.swift").standardized.path
      func write() throws -> (text: String, date: Date?) {
        let script = House.root.appending(path: "Plugins/version.sh").path
        let result = try ChildProcess.run("/bin/sh", [script, sources.folder.path, file])
        try #require(result.status == 0, Comment(rawValue: result.errors))
        let attributes = try FileManager.default.attributesOfItem(atPath: file)
        return (
          try String(contentsOfFile: file, encoding: .utf8), attributes[.modificationDate] as? Date
        )
      }
      let first = try write()
      let again = try write()
      let commit = try sources.commit()
      let third = try write()

      #expect(again == first && first.date != nil)
      #expect(third.text.contains("static let text = \"1.4.0+2.g\(commit)\""))
    }
  }
}
