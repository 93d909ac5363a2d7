// One request alone in a service takes exactly the sum of its steps and transfers, computed here
// from the law.

import Testing
import Units

@testable import Service

@Suite("One request alone")
struct AloneTests {
  /// A request and a service, drawn at random.
  private struct Alone {
    let a: Int
    let b: Int
    let c: Int
    let d: Int
    let latency: Int
    let perToken: Int
    let chunk: Int
    let page: Int
    let prompt: Int
    let output: Int
    let arrival: Int

    init(seed: Int) {
      var random = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("test.alone"))
      func up(to most: Int) -> Int { random.index(below: most + 1) }
      (a, b, c, d) = (1 + up(to: 1_000), up(to: 20), up(to: 200), up(to: 3))
      (latency, perToken) = (up(to: 500), up(to: 20))
      page = 1 << up(to: 4)
      chunk = page * (1 + up(to: 30))
      (prompt, output) = (1 + up(to: 200), 1 + up(to: 60))
      arrival = up(to: 10_000)
    }

    func step(prefill: Int = 0, rows: Int = 0, context: Int) -> Int {
      a + b * prefill + c * rows + d * context
    }

    /// Steps that make tokens one by one, from a number of cached tokens on.
    func decoding(_ count: Int, context: Int) -> Int {
      (0..<max(0, count)).reduce(0) { $0 + step(rows: 1, context: context + $1) }
    }

    /// Steps of a prompt in pieces, with the tokens of each.
    ///
    /// - Parameter countsLastAsDecode: vLLM's last token of a prompt, if it is alone, is a row like
    ///   those of decoding.
    func pieces(of chunk: Int, countsLastAsDecode: Bool = false) -> [(tokens: Int, time: Int)] {
      stride(from: 0, to: prompt, by: chunk).map { done in
        let tokens = min(chunk, prompt - done)
        let isRow = countsLastAsDecode && prompt - done == 1
        return (
          tokens, step(prefill: isRow ? 0 : tokens, rows: isRow ? 1 : 0, context: done)
        )
      }
    }

    /// Runs the request; the time of its first and last token after its arrival, in microseconds.
    func run(
      _ policy: SchedulerSpec.Policy, _ handover: Handover? = nil, isLogged: Bool
    ) throws -> (first: Int, last: Int) {
      var spec = SchedulerSpec(policy: policy, seats: 4)
      (spec.tokenBudget, spec.chunk) = (chunk, chunk)
      let roles: [PoolSpec.Role] = handover == nil ? [.colocated] : [.prefill, .decode]
      var setup = ServiceSetup(
        instances: roles.map {
          ServiceSetup.InstanceSetup(
            role: $0, scheduler: spec, blocks: 8_192 / page, blockSize: page)
        },
        units: roles.indices.map { ServiceSetup.UnitSetup(pool: $0, instances: $0..<$0 + 1) },
        pools: roles.map { ServiceSetup.PoolSetup(name: $0.rawValue, role: $0, gpusPerUnit: 1) })
      setup.handover = handover ?? .pull
      var engine = ServiceEngine(
        setup, requests: [ServiceRequest(arrival: at(arrival), prompt: prompt, output: output)],
        laws: roles.map { _ in LinearLaw(law: ServiceCase.Law(a: a, b: b, c: c, d: d, e: 0)) },
        carrier: FixedCarrier(
          latency: ServiceCase.duration(latency), perToken: ServiceCase.duration(perToken)),
        isLogged: isLogged)
      engine.run()
      let outcome = engine.outcomes[0]
      #expect(outcome.end == .finished && outcome.tokens == output)
      func microseconds(_ duration: SimDuration?) throws -> Int {
        let picoseconds = try #require(duration).picoseconds
        #expect(picoseconds % 1_000_000 == 0)
        return Int(picoseconds / 1_000_000)
      }
      return (
        try microseconds(outcome.timeToFirstToken), try microseconds(outcome.endToEnd)
      )
    }
  }

  @Test("fcfs: the prompt in one step, then the outputs", arguments: 0..<60)
  func firstCome(seed: Int) throws {
    let alone = Alone(seed: seed)
    let (first, last) = try alone.run(.fcfs, isLogged: seed % 2 == 0)

    #expect(first == alone.step(prefill: alone.prompt, context: 0))
    #expect(last == first + alone.decoding(alone.output - 1, context: alone.prompt))
  }

  @Test("vllm: the prompt in pieces of the budget, then the outputs", arguments: 0..<60)
  func chunked(seed: Int) throws {
    let alone = Alone(seed: seed)
    let (first, last) = try alone.run(.vllm, isLogged: seed % 2 == 0)

    let pieces = alone.pieces(of: alone.chunk, countsLastAsDecode: true)
    #expect(first == pieces.reduce(0) { $0 + $1.time })
    #expect(last == first + alone.decoding(alone.output - 1, context: alone.prompt))
  }

  @Test("sglang: the prompt in chunks, then the outputs", arguments: 0..<60)
  func prefillFirst(seed: Int) throws {
    let alone = Alone(seed: seed)
    let (first, last) = try alone.run(.sglang, isLogged: seed % 2 == 0)

    #expect(first == alone.pieces(of: alone.chunk).reduce(0) { $0 + $1.time })
    #expect(last == first + alone.decoding(alone.output - 1, context: alone.prompt))
  }

  @Test(
    "pull: the prompt, the load, and the last token of the prompt once more", arguments: 0..<60)
  func pull(seed: Int) throws {
    let alone = Alone(seed: seed)
    let (first, last) = try alone.run(.vllm, .pull, isLogged: seed % 2 == 0)

    let prefill = alone.pieces(of: alone.chunk, countsLastAsDecode: true)
      .reduce(0) { $0 + $1.time }
    let load = alone.latency + alone.perToken * alone.prompt
    let again = alone.step(rows: 1, context: alone.prompt - 1)
    #expect(first == prefill + load + again)
    #expect(last == first + alone.decoding(alone.output - 1, context: alone.prompt))
  }

  @Test("push: each chunk is sent when its step has ended, one after another", arguments: 0..<60)
  func push(seed: Int) throws {
    let alone = Alone(seed: seed)
    let (first, last) = try alone.run(.sglang, .push, isLogged: seed % 2 == 0)

    var (computed, sent) = (0, 0)
    for piece in alone.pieces(of: alone.chunk) {
      computed += piece.time
      sent = max(sent, computed) + alone.latency + alone.perToken * piece.tokens
    }
    #expect(first == sent)
    #expect(last == first + alone.decoding(alone.output - 1, context: alone.prompt))
  }
}
