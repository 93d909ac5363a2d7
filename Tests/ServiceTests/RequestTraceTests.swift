import Testing
import Units

@testable import Service

@Suite("Request traces")
struct RequestTraceTests {
  private func read(
    _ name: String, _ change: (inout TraceOptions) -> Void = { _ in }
  ) throws -> RequestTrace {
    var options = TraceOptions()
    change(&options)
    return try RequestTrace(sample(name), file: name, options: options)
  }

  private func seconds(_ trace: RequestTrace) -> [Double] {
    trace.requests.map { $0.arrival.seconds }
  }

  @Test("Mooncake: milliseconds, segments of 512 tokens, equal stamps spread over their interval")
  func mooncake() throws {
    let trace = try read("mooncake.jsonl")

    #expect(trace.format == .mooncake)
    #expect(seconds(trace) == [0, 1.5, 3, 12])
    #expect(trace.requests.map(\.prompt) == [1100, 512, 700, 90])
    #expect(trace.requests.map(\.output) == [52, 3, 18, 1])
    #expect(
      trace.requests.map(\.content) == [
        PromptContent(segments: [7, 8, 9], segmentLength: 512),
        PromptContent(segments: [7], segmentLength: 512),
        PromptContent(segments: [7, 10], segmentLength: 512), nil,
      ])
    #expect(seconds(try read("mooncake.jsonl") { $0.spreads = false }) == [0, 0, 3, 12])
  }

  @Test("Bailian: seconds, segments of 16 tokens, sessions by their first chat, classes by type")
  func bailian() throws {
    let trace = try read("bailian.jsonl")

    #expect(trace.format == .bailian)
    #expect(seconds(trace) == [61.25, 61.5, 70.125, 90])
    #expect(trace.requests.map(\.session) == [5, 9, 5, 5])
    #expect(trace.classes == ["text", "search"])
    #expect(trace.requests.map(\.trafficClass) == [0, 1, 0, 0])
    #expect(
      trace.requests[2].content == PromptContent(segments: [1, 2, 3, 5, 6], segmentLength: 16))
  }

  @Test("Azure: dates with seven digits across a leap day, CRLF, no end of the last line")
  func azure() throws {
    let trace = try read("azure.csv")

    #expect(trace.format == .azure)
    #expect(
      trace.requests.map(\.arrival.picoseconds) == [
        0, 499_999_900_000, 86_400_499_999_900_000 + 200_000,
      ])
    #expect(trace.requests.map(\.prompt) == [100, 200, 300])
    #expect(trace.requests.map(\.output) == [10, 20, 30])
  }

  @Test("BurstGPT: requests without a response are left out and counted")
  func burstgpt() throws {
    let trace = try read("burstgpt.csv")

    #expect(trace.format == .burstgpt)
    #expect(trace.failedRows == 1)
    #expect(seconds(trace) == [5, 45, 46])
    #expect(trace.requests.map(\.prompt) == [472, 417, 30])
  }

  @Test("simple CSV: classes, sessions and priorities, after a byte order mark")
  func simple() throws {
    let trace = try read("simple.csv")

    #expect(trace.format == .csv)
    #expect(seconds(trace) == [0, 0.25, 0.5])
    #expect(trace.classes == ["chat", "batch"])
    #expect(trace.requests.map(\.trafficClass) == [0, 1, 0])
    #expect(trace.requests.map(\.session) == [0, 1, 0])
    #expect(trace.requests.map(\.priority) == [0, 5, -1])
  }

  @Test("a part, a factor of the rate and a limit")
  func options() throws {
    #expect(seconds(try read("simple.csv") { $0.scale = 2 }) == [0, 0.125, 0.25])
    #expect(seconds(try read("simple.csv") { $0.start = 0.25 }) == [0, 0.25])
    #expect(seconds(try read("simple.csv") { $0.duration = 0.5 }) == [0, 0.25])
    #expect(seconds(try read("simple.csv") { $0.limit = 1 }) == [0])
  }

  @Test("rows of public traces that cross are put in order")
  func crossed() throws {
    let header = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    let crossed = try trace(header + "2024-01-01 00:00:02,2,1\n2024-01-01 00:00:01,1,1\n")

    #expect(crossed.requests.map(\.prompt) == [1, 2])
    #expect(seconds(crossed) == [0, 1])
  }

  static let header = "arrival_s,prompt_tokens,output_tokens\n"

  static let refused: [(text: String, message: String)] = [
    ("", "a: is empty"),
    ("\r\n \n", "a: is empty"),
    ("time;tokens\n1;2\n", "a:1: \"time;tokens\" begins no known trace"),
    (header, "a: has no requests"),
    ("arrival_s,prompt_tokens\n1,2\n", "a:1: has no column \"output_tokens\""),
    (header + "0,1\n", "a:2: has 2 columns"),
    (header + "0,0,5\n", "a:2: prompt_tokens: \"0\" is out of range"),
    (header + "0,5,-1\n", "a:2: output_tokens: \"-1\" is out of range"),
    (header + "0,5,1e30\n", "a:2: output_tokens: \"1e30\" is out of range"),
    (header + "0,5,many\n", "a:2: output_tokens: \"many\" is not a number of tokens"),
    (header + "0,5,1.5\n", "a:2: output_tokens: \"1.5\" is not a number of tokens"),
    (header + "noon,5,1\n", "a:2: \"noon\" is not a time"),
    (header + "-1,5,1\n", "a:2: \"-1\" is not a time"),
    (header + "2,5,1\n1,5,1\n", "a:3: \"1\" is before the 2 of the row above"),
    (header + "99999999,5,1\n", "a: has a request after 1157 days"),
    (header + "1e30,5,1\n", "a:2: \"1e30\" is not a time"),
    (
      "TIMESTAMP,ContextTokens,GeneratedTokens\n2024-13-01 00:00:00,1,1\n",
      "a:2: \"2024-13-01 00:00:00\" is not a date and time"
    ),
    ("{\"timestamp\": 0, \"input_length\": 5", "a:1: the line ends inside of its object"),
    (
      "{\"timestamp\": 0, \"input_length\": 5} x",
      "a:1: \"x\" is not where JSON goes on"
    ),
    (
      "{\"timestamp\": -1, \"input_length\": 5, \"output_length\": 5}",
      "a:1: timestamp is missing, negative or no number"
    ),
    (
      "{\"timestamp\": 0, \"input_length\": 0, \"output_length\": 5}",
      "a:1: input_length: \"0\" is out of range"
    ),
    (
      "{\"timestamp\": 0, \"input_length\": 5, \"output_length\": 5, \"hash_ids\": [1, 2]}",
      "a:1: 2 hash_ids for 5 tokens"
    ),
    (
      "{\"timestamp\": 0, \"input_length\": 5, \"output_length\": 5, \"hash_ids\": [4294967296]}",
      "a:1: \"4294967296]}\" is not where JSON goes on"
    ),
  ]

  @Test("refusals name the file, the line and the word", arguments: refused)
  func refusal(text: String, message: String) throws {
    let found = try #require(refusals(text).first)

    #expect(found.hasPrefix(message), "\(found)")
  }

  @Test("the first ten problems of a file are reported at once")
  func many() {
    let rows = (0..<20).map { "\($0),0,1\n" }.joined()

    #expect(refusals(Self.header + rows).count == 10)
  }

  @Test("broken files are refused or read, and nothing else happens", arguments: 1...8)
  func broken(seed: UInt64) throws {
    var random = RandomStream(seed: seed, purpose: RandomPurpose("test.broken"))
    let samples = try [
      "mooncake.jsonl", "bailian.jsonl", "azure.csv", "burstgpt.csv", "simple.csv",
    ]
    .map(sample)
    let words = Array("{}[]\",:\\-+.eE09\n\r ".utf8)
    for _ in 0..<200 {
      var bytes = samples[random.index(below: samples.count)]
      for _ in 0...random.index(below: 4) {
        let place = random.index(below: bytes.count)
        switch random.index(below: 3) {
        case 0: bytes[place] = words[random.index(below: words.count)]
        case 1: bytes.insert(words[random.index(below: words.count)], at: place)
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { break }
      }
      do {
        let trace = try RequestTrace(bytes, file: "a")
        #expect(trace.requests.allSatisfy { $0.prompt > 0 && $0.output > 0 && $0.arrival >= .zero })
      } catch {
        #expect(!error.explanations.isEmpty, "seed \(seed)")
      }
    }
  }

  @Test("a format that is named is not recognised again")
  func named() {
    var options = TraceOptions()
    options.format = .azure

    #expect(
      refusals(Self.header + "0,1,1\n", options).first?.hasPrefix("a:1: has no column") == true)
  }
}
