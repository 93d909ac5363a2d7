import Foundation
import Testing
import Units

@testable import Service

@Suite("The public traces")
struct PublicTraceTests {
  @Test(
    "Mooncake's conversation has 12,031 requests of an hour",
    .enabled(if: PublicTraces.has("mooncake_conversation.jsonl")))
  func mooncake() throws {
    let trace = try RequestTrace(PublicTraces.bytes("mooncake_conversation.jsonl"), file: "m")

    #expect(trace.requests.count == 12_031)
    #expect(trace.format == .mooncake)
    #expect(trace.requests.last.map { (3536.9...3540).contains($0.arrival.seconds) } == true)
    #expect(
      trace.requests.allSatisfy { $0.content?.segments.count == ($0.prompt + 511) / 512 })
    #expect(trace.requests.first?.prompt == 6758)
  }

  @Test(
    "Azure's code trace has 8,819 requests",
    .enabled(if: PublicTraces.has("azure_2023_code.csv")))
  func azure() throws {
    let trace = try RequestTrace(PublicTraces.bytes("azure_2023_code.csv"), file: "z")

    #expect(trace.requests.count == 8819)
    #expect(trace.requests[1].arrival.picoseconds == 52_000_000_000)
    // The README of the traces: gaps have a coefficient of variation of 13.
    let gaps = zip(trace.requests, trace.requests.dropFirst()).map {
      ($1.arrival - $0.arrival).seconds
    }
    let mean = gaps.reduce(0, +) / Double(gaps.count)
    let square = gaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(gaps.count)
    #expect((12.5...13.5).contains(square.squareRoot() / mean))
  }

  @Test(
    "the first hour of ServeGen's DeepSeek-R1 day has the requests of its rates",
    .enabled(if: PublicTraces.has("servegen/deepseek-r1.tar.gz")))
  func servegen() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "servegen-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = [
      "tar", "xzf", PublicTraces.path("servegen/deepseek-r1.tar.gz").path, "-C", folder.path,
      "--strip-components=2",
    ]
    try tar.run()
    tar.waitUntilExit()
    func bytes(_ name: String) throws -> [UInt8] {
      [UInt8](try Data(contentsOf: folder.appending(path: name)))
    }
    let clients = try (0..<73).map { number in
      try ServeGenClient(
        trace: bytes("chunk-\(number)-trace.csv"), traceFile: "t",
        dataset: bytes("chunk-\(number)-dataset.json"), datasetFile: "d")
    }
    var options = TraceOptions()
    options.duration = 3600

    let trace = try RequestTrace(clients: clients, folder: "f", options: options, seed: 1)

    let rates = clients.map { $0.windows.prefix(6).reduce(0) { $0 + $1.rate * 600 } }
    // Clients are bursty: six standard deviations of a Poisson count.
    let expected = rates.reduce(0, +)
    #expect(abs(Double(trace.requests.count) - expected) < 6 * expected.squareRoot())
  }
}
