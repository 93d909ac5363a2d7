// Inputs that are read again and again need no more memory than before.

import CAllocationCount
import Foundation
import Testing
import Text

@testable import Fuzzing

@Suite("Memory of the fuzzer's targets")
struct LeakTests {
  /// Bytes that executions may keep. GRDB has a dispatch queue for each connection, the engine for
  /// its workers; libdispatch keeps 64 bytes of each that has ended, for later ones.
  private static func limit(of target: FuzzTarget, executions: Int) -> Int {
    let hasQueues = [.results, .traces, .pages, .query, .checkpoint].contains(target)
    return (hasQueues ? 65_536 : 0) + 16 * executions
  }

  @Test(
    "does not grow from round to round", .enabled(if: allocation_count_is_available() != 0))
  func rounds() async {
    // A process of its own, where no other test allocates.
    // Before other tests that wait for a core: a thread spins until the exit is noticed.
    await Task(priority: .high) {
      await #expect(processExitsWith: .success) {
        allocation_count_bytes()
        for target in FuzzTarget.allCases {
          let files = try KeptInput.seeds(of: target) + KeptInput.crashes(of: target)
          let inputs = try files.map { [UInt8](try Data(contentsOf: $0)) }
          try KeptInput.onBench { bench in
            func rounds(_ count: Int) {
              for _ in 0..<count { for input in inputs { _ = target.finding(input, on: bench) } }
            }
            rounds(2)
            let before = allocation_bytes_in_use()

            rounds(4)

            let kept = Int(allocation_bytes_in_use() - before)
            let limit = Self.limit(of: target, executions: 4 * inputs.count)
            #expect(kept < limit, "\(target): \(kept) bytes of \(limit)")
          }
        }
      }
    }.value
  }

  @Test(
    "of files that are complete or given up is free again",
    .enabled(if: allocation_count_is_available() != 0))
  func unfinishedFiles() async {
    // Before other tests that wait for a core: a thread spins until the exit is noticed.
    await Task(priority: .high) {
      await #expect(processExitsWith: .success) {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func files(_ count: Int) throws {
          for turn in 0..<count {
            let file = try UnfinishedFile(for: folder.appending(path: "file").path)
            if turn % 2 == 0 { file.remove() } else { _ = file.replaceTarget() }
          }
        }
        allocation_count_bytes()
        try files(10)
        let before = allocation_bytes_in_use()

        try files(100)

        #expect(allocation_bytes_in_use() - before < 1_000)
      }
    }.value
  }
}
