// What lies beyond the clock, and cases whose values cannot be simulated.

import Foundation
import Testing
import Units

@testable import Service

@Suite("Limits of a service")
struct ClockTests {
  @Test("a step that would end beyond the clock stops its unit, and is noted", arguments: [0, 1])
  func steps(isLogged: Int) {
    var service = RandomService(seed: 3)
    service.law = LinearLaw(
      law: ServiceCase.Law(a: 1_000_000_000_000, b: 1, c: 1, d: 1, e: 0))

    let engine = service.run(isLogged: isLogged == 1)

    #expect(engine.isBeyondClock == true)
    #expect(engine.endedCount < engine.requests.count)
    #expect(engine.now <= ServiceClock.end)
  }

  @Test("of steps that are alike, as many run as one as the clock has room for")
  func series() {
    let line = StepSeries(start: 1_000, perToken: 10, limit: .max)

    #expect(line.steps(upTo: 50, rows: 0, in: SimDuration(picoseconds: 20_000)) == 20)
    #expect(line.steps(upTo: 50, rows: 2, in: SimDuration(picoseconds: 1)) == 1)
    let steps = line.steps(upTo: 1_000_000, rows: 64, in: SimDuration(picoseconds: .max))
    #expect(line.total(steps: steps, rows: 64) > 0)
  }

  @Test("waits before retries grow to the longest and no further")
  func backoff() {
    var failures = FailureSpec()
    failures.backoff = SimDuration(seconds: 8_000_000)
    failures.longestBackoff = SimDuration(seconds: 8_600_000)
    failures.backoffFactor = 1_000

    #expect(failures.delay(ofRetry: 0) == failures.backoff)
    #expect(failures.delay(ofRetry: 5) == failures.longestBackoff)
  }

  /// A case that is valid but for what is replaced.
  private func problem(replacing text: String, by other: String) throws -> ServiceCase.Problem? {
    let valid = """
      {"name": "x", "law": {"a": 1000, "b": 10, "c": 100, "d": 1, "e": 0}, "mode": "pull",
      "transfer": {"latency": 1, "per_token": 2}, "lockstep": false, "detect": 5,
      "instances": [
      {"policy": "vllm", "role": "prefill", "blocks": 8, "block_size": 4, "max_seqs": 2,
      "drafts": 0},
      {"policy": "vllm", "role": "decode", "blocks": 8, "block_size": 4, "max_seqs": 2}],
      "requests": [{"id": "A", "arrival": 0, "prompt": 8, "output": 3, "group": "g", "shared": 8,
      "accept": [1]}]}
      """
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let data = Data(valid.replacingOccurrences(of: text, with: other).utf8)
    return try decoder.decode(ServiceCase.self, from: data).problem
  }

  @Test(
    "a value that would overflow or contradict another is refused by its path",
    arguments: [
      ("\"a\": 1000", "\"a\": -1", "law.a"),
      ("\"d\": 1,", "\"d\": 9000000000000000000,", "law.d"),
      ("\"per_token\": 2", "\"per_token\": 100001", "transfer.per_token"),
      ("\"detect\": 5", "\"detect\": -5", "detect"),
      ("\"drafts\": 0", "\"drafts\": -1", "instances[0].drafts"),
      ("\"lockstep\": false", "\"lockstep\": true", "lockstep"),
      ("\"mode\": \"pull\"", "\"mode\": \"push\"", "instances[0].policy"),
      ("\"shared\": 8", "\"shared\": 9", "requests[0].shared"),
      ("\"accept\": [1]", "\"accept\": [-1]", "requests[0].accept"),
      ("\"prompt\": 8", "\"prompt\": 1000001", "requests[0].prompt"),
    ])
  func refusals(text: String, other: String, path: String) throws {
    #expect(try problem(replacing: "absent", by: "") == nil)
    #expect(try problem(replacing: text, by: other)?.path == path)
  }
}
