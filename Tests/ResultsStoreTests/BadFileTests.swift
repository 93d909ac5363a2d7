import Foundation
import GRDB
import Recording
import Testing

@testable import ResultsStore

@Suite("A foreign or damaged file is reported and left unchanged")
struct BadFileTests {
  /// Expects both modes to refuse the file with this kind of error, leaving its bytes and the
  /// folder unchanged.
  private func expectRefusal(
    _ kind: StoreProblem.Kind, _ folder: Folder, _ name: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = (folder.bytes(name), folder.names)
    for mode in [ResultsStore.Mode.create, .read] {
      #expect(sourceLocation: sourceLocation) {
        let store = try ResultsStore(path: folder.file(name), mode: mode)
        _ = try store.runs()
        if mode == .create { try store.write(sampleRecord(), clock: sampleClock) }
      } throws: {
        let problem = $0 as? StoreProblem
        return problem?.kind == kind && problem?.exitStatus == .file
          && problem?.report.hasPrefix("\(folder.file(name)): error: ") == true
      }
    }
    #expect(folder.bytes(name) == before.0, sourceLocation: sourceLocation)
    #expect(folder.names == before.1, sourceLocation: sourceLocation)
  }

  private func resultsFile(_ folder: Folder) throws -> [UInt8] {
    try ResultsStore(path: folder.file("good.db")).write(sampleRecord(), clock: sampleClock)
    return folder.bytes("good.db")
  }

  @Test("a SQLite file of another program")
  func foreign() throws {
    let folder = try Folder()
    let queue = try DatabaseQueue(path: folder.file("f.db"))
    try queue.write { try $0.execute(sql: "CREATE TABLE run (id INTEGER)") }
    try queue.close()

    try expectRefusal(.foreign, folder, "f.db")
  }

  @Test("a file of a newer program")
  func newer() throws {
    let folder = try Folder()
    _ = try resultsFile(folder)
    let queue = try DatabaseQueue(path: folder.file("good.db"))
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA user_version = 99") }
    try queue.close()

    try expectRefusal(.newer, folder, "good.db")
  }

  @Test("a truncated file")
  func truncated() throws {
    let folder = try Folder()
    let bytes = try resultsFile(folder)
    folder.write(Array(bytes.prefix(bytes.count - 4096)), to: "cut.db")

    try expectRefusal(.damaged, folder, "cut.db")
  }

  @Test("a file with an overwritten schema page")
  func scribbled() throws {
    let folder = try Folder()
    var bytes = try resultsFile(folder)
    for index in 100..<2_000 { bytes[index] = 0xa5 }
    folder.write(bytes, to: "bad.db")

    try expectRefusal(.damaged, folder, "bad.db")
  }

  @Test("a file that is not a database")
  func text() throws {
    let folder = try Folder()
    folder.write(Array(String(repeating: "model: deepseek-v3\n", count: 20).utf8), to: "a.yaml")

    try expectRefusal(.notADatabase, folder, "a.yaml")
  }

  @Test("an empty file")
  func empty() throws {
    let folder = try Folder()
    folder.write([], to: "e.db")

    try expectRefusal(.empty, folder, "e.db")
  }

  @Test("a directory")
  func directory() throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(
      atPath: folder.file("d"), withIntermediateDirectories: false)

    try expectRefusal(.directory, folder, "d")
  }

  @Test("a device")
  func device() {
    #expect { try ResultsStore(path: "/dev/null") } throws: {
      ($0 as? StoreProblem)?.kind == .notRegularFile
    }
  }

  @Test("a stream, by the word for one or by the name that the system gives it")
  func stream() {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { ends.forEach { close($0) } }

    for path in ["-", "/dev/fd/\(ends[1])"] {
      #expect { try ResultsStore(path: path) } throws: {
        ($0 as? StoreProblem)?.kind == .notRegularFile
      }
    }
  }

  @Test("a missing file is answered with the command that makes it")
  func maker() throws {
    let folder = try Folder()
    let problem = #expect(throws: StoreProblem.self) {
      try ResultsStore(path: folder.file("none.db"), mode: .read, maker: "dsv3sim moe trace")
    }

    #expect(problem?.kind == .missing && problem?.remedy == "make it with: dsv3sim moe trace")
  }

  @Test("a missing folder cannot hold a file")
  func missingFolder() throws {
    let folder = try Folder()

    #expect { try ResultsStore(path: folder.file("no/r.db")) } throws: {
      let problem = $0 as? StoreProblem
      return problem?.kind == .unwritableFolder && problem?.exitStatus == .file
    }
  }

  @Test("a missing file is not created by reading, nor yet by opening it for writing")
  func missing() throws {
    let folder = try Folder()

    #expect { try ResultsStore(path: folder.file("r.db"), mode: .read) } throws: {
      let problem = $0 as? StoreProblem
      return problem?.kind == .missing && problem?.exitStatus == .noInput
    }
    let store = try ResultsStore(path: folder.file("r.db"))
    #expect(throws: StoreProblem.self) { try store.runs() }
    #expect(folder.names.isEmpty)
  }

  @Test(
    "a file or folder without permission is reported by name",
    .disabled(if: geteuid() == 0, "root may write everywhere"))
  func permissions() throws {
    let folder = try Folder()
    _ = try resultsFile(folder)
    chmod(folder.file("good.db"), 0o444)
    chmod(folder.path, 0o555)
    defer { chmod(folder.path, 0o755) }

    #expect { try ResultsStore(path: folder.file("good.db")) } throws: {
      ($0 as? StoreProblem)?.kind == .readOnlyFile
    }
    #expect { try ResultsStore(path: folder.file("new.db")) } throws: {
      ($0 as? StoreProblem)?.kind == .unwritableFolder
    }
    #expect(try ResultsStore(path: folder.file("good.db"), mode: .read).runs().count == 1)
  }
}
