// What disks do to results files: operations that fail, each in turn, and power that fails between
// any two writes. A file then opens with whole runs only, and the program says what happened.

import Foundation
import GRDB
import Recording
import Testing

@testable import ResultsStore

@Suite("A disk that fails", .serialized)
struct DiskFaultTests {
  /// Turns from one that fails to the next; `make soak` takes all.
  private static let stride =
    ProcessInfo.processInfo.environment["DISK_FAULTS"] == "all" ? 1 : 5

  /// What is done with a file while the disk fails.
  enum Work: String, CaseIterable, Sendable {
    case first, second, comparison, migration
  }

  private static let head = ExperimentHead(kind: "compare", name: "a", hash: "ab", trialCount: 2)
  private static let trials = [
    TrialRecord(index: 0, parameters: [(key: "a", value: "1")], outcome: .ran(sampleRecord())),
    TrialRecord(index: 1, parameters: [(key: "a", value: "2")], outcome: .ran(sampleRecord())),
  ]

  /// A folder with what the work finds there.
  private func folder(_ work: Work) throws -> Folder {
    let folder = try Folder()
    switch work {
    case .first: break
    case .second, .comparison:
      try ResultsStore(path: folder.file("a.db")).write(sampleRecord(), clock: sampleClock)
    case .migration:
      let old = try DatabaseQueue(path: folder.file("a.db"))
      try old.write { database in
        try Schema.migrate(database, from: 0, to: 1)
        try database.execute(
          sql: "INSERT INTO run VALUES (NULL, 'n', '', '', '0', '', '', '', 'complete')")
      }
      try old.close()
    }
    return folder
  }

  private func perform(_ work: Work, in folder: Folder) throws {
    let store = try ResultsStore(path: folder.file("a.db"))
    guard work == .comparison else {
      try store.write(sampleRecord(), clock: sampleClock)
      return
    }
    let id = try store.begin(Self.head)
    for trial in Self.trials { try store.write(trial, of: id, clock: sampleClock) }
  }

  /// Reads the file and checks that its runs are whole.
  ///
  /// - Returns: the number of runs; nil if there is no file.
  private func runs(in folder: Folder, _ work: Work, _ place: Comment) throws -> Int? {
    guard folder.names.contains("a.db") else { return nil }
    let queue = try DatabaseQueue(path: folder.file("a.db"))
    let check = try queue.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
    try queue.close()
    #expect(check == "ok", place)
    let store = try ResultsStore(path: folder.file("a.db"), mode: .read)
    let runs = try store.runs()
    for run in runs.dropFirst(work == .migration ? 1 : 0) {
      let (found, whole) = (try store.record(of: run.id)?.result, sampleRecord().result)
      #expect(found?.metrics == whole.metrics && found?.spans == whole.spans, place)
      #expect(found?.requests == whole.requests && found?.run == whole.run, place)
    }
    return runs.count
  }

  @Test(
    "leaves whole runs and a message, whichever operation fails",
    arguments: Work.allCases, DiskOperation.allCases)
  func faults(work: Work, operation: DiskOperation) throws {
    let before = work == .first ? 0 : 1
    let added = work == .comparison ? 2 : 1
    var turns = 0
    for lasts in [false, true] {
      for turn in Swift.stride(from: 1, to: .max, by: Self.stride) {
        let folder = try folder(work)
        let place: Comment = "\(work), \(operation) \(turn), lasting: \(lasts)"
        FaultyDisk.shared.fail(operation, turn, lasts: lasts, in: folder.path)

        let problem: (any Error)?
        do {
          try perform(work, in: folder)
          problem = nil
        } catch { problem = error }

        guard FaultyDisk.shared.heal(folder.path).failed else {
          #expect(problem == nil, place)
          break
        }
        turns += 1
        let found = try runs(in: folder, work, place) ?? 0
        if let problem {
          let kinds: [StoreProblem.Kind] =
            operation == .open ? [.unwritableFolder, .inputOutput] : [.inputOutput]
          let kind = (problem as? StoreProblem)?.kind
          #expect(kind.map { kinds.contains($0) } ?? false, "\(place): \(problem)")
          #expect((before...before + added).contains(found), place)
        } else {
          #expect(found == before + added, place)
        }
        #expect(folder.names.allSatisfy { $0.hasPrefix("a.db") }, "\(place): \(folder.names)")
        // The next one finds nothing that is in its way.
        try perform(work, in: folder)
        #expect(try runs(in: folder, work, place) ?? 0 > before, place)
      }
    }
    print("disk faults: \(work), \(turns) times a failed \(operation)")
    #expect(turns > 0, "\(work), \(operation)")
  }

  @Test("that loses its power between any two writes leaves whole runs", arguments: [false, true])
  func power(losesUnsynced: Bool) throws {
    let folder = try folder(.second)
    let start = try FileManager.default.contentsOfDirectory(atPath: folder.path).map {
      (name: $0, bytes: folder.bytes($0))
    }
    FaultyDisk.shared.fail(nil, in: folder.path)
    let store = try ResultsStore(path: folder.file("a.db"))
    for _ in 0..<3 { try store.write(sampleRecord(), clock: sampleClock) }
    let events = FaultyDisk.shared.heal(folder.path).events

    #expect(events.count > 20)
    var counts: Set<Int> = []
    for length in 0...events.count {
      let rest = try Folder()
      for (name, bytes) in start where !name.hasSuffix("-shm") { rest.write(bytes, to: name) }
      let kept = losesUnsynced ? Self.surviving(events[..<length]) : Array(events[..<length])
      Self.replay(kept, in: rest)

      counts.insert(try #require(try runs(in: rest, .second, "after \(length) operations")))
    }
    #expect(counts.isSubset(of: [1, 2, 3, 4]) && counts.contains(1))
    #expect(losesUnsynced || counts == [1, 2, 3, 4])
  }

  /// The operations that have surely reached the disk, and of the others every second one.
  private static func surviving(_ events: ArraySlice<DiskEvent>) -> [DiskEvent] {
    var synced: [String: Int] = [:]
    for (place, event) in events.enumerated() {
      if case .sync(let name) = event { synced[name] = place }
    }
    return events.enumerated().filter { place, event in
      switch event {
      case .write(let name, _, _): place < synced[name] ?? -1 || place % 2 == 0
      default: true
      }
    }.map(\.element)
  }

  private static func replay(_ events: [DiskEvent], in folder: Folder) {
    var files: [String: [UInt8]] = [:]
    func content(_ name: String) -> [UInt8] { files[name] ?? folder.bytes(name) }
    for event in events {
      switch event {
      case .write(let name, let offset, let bytes):
        var content = content(name)
        let end = Int(offset) + bytes.count
        if content.count < end {
          content += Array(repeating: 0, count: end - content.count)
        }
        content.replaceSubrange(Int(offset)..<end, with: bytes)
        files[name] = content
      case .truncate(let name, let size): files[name] = Array(content(name).prefix(Int(size)))
      case .sync: break
      case .delete(let name): files[name] = []
      }
    }
    for (name, bytes) in files { folder.write(bytes, to: name) }
  }
}
