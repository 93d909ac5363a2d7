import Foundation
import Testing

@testable import Text

@Suite("Files that appear when they are complete")
struct UnfinishedFileTests {
  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "dsv3sim-unfinished-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func names(in folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test("replaces its target and leaves nothing beside it")
  func replaces() throws {
    try inFolder { folder in
      let path = folder.appending(path: "a.svg").path
      try "old".write(toFile: path, atomically: true, encoding: .utf8)
      let (first, second) = (try UnfinishedFile(for: path), try UnfinishedFile(for: path))
      #expect(first.path != second.path && first.target == path)
      try "new".write(toFile: first.path, atomically: false, encoding: .utf8)

      #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
      #expect(first.replaceTarget())
      second.remove()
      #expect(try names(in: folder) == ["a.svg"])
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
    }
  }

  @Test("links are followed, also where nothing is yet; loops and folders that are not there fail")
  func links() throws {
    try inFolder { folder in
      let files = FileManager.default
      try files.createDirectory(
        at: folder.appending(path: "there"), withIntermediateDirectories: false)
      func link(_ name: String, _ target: String) throws -> String {
        let path = folder.appending(path: name).path
        try files.createSymbolicLink(atPath: path, withDestinationPath: target)
        return path
      }
      let path = try link("a", try link("b", "there/c"))
      let file = try UnfinishedFile(for: path)
      #expect(file.target == folder.path + "/there/c")
      #expect(file.replaceTarget() && files.fileExists(atPath: path))
      #expect(try files.destinationOfSymbolicLink(atPath: path).hasSuffix("/b"))

      #expect(UnfinishedFile.followed(try link("loop", "loop")) == folder.path + "/loop")
      #expect(throws: POSIXError.self) {
        try UnfinishedFile(for: folder.path + "/nowhere/a")
      }
    }
  }

  @Test("what a dead process of this host left is removed, what others may be writing stays")
  func sweeps() throws {
    try inFolder { folder in
      let path = folder.appending(path: "a.db").path
      let mine = try UnfinishedFile(for: path)
      let marked = mine.path.components(separatedBy: "-\(getpid())-")[0]
      // Process numbers end at 2^22 on Linux.
      let dead = ["-4194305-0", "-4194305-7-journal"].map { marked + $0 }
      let kept = [marked + "other-4194305-0", path + ".creating-x", marked + "-\(getppid())-0"]
      for name in dead + kept {
        #expect(FileManager.default.createFile(atPath: name, contents: nil))
      }

      let next = try UnfinishedFile(for: path)
      #expect(dead.allSatisfy { !FileManager.default.fileExists(atPath: $0) })
      #expect((kept + [mine.path, next.path]).allSatisfy(FileManager.default.fileExists))
      mine.remove()
      next.remove()
      #expect(try names(in: folder).count == kept.count)
    }
  }

  /// The folder of a process whose parent has a number.
  private static func folder(of parent: Int32) -> URL {
    FileManager.default.temporaryDirectory.appending(path: "dsv3sim-signalled-\(parent)")
  }

  @Test("a signal removes all that is unfinished, whatever has been given up before")
  func signalled() async throws {
    let folder = Self.folder(of: getpid())
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }

    // Before other tests that wait for a core: a thread spins until the exit is noticed.
    await Task(priority: .high) {
      await #expect(processExitsWith: .signal(SIGTERM)) {
        UnfinishedFile.removeAtSignals()
        let path = Self.folder(of: getppid()).appending(path: "a.db").path
        let files = try (0..<12).map { _ in try UnfinishedFile(for: path) }
        // Its name is the beginning of that of the eleventh.
        files[1].remove()
        kill(getpid(), SIGTERM)
        // Another thread takes it.
        sleep(60)
      }
    }.value
    #expect(try names(in: folder).isEmpty)
  }
}
