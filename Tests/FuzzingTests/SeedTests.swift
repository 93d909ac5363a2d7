// Every input that the repository keeps, read as the fuzzer reads it: seeds, the files that are
// borrowed as seeds, and what once crashed.

import Foundation
import Testing

@testable import Fuzzing

@Suite("Inputs of the fuzzer")
struct SeedTests {
  @Test("are taken or refused as they should be", arguments: FuzzTarget.allCases)
  func inputs(target: FuzzTarget) throws {
    let seeds = try KeptInput.seeds(of: target)
    #expect(!seeds.isEmpty)

    try KeptInput.onBench { bench in
      for file in seeds + KeptInput.crashes(of: target) {
        let finding = target.finding([UInt8](try Data(contentsOf: file)), on: bench)

        #expect(finding == nil, "\(file.path)")
      }
    }
  }

  @Test("the targets are those that the script runs, and all others have seeds of their own")
  func targets() throws {
    let script = try KeptInput.text("Fuzz/run")
    let known = Set(FuzzTarget.allCases.map(\.rawValue))

    #expect(script.contains("Sources/Fuzzing/FuzzTarget.swift"))
    let folders = KeptInput.files("Fuzz/seeds").map(\.lastPathComponent)
    #expect(Set(folders).isSubset(of: known))
  }

  @Test("seeds are small")
  func sizes() throws {
    let sizes = try FuzzTarget.allCases.flatMap { KeptInput.files("Fuzz/seeds/\($0.rawValue)") }
      .map { try Data(contentsOf: $0).count }

    #expect(sizes.reduce(0, +) < 50_000)
  }
}

@Suite("Findings of the fuzzer")
struct FindingTests {
  @Test("what is neither taken nor refused is a finding")
  func findings() throws {
    let folder = FileManager.default.temporaryDirectory
    let bench = FuzzBench(folder: folder.path, scenarios: "scenarios/")

    #expect(FuzzTarget.quantity.finding(Array("\0".utf8) + Array("80 GiB".utf8), on: bench) == nil)
    #expect(FuzzTarget.quantity.finding(Array("\0GiB".utf8), on: bench) == nil)
    let nowhere = FuzzBench(folder: "/no/such/folder", scenarios: "")
    #expect(FuzzTarget.query.finding(Array("SELECT 1".utf8), on: nowhere) != nil)
  }
}
