import Testing
import Units

@testable import Service

@Suite("ServeGen clients")
struct ServeGenTests {
  private func client(_ number: Int) throws -> ServeGenClient {
    try ServeGenClient(
      trace: sample("servegen/chunk-\(number)-trace.csv"), traceFile: "t",
      dataset: sample("servegen/chunk-\(number)-dataset.json"), datasetFile: "d")
  }

  private func trace(
    _ change: (inout TraceOptions) -> Void = { _ in }, seed: UInt64 = 1
  ) throws -> RequestTrace {
    var options = TraceOptions()
    change(&options)
    return try RequestTrace(
      clients: [client(0), client(1)], folder: "f", options: options, seed: seed)
  }

  @Test("clients send as many requests as their rates say, each with its own lengths")
  func counts() throws {
    // Mean of 40 seeds: 2 x 600 + 4 x 600 and 0.5 x 1200 requests; with cv 2 and 2,400 requests,
    // one count has a deviation of 2 x sqrt(2400) = 98.
    var first = 0
    var second = 0
    for seed in 1...40 {
      let requests = try trace(seed: UInt64(seed)).requests
      #expect(zip(requests, requests.dropFirst()).allSatisfy { $0.arrival <= $1.arrival })
      first += requests.count { $0.prompt >= 100 }
      second += requests.count { $0.prompt == 7 }
    }

    #expect(abs(Double(first) / 40 - 3600) < 4 * 110 / 40.0.squareRoot())
    #expect(abs(Double(second) / 40 - 600) < 4 * 25 / 40.0.squareRoot())
  }

  @Test("lengths have their shares; a window without lengths takes those before it")
  func lengths() throws {
    let requests = try trace().requests
    let long = requests.filter { $0.prompt >= 100 }

    #expect(long.allSatisfy { $0.output == 10 && [100, 200].contains($0.prompt) })
    #expect(abs(Double(long.count { $0.prompt == 200 }) / Double(long.count) - 0.75) < 0.04)
    #expect(!requests.contains { (600..<1200).contains($0.arrival.seconds) && $0.prompt >= 100 })
    #expect(requests.contains { $0.arrival.seconds >= 1200 })
  }

  @Test("a part, a factor of the rate and a limit")
  func options() throws {
    let all = try trace().requests
    let part = try trace {
      $0.start = 300
      $0.duration = 200
    }.requests

    let expected = all.filter { (300..<500).contains($0.arrival.seconds) }
    #expect(part.map(\.prompt) == expected.map(\.prompt))
    #expect(
      abs(Double(try trace { $0.scale = 3 }.requests.count) / Double(3 * all.count) - 1) < 0.1)
    #expect(try trace { $0.limit = 17 }.requests == Array(all.prefix(17)))
  }

  @Test("more requests than the memory holds are refused before they are drawn")
  func tooMany() {
    let problem = #expect(throws: RequestTraceProblem.self) { try trace { $0.scale = 1e6 } }

    #expect(
      problem?.explanations.first?.message
        == "its clients send 4200000000 requests in the part to use")
  }

  static let refused: [(rates: String, lengths: String, message: String)] = [
    ("", "{}", "t: is empty"),
    ("0,a,1,,0,0", "{}", "t:1: \"0,a,1,,0,0\" is not a window of a client"),
    ("0,1,1,,0,0\n0,1,1,,0,0", "{}", "t:2: the window at 0 s does not come after the last"),
    ("0,1,1,Gamma,1,1", "{}", "d: has no lengths of requests"),
    ("0,1,1,Gamma,1,1", "{\"x\": {}}", "d: \"x\" is not a time"),
    ("0,1,1,Gamma,1,1", "{\"0\": 5}", "d: is not JSON"),
    ("0,1,1,Gamma,1,1", "{\"0\": {\"input_tokens\": \"{0: 1}\"}}", "d: \"0: 1}\" is not a length"),
    ("0,1,1,Gamma,1,1", "{\"0\": {\"input_tokens\": \"{5: x}\"}}", "d: the share of length 5"),
  ]

  @Test("refusals name the file and the word", arguments: refused)
  func refusal(rates: String, lengths: String, message: String) throws {
    let problem = #expect(throws: RequestTraceProblem.self) {
      try ServeGenClient(
        trace: Array(rates.utf8), traceFile: "t", dataset: Array(lengths.utf8), datasetFile: "d")
    }

    let text = try #require(problem?.explanations.first).text
    #expect(text.hasPrefix(message), "\(text)")
  }
}
