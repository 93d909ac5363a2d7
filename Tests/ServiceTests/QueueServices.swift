// Services that are reduced to queues with known formulas. Shared by suites of this target.
//
//     single server   an instance with one seat, output of one token, steps that take 1 us for each
//                     prompt token: the length of a prompt is its service time
//     many servers    an instance with several seats, steps that all take the same time, prompts of
//                     one token: the length of an output is its service time in steps
//     shared server   steps that take the same time for each row: all running requests share the
//                     instance equally

import Foundation
import Recording
import Units

@testable import Service

/// A service without limits of memory, and its requests.
struct QueueService {
  var setup: ServiceSetup
  var law: LinearLaw
  var requests: [ServiceRequest]

  /// - Parameters:
  ///   - law: microseconds of a step.
  ///   - requests: in the order of arrival.
  init(
    instances: Int = 1, seats: Int = 1, policy: SchedulerSpec.Policy = .fcfs,
    law: ServiceCase.Law, requests: [ServiceRequest]
  ) {
    var spec = SchedulerSpec(policy: policy, seats: seats)
    spec.cachesPrefixes = false
    spec.tokenBudget = 1 << 40
    let instance = ServiceSetup.InstanceSetup(
      role: .colocated, scheduler: spec, blocks: 1 << 12, blockSize: 1 << 40)
    setup = ServiceSetup(
      instances: Array(repeating: instance, count: instances),
      units: (0..<instances).map { ServiceSetup.UnitSetup(pool: 0, instances: $0..<$0 + 1) },
      pools: [ServiceSetup.PoolSetup(name: "colocated", role: .colocated, gpusPerUnit: 1)])
    setup.router = .roundRobin
    self.law = LinearLaw(law: law)
    self.requests = requests
  }

  /// Steps that take 1 us for each prompt token.
  static let byPrompt = ServiceCase.Law(a: 0, b: 1, c: 0, d: 0, e: 0)

  /// Runs to the end of the last request, or to a time.
  func run(until stop: SimTime? = nil) -> ServiceEngine<LinearLaw> {
    var engine = ServiceEngine(
      setup, requests: requests, laws: [law],
      carrier: FixedCarrier(latency: .zero, perToken: .zero))
    engine.run(until: stop)
    return engine
  }

  /// Seconds from each arrival to the first step.
  func queueing() -> [Double] { run().outcomes.compactMap { $0.queueing?.seconds } }

  /// Seconds from each arrival to the last token.
  func sojourns() -> [Double] { run().outcomes.compactMap { $0.endToEnd?.seconds } }
}

/// Random numbers of a load.
struct QueueLoad {
  let seed: UInt64
  let count: Int
  /// Requests per second.
  var rate: Double

  private func stream(_ name: String) -> RandomStream {
    RandomStream(seed: seed, purpose: RandomPurpose(name))
  }

  /// Poisson arrivals of requests whose lengths are given by uniform numbers.
  func requests(
    _ make: (inout RandomStream) -> (prompt: Int, output: Int)
  ) -> [ServiceRequest] {
    var arrivals = stream("test.arrivals")
    var lengths = stream("test.lengths")
    var time = 0.0
    return (0..<count).map { _ in
      time += arrivals.exponential(mean: 1 / rate)
      let (prompt, output) = make(&lengths)
      return ServiceRequest(
        arrival: SimTime.zero + SimDuration(seconds: time), prompt: prompt, output: output)
    }
  }

  /// Requests of one token, with service times in seconds, on a single server.
  func services(_ seconds: (inout RandomStream) -> Double) -> [ServiceRequest] {
    requests { (max(1, Int((seconds(&$0) * 1e6).rounded())), 1) }
  }
}

extension RandomStream {
  /// A number of the standard normal distribution (Box and Muller).
  mutating func normal() -> Double {
    let radius = (-2 * log(uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }
}

/// The many servers of one instance as a Markov chain at the starts of steps, with at most 159
/// requests.
///
/// A step begins with some requests, of which at most `servers` run; each of those ends with it
/// with a probability, and a Poisson number arrives meanwhile. An empty instance waits for an
/// arrival, which starts a step at once.
struct SlottedQueue {
  let servers: Int
  /// Probability that a running request ends with a step.
  let ending: Double
  /// Arrivals in a step.
  let arrivals: Double
  private let size = 160

  /// The mean time from arrival to end, in steps.
  var meanSojourn: Double {
    let states = shares
    // Time and requests in it of each state: arrivals of a step are there for half of it, on
    // average. Then by Little's law.
    let time = states[0] / arrivals + states.dropFirst().reduce(0, +)
    let present = states.enumerated().dropFirst().reduce(0) {
      $0 + $1.element * (Double($1.offset) + arrivals / 2)
    }
    return present / time / arrivals
  }

  /// Shares of the states, by elimination without subtractions (Grassmann, Taksar, Heyman 1985).
  private var shares: [Double] {
    var chain = transitions
    for last in stride(from: size - 1, to: 0, by: -1) {
      let sum = chain[last][..<last].reduce(0, +)
      for from in 0..<last where chain[from][last] > 0 {
        chain[from][last] /= sum
        for to in 0..<last { chain[from][to] += chain[from][last] * chain[last][to] }
      }
    }
    var shares = [1.0]
    for state in 1..<size {
      shares.append((0..<state).reduce(0) { $0 + shares[$1] * chain[$1][state] })
    }
    return shares
  }

  private var transitions: [[Double]] {
    var poisson = [exp(-arrivals)]
    for number in 1..<size { poisson.append(poisson[number - 1] * arrivals / Double(number)) }
    var chain = Array(repeating: Array(repeating: 0.0, count: size), count: size)
    chain[0][1] = 1
    for state in 1..<size {
      let running = min(state, servers)
      for ended in 0...running {
        let share =
          choose(running, ended) * pow(ending, Double(ended))
          * pow(1 - ending, Double(running - ended))
        let left = state - ended
        for to in left..<size { chain[state][to] += share * poisson[to - left] }
      }
    }
    return chain
  }

  private func choose(_ all: Int, _ some: Int) -> Double {
    (0..<some).reduce(1) { $0 * Double(all - $1) / Double($1 + 1) }
  }
}
