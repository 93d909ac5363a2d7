import Foundation
import Recording
import ResultsStore
import Service
import Testing
import Units

@Suite("Printed figures of a service can be recomputed from stored rows")
struct RecomputedServiceTests {
  private let basis: ServiceBasis = {
    var chat = TrafficClass(name: "chat")
    chat.timeToFirstToken = SimDuration(seconds: 0.3)
    chat.timePerOutputToken = SimDuration(seconds: 0.05)
    return ServiceBasis(
      classes: [chat, TrafficClass(name: "batch")], drafts: 2, gpusPerNode: 8, power: Watts(700),
      price: USDollarsPerGPUHour(2))
  }()

  /// An invented run of 600 requests in every state, with random milestones.
  private var run: ServiceRun {
    var random = RandomStream(seed: 11, purpose: RandomPurpose("test.service"))
    var time = SimTime.zero
    var requests: [ServiceRequest] = []
    var outcomes: [RequestOutcome] = []
    for index in 0..<600 {
      time = time + SimDuration(seconds: random.exponential(mean: 0.5))
      var request = ServiceRequest(arrival: time, prompt: 100 + index, output: 1 + index % 9)
      request.trafficClass = index % 3 == 0 ? 1 : 0
      requests.append(request)
      var outcome = RequestOutcome(arrival: time)
      outcome.firstScheduled = time + SimDuration(seconds: random.exponential(mean: 0.1))
      let wait = SimDuration(seconds: 0.1 + random.exponential(mean: 0.1))
      outcome.firstToken = outcome.firstScheduled.map { $0 + wait }
      let rest = SimDuration(seconds: random.exponential(mean: 0.04)) * (request.output - 1)
      outcome.lastToken = outcome.firstToken.map { $0 + rest }
      outcome.ended = outcome.lastToken
      outcome.tokens = request.output
      outcome.cachedTokens = index % 50
      outcome.retries = index % 100 == 0 ? 1 : 0
      outcome.drafted = 2 * (index % 4)
      outcome.acceptedDrafts = index % 4
      outcome.end = .finished
      change(&outcome, index)
      outcomes.append(outcome)
    }
    var gaps = [GapHistogram(), GapHistogram()]
    gaps[0].add(SimDuration(seconds: 0.04), count: 7)
    return ServiceRun(
      requests: requests, outcomes: outcomes, gaps: gaps, pools: [pool("prefill"), pool("decode")],
      end: time + SimDuration(seconds: 5), fingerprint: "00ff")
  }

  /// Gives some requests other ends than `finished`.
  private func change(_ outcome: inout RequestOutcome, _ index: Int) {
    let ends: [Int: RequestOutcome.End] = [
      100: .rejected(.tooLong), 150: .rejected(.queueFull), 200: .lost(.instanceFailed),
      250: .lost(.timeout), 598: .running, 599: .queued,
    ]
    guard let end = ends[index] else { return }
    outcome.end = end
    if case .rejected = end {
      outcome = RequestOutcome(arrival: outcome.arrival)
      outcome.end = end
      outcome.ended = outcome.arrival
    }
    if end == .running || end == .queued { outcome.ended = nil }
  }

  private func pool(_ name: String) -> PoolUse {
    var pool = PoolUse(name: name, gpusPerUnit: 16, units: 2)
    let scale = name == "prefill" ? 1.0 : 3.0
    pool.heldGPUSeconds = 9_600 * scale
    pool.busyGPUSeconds = 4_000 * scale
    pool.freeGPUSeconds = 36 * scale
    pool.steps = 120
    pool.rebalancings = 12
    pool.movedExpertBytes = 4e11 * scale
    pool.standstillSeconds = 1.5 * scale
    pool.imbalanceSeconds = 330 * scale
    pool.firstImbalanceSeconds = 360 * scale
    pool.computedPromptTokens = 200_000
    pool.hostPromptTokens = 3_000
    pool.storePromptTokens = 2_000
    pool.cachedPromptTokens = Int(15_000 * scale)
    pool.preemptions = Int(scale)
    pool.usedTokenSeconds = 5e6 * scale
    pool.availableTokenSeconds = 9e6 * scale
    pool.peakUse = 0.2 * scale
    pool.queuedRequestSeconds = 40 * scale
    pool.slowestSeconds = 12
    pool.evenSeconds = 10
    return pool
  }

  @Test(
    "INV-17: metrics of a service match their definitions, without and with a window",
    arguments: [false, true])
  func recomputed(hasWindow: Bool) throws {
    var basis = basis
    if hasWindow {
      basis.window =
        SimTime(
          picoseconds: 20_000_000_000_000)..<SimTime(
          picoseconds: 250_000_000_000_000)
    }
    let result = run.result(basis: basis, keepsRequests: true)
    try result.checkInvariants()
    let provenance = Provenance(
      scenarioName: "s", scenarioText: "", scenarioHash: "", seed: 0, programVersion: "test",
      question: "service", schedule: "")
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).db")
    defer { try? FileManager.default.removeItem(at: file) }
    let store = try ResultsStore(path: file.path)
    let id = try store.write(
      RunRecord(provenance: provenance, result: result),
      clock: RunClock(startedAt: Date(), wallSeconds: 0))

    let recomputed = RecomputedService(try #require(try store.record(of: id)), basis)

    var kinds: Set<MetricKind> = []
    for metric in recomputed.record.metrics where RecomputedService.canRecompute(metric) {
      kinds.insert(metric.kind)
      let value = recomputed.value(metric) ?? .nan
      // Differences of seconds are exact to 1e-13 at 300 s.
      #expect(abs(metric.value - value) <= 1e-9 * abs(value) + 1e-12, "\(metric.name): \(value)")
    }
    let missing = MetricKind.service.filter { !kinds.contains($0) && $0 != .interTokenLatency }
    #expect(missing == [.requestsNeverFitting])
  }
}
