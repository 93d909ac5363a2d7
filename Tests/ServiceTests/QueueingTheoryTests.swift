// A service that is reduced to a queue has the waiting times of the theory of queues.
//
// Sources of the formulas: Kleinrock, Queueing Systems I (1975): M/M/1, M/M/c (Erlang C), M/G/1
// (Pollaczek and Khinchine), G/M/1, priorities (Cobham), shared servers; Daley (1968), "The serial
// correlation coefficients of waiting times in a stationary single server queue".

import Foundation
import Recording
import Testing
import Units

@testable import Service

@Suite("Services that are queues")
struct QueueingTheoryTests {
  private let count = 30_000

  /// Expects a mean within 1.6 half widths of its 95 % interval, which are 3.2 standard errors, of
  /// an exact one, and that the interval is narrow enough to tell.
  ///
  /// - Parameters:
  ///   - bias: share by which the reduction itself may be off.
  ///   - width: largest half width as a share of the exact mean.
  private func expect(
    _ values: [Double], near exact: Double, bias: Double = 0, width: Double = 0.2, _ what: String
  ) throws {
    let estimate = try #require(SteadyState.mean(Array(values.dropFirst(values.count / 50))))
    let half = (estimate.high - estimate.low) / 2

    #expect(
      abs(estimate.value - exact) <= 1.6 * half + bias * exact,
      "\(what): \(estimate.value) +- \(half), exactly \(exact)")
    #expect(half <= width * exact, "\(what): \(estimate.value) +- \(half), exactly \(exact)")
  }

  @Test(
    "M/M/1: waiting, time in the system and its 90 % quantile",
    arguments: [(0.5, UInt64(1)), (0.7, 2)])
  func exponential(load: Double, seed: UInt64) throws {
    let count = 100_000
    let requests = QueueLoad(seed: seed, count: count, rate: load)
      .services { $0.exponential(mean: 1) }
    let engine = QueueService(law: QueueService.byPrompt, requests: requests).run()

    let waits = engine.outcomes.compactMap { $0.queueing?.seconds }
    try expect(waits, near: load / (1 - load), width: 0.08, "seed \(seed), wait")
    let sojourns = engine.outcomes.compactMap { $0.endToEnd?.seconds }
    try expect(sojourns, near: 1 / (1 - load), width: 0.08, "seed \(seed), sojourn")
    // The time in the system is exponential: as its mean, so its quantile.
    let quantile = sojourns.sorted()[count * 9 / 10]
    let mean = sojourns.reduce(0, +) / Double(count)
    #expect(abs(quantile / mean / log(10) - 1) < 0.05)
    // The variance of a mean of n waits is that of Daley's formula over n.
    let polynomial = 2 + 5 * load - 4 * pow(load, 2) + pow(load, 3)
    let error = (load * polynomial / pow(1 - load, 4) / Double(count)).squareRoot()
    let wait = waits.reduce(0, +) / Double(count)
    #expect(abs(wait - load / (1 - load)) <= 3.2 * error, "seed \(seed): \(wait) +- \(error)")
  }

  @Test("M/D/1 and M/G/1: the second moment of the service time decides")
  func general() throws {
    let load = 0.6
    // Service times with a mean of 1, and their second moments.
    let laws: [(String, second: Double, draw: (inout RandomStream) -> Double)] = [
      ("constant", 1, { _ in 1 }),
      ("two points", 0.9 * 0.25 + 0.1 * 30.25, { $0.uniform() < 0.9 ? 0.5 : 5.5 }),
      ("lognormal", exp(0.64), { exp(0.8 * $0.normal() - 0.32) }),
    ]
    for (index, law) in laws.enumerated() {
      let requests = QueueLoad(seed: UInt64(10 + index), count: count, rate: load)
        .services(law.draw)
      let waits = QueueService(law: QueueService.byPrompt, requests: requests).queueing()

      let exact = load * law.second / (2 * (1 - load))
      try expect(waits, near: exact, "\(law.0), seed \(10 + index)")
    }
  }

  @Test("requests dealt out to c instances: each is an E_c/M/1 queue", arguments: [2, 5])
  func dealtOut(servers: Int) throws {
    let rate = 0.8 * Double(servers)
    let requests = QueueLoad(seed: 20, count: count, rate: rate)
      .services { $0.exponential(mean: 1) }
    let all = QueueService(instances: servers, law: QueueService.byPrompt, requests: requests)
      .queueing()
    // A request's wait follows that of the one c before it: by groups, neighbours show it.
    let waits = stride(from: 0, to: all.count, by: 50).map { first in
      all[first..<first + 50].reduce(0, +) / 50
    }

    // The probability of waiting is the root of sigma = A(1 - sigma), with the transform A of the
    // gaps at one instance.
    var sigma = 0.5
    for _ in 0..<500 { sigma = pow(rate / (rate + 1 - sigma), Double(servers)) }
    try expect(waits, near: sigma / (1 - sigma), "\(servers) instances, seed 20")
  }

  @Test("M/M/c: seats of an instance whose steps take the same time", arguments: [1, 4, 8])
  func seats(servers: Int) throws {
    // A request takes 20 steps of 50 ms on average.
    let (steps, load) = (20.0, 0.8)
    let rate = load * Double(servers)
    let requests = QueueLoad(seed: 30, count: count, rate: rate).requests { stream in
      (1, 1 + Int(log(stream.uniform()) / log(1 - 1 / steps)))
    }
    for policy in [SchedulerSpec.Policy.fcfs, .vllm] {
      let sojourns = QueueService(
        seats: servers, policy: policy, law: ServiceCase.Law(a: 50_000, b: 0, c: 0, d: 0, e: 0),
        requests: requests
      ).sojourns()

      let chain = SlottedQueue(servers: servers, ending: 1 / steps, arrivals: rate * 0.05)
      let exact = chain.meanSojourn * 0.05
      try expect(sojourns, near: exact, "\(policy), \(servers) seats, seed 30")
      // Erlang C is the limit of short steps.
      var blocked = 1.0
      for server in 1...servers { blocked = rate * blocked / (Double(server) + rate * blocked) }
      let waiting = blocked / (1 - load * (1 - blocked))
      let erlang = 1 + waiting / (Double(servers) - rate)
      #expect(abs(exact / erlang - 1) < 0.04)
    }
  }

  @Test("M/G/1 with a shared server: a request's time grows with its own length alone")
  func shared() throws {
    // Steps of 1 ms a row; outputs of 200 or 2,000 tokens.
    let load = 0.6
    let rate = load / (0.75 * 0.2 + 0.25 * 2)
    let requests = QueueLoad(seed: 40, count: 15_000, rate: rate).requests { stream in
      (1, stream.uniform() < 0.75 ? 200 : 2_000)
    }
    for policy in [SchedulerSpec.Policy.fcfs, .vllm] {
      let engine = QueueService(
        seats: 4_096, policy: policy,
        law: ServiceCase.Law(a: 0, b: 1_000, c: 1_000, d: 0, e: 0), requests: requests
      ).run()

      for output in [200, 2_000] {
        let own = zip(requests, engine.outcomes).filter { $0.0.output == output }
          .compactMap { $0.1.endToEnd?.seconds }
        // A request waits for the end of the step that runs, of a few rows.
        try expect(
          own, near: Double(output) * 0.001 / (1 - load), bias: 0.005, "\(policy), \(output)")
      }
    }
  }

  @Test("priorities without preemption: Cobham's formula for each class")
  func priorities() throws {
    // Classes with loads of 0.3, 0.2 and 0.3 and exponential service times with a mean of 1.
    let loads = [0.3, 0.2, 0.3]
    var classes = RandomStream(seed: 50, purpose: RandomPurpose("test.classes"))
    let requests = QueueLoad(seed: 50, count: count, rate: 0.8)
      .services { $0.exponential(mean: 1) }
      .map { request in
        var request = request
        let number = classes.uniform() * 0.8
        request.priority = number < 0.3 ? 0 : number < 0.5 ? 1 : 2
        return request
      }
    var service = QueueService(policy: .vllm, law: QueueService.byPrompt, requests: requests)
    service.setup.instances[0].scheduler.usesPriority = true
    let engine = service.run()

    for (priority, exact) in zip(0..., [0.8 / 0.7, 0.8 / 0.7 / 0.5, 0.8 / 0.5 / 0.2]) {
      let load: Double = loads[...priority].reduce(0, +)
      #expect(abs(load - [0.3, 0.5, 0.8][priority]) < 1e-12)
      let own = zip(requests, engine.outcomes).filter { $0.0.priority == priority }
        .compactMap { $0.1.queueing?.seconds }
      try expect(own, near: exact, width: 0.3, "priority \(priority), seed 50")
    }
  }
}
