import Recording
import Testing
import Units

@testable import Service

@Suite("Figures of a service equal those computed by hand")
struct ServiceFiguresTests {
  /// Two pools for 100 s: 32 GPUs that are busy half of the time, and 144 a quarter.
  private var pools: [PoolUse] {
    var prefill = PoolUse(name: "prefill", gpusPerUnit: 32, units: 1)
    prefill.heldGPUSeconds = 3_200
    prefill.busyGPUSeconds = 1_600
    prefill.computedPromptTokens = 30
    prefill.cachedPromptTokens = 10
    prefill.steps = 7
    var decode = PoolUse(name: "decode", gpusPerUnit: 144, units: 1)
    decode.heldGPUSeconds = 14_400
    decode.busyGPUSeconds = 3_600
    decode.outputTokens = 6
    decode.usedTokenSeconds = 30
    decode.availableTokenSeconds = 120
    decode.peakUse = 0.75
    decode.preemptions = 2
    decode.queuedRequestSeconds = 250
    decode.slowestSeconds = 12
    decode.evenSeconds = 10
    return [prefill, decode]
  }

  private let second = 1_000_000

  /// Requests at 0, 10, 20 and 30 s; the second is of class 1, the last is running at 100 s.
  private var requests: [SampleRequest] {
    [
      SampleRequest(arrival: 0, prompt: 100, chunks: [(second, 1), (3 * second, 2)]),
      SampleRequest(
        arrival: 10 * second, prompt: 200, chunks: [(14 * second, 1)], trafficClass: 1),
      SampleRequest(arrival: 20 * second, prompt: 400, end: .rejected(.tooLong)),
      SampleRequest(
        arrival: 30 * second, prompt: 800, chunks: [(40 * second, 1), (41 * second, 1)],
        end: .running),
    ]
  }

  private func figures(
    _ change: (inout ServiceRun) -> Void = { _ in },
    basis change2: (inout ServiceBasis) -> Void = { _ in }
  ) -> ServiceFigures {
    var run = sampleRun(requests, classes: 2, pools: pools, end: at(100 * second))
    change(&run)
    var basis = sampleBasis([TrafficClass(name: "chat"), TrafficClass(name: "batch")])
    change2(&basis)
    return ServiceFigures(run, basis: basis)
  }

  @Test("INV-8: requests that arrived are in one of five states, in all and by class")
  func states() throws {
    let figures = figures()

    for scope in [MetricScope.all, .class("chat"), .class("batch")] {
      let states: [MetricKind] = [
        .requestsFinished, .requestsRejected, .requestsLost, .requestsRunning, .requestsQueued,
      ]
      let sum = states.reduce(0) { $0 + (figures.value($1, of: scope) ?? .nan) }
      #expect(figures.value(.requestsArrived, of: scope) == sum)
    }
    #expect(figures.value(.requestsArrived) == 4 && figures.value(.requestsFinished) == 2)
    #expect(figures.value(.requestsTooLong) == 1 && figures.value(.requestsQueueFull) == nil)
    #expect(figures.value(.requestsArrived, of: .class("chat")) == 3)
  }

  @Test("latencies count finished requests; a request with one token has no TPOT")
  func latencies() {
    let figures = figures()

    // TTFT of 1 s and 4 s.
    #expect(figures.value(.timeToFirstToken, of: .all, .mean) == 2.5)
    #expect(figures.value(.timeToFirstToken, of: .all, .deviation) == 1.5)
    #expect(figures.value(.timeToFirstToken, of: .class("batch"), .mean) == 4)
    #expect(figures.value(.requestTimePerToken, of: .all, .mean) == 1)
    #expect(figures.value(.requestTimePerToken, of: .class("batch"), .mean) == nil)
    #expect(figures.value(.interTokenLatency, of: .all, .p50) == 2)
    #expect(figures.value(.interactivity, of: .all, .p50) == 1)
    // E2E over tokens: 3 s / 3 and 4 s / 1, of which the 90th percentile is 3.7 s.
    #expect(abs((figures.value(.endToEndInteractivity) ?? 0) - 1 / 3.7) < 1e-15)
  }

  @Test("throughput is over the simulated time, or over the window by arrival")
  func throughput() {
    let all = figures()
    let part = figures(basis: { $0.window = at(0)..<at(10_000_000) })

    #expect(all.value(.requestThroughput) == 2 / 100.0)
    #expect(all.value(.inputThroughput) == 300 / 100.0)
    #expect(all.value(.outputThroughput) == 4 / 100.0)
    #expect(all.value(.totalThroughput) == 304 / 100.0)
    // The window is open at its end, where the second request arrives.
    #expect(part.value(.requestsMeasured) == 1 && part.value(.requestThroughput) == 1 / 10.0)
    #expect(part.value(.timeToFirstToken, of: .all, .mean) == 1)
    #expect(part.value(.requestsArrived) == 4)
  }

  @Test("a window that reaches beyond the simulation ends with it")
  func openWindow() {
    let whole = figures()
    let open = figures(basis: { $0.window = at(0)..<at(8_640_000 * second) })
    let warm = figures(basis: { $0.window = at(10 * second)..<at(8_640_000 * second) })
    let late = figures(basis: { $0.window = at(200 * second)..<at(8_640_000 * second) })

    #expect(open.metrics() == whole.metrics())
    #expect(warm.value(.requestThroughput) == 1 / 90.0)
    #expect(late.value(.requestThroughput) == nil)
  }

  @Test("use of the pools, and what a token costs")
  func use() {
    let figures = figures { run in
      run.outcomes[0].drafted = 6
      run.outcomes[0].acceptedDrafts = 3
      run.outcomes[3].retries = 2
    } basis: {
      $0.drafts = 2
    }

    #expect(figures.value(.utilisation) == 5_200 / 17_600.0)
    #expect(figures.value(.utilisation, of: .pool("decode")) == 0.25)
    #expect(figures.value(.cacheOccupancy, of: .pool("decode"), .mean) == 0.25)
    #expect(figures.value(.cacheOccupancy, of: .all, .greatest) == 0.75)
    #expect(figures.value(.cacheHitRatio) == 0.25)
    #expect(figures.value(.preemptions) == 2 && figures.value(.retries) == 2)
    #expect(figures.value(.queuedForPool, of: .pool("decode")) == 2.5)
    #expect(figures.value(.slowestOverEven, of: .pool("decode")) == 1.2)
    #expect(figures.value(.gpuCount) == 176)
    // 6 tokens were shown, of finished requests and of the running one.
    #expect(figures.value(.outputPerHeldGPU) == 6 / 17_600.0)
    #expect(figures.value(.outputPerBusyGPU) == 6 / 5_200.0)
    let perNode: Double = 6 / 17_600 * 8
    #expect(figures.value(.outputPerNode) == perNode)
    #expect(figures.value(.totalPerHeldGPU) == 306 / 17_600.0)
    #expect(figures.value(.gpuHoursHeld) == 17_600 / 3_600.0)
    let dollars: Double = 17_600 / 3_600 * 2
    #expect(figures.value(.usdPerMillionOutputTokens) == dollars * 1e6 / 6)
    #expect(figures.value(.joulesPerOutputToken) == 17_600 * 500 / 6.0)
    // 3 verifications of 2 drafts each, of which 3 were accepted.
    #expect(figures.value(.acceptanceRate) == 0.5 && figures.value(.acceptanceLength) == 2)
    #expect(figures.value(.gpuHoursFree) == nil)
  }

  @Test("a service without objectives has no goodput; nothing is divided by nothing")
  func empty() throws {
    let run = ServiceRun(
      requests: [], outcomes: [], gaps: [], pools: [], end: .zero, fingerprint: "")

    let metrics = ServiceFigures(run, basis: sampleBasis()).metrics()

    #expect(metrics.allSatisfy { $0.value.isFinite })
    #expect(!metrics.contains { $0.kind == .goodput || $0.kind == .timeToFirstToken })
    #expect(metrics.contains(Metric(.requestsArrived, 0)))
    try run.result(basis: sampleBasis()).checkInvariants()
  }

  @Test("every metric has one value, in the order of the catalogue")
  func order() {
    let metrics = figures().metrics()
    let places = metrics.map { metric in MetricKind.all.firstIndex(of: metric.kind) ?? -1 }

    #expect(places == places.sorted())
    #expect(Set(metrics.map(\.name)).count == metrics.count)
  }

  /// Requests every second for 400 s that wait for their first token.
  private func steadiness(_ wait: (Int) -> Double) -> ServiceFigures {
    let requests = (0..<400).map { index in
      let first = index * second + Int(wait(index) * 1e6)
      return SampleRequest(
        arrival: index * second, chunks: [(first, 1), (first + 10_000 + index % 7, 1)])
    }
    return ServiceFigures(sampleRun(requests, end: at(2_000 * second)), basis: sampleBasis())
  }

  @Test("a service whose queue grows is overloaded, and has no steady figures")
  func overloaded() throws {
    // Served at half the rate of arrivals: at 400 s, 200 requests wait.
    let figures = steadiness { Double($0) }

    let growth = try #require(figures.value(.waitingGrowth))
    #expect(abs(growth - 0.5) < 0.02)
    let low = figures.value(.waitingGrowth, of: .all, .low)
    let steady = figures.value(.steadyTimeToFirstToken)
    #expect(try #require(low) > 0.45)
    #expect(steady == nil)
  }

  @Test("a service that has settled has means with intervals")
  func settled() throws {
    var random = RandomStream(seed: 1, purpose: RandomPurpose("test.waits"))
    let waits = (0..<400).map { index in
      index < 30 ? 40 - Double(index) : 2 + random.exponential(mean: 0.5)
    }

    let figures = steadiness { waits[$0] }

    let growth = figures.value(.waitingGrowth, of: .all, .low)
    #expect(try #require(growth) <= 0)
    let cut = figures.value(.warmUpRequests)
    #expect(cut == 30)
    // 370 waits with a deviation of 0.5 s: their mean deviates by 0.026 s.
    let mean = try #require(figures.value(.steadyTimeToFirstToken))
    #expect(abs(mean - 2.5) < 0.08)
    for kind in [MetricKind.steadyTimeToFirstToken, .steadyTimePerToken, .steadyEndToEnd] {
      let bounds = [MetricStatistic.low, .value, .high].compactMap {
        figures.value(kind, of: .all, $0)
      }
      #expect(bounds.count == 3 && bounds == bounds.sorted())
    }
  }
}
