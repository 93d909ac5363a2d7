// Random small networks with a script of events, and a plain simulation of the same: it computes
// only full solutions and visits every flow at every event.

import Units

@testable import Cluster

/// The events of a network, in order of time.
struct NetworkScript {
  enum Event {
    case start(path: [Int32], bytes: Double, weight: Double)
    case capacity(link: Int, BytesPerSecond)
    /// Cancels the flow with number `tag` if it has not ended.
    case cancel(tag: Int)
  }

  var capacities: [BytesPerSecond]
  var events: [(time: SimTime, event: Event)]

  /// Two to twelve flows over one to six links, with equal and unequal sizes, capacities, weights
  /// and start times, and occasionally a capacity change or a cancelled flow.
  static func random(seed: UInt64, entity: Int) -> NetworkScript {
    var random = RandomStream(
      seed: seed, purpose: RandomPurpose("test.network"), entity: entity)
    let linkCount = 1 + random.index(below: 6)
    let isEven = random.index(below: 2) == 0
    let capacities = (0..<linkCount).map { _ in
      BytesPerSecond(isEven ? 50e9 : 1e9 * (5 + 95 * random.uniform()))
    }
    var events: [(time: SimTime, event: Event)] = []
    var time: Int64 = 0
    for tag in 0..<(2 + random.index(below: 11)) {
      if random.index(below: 3) == 0 { time += Int64(random.uniform() * 3e8) }
      var path: [Int32] = []
      for link in 0..<linkCount where random.index(below: 2) == 0 { path.append(Int32(link)) }
      if path.isEmpty { path = [Int32(random.index(below: linkCount))] }
      let bytes = isEven ? 1e6 * Double(1 + random.index(below: 3)) : 1e7 * random.uniform()
      let weight = random.index(below: 4) == 0 ? [0.5, 2, 3][random.index(below: 3)] : 1
      let now = SimTime(picoseconds: time)
      events.append((now, .start(path: path, bytes: bytes, weight: weight)))
      if random.index(below: 8) == 0 {
        let link = random.index(below: linkCount)
        let share = [0, 0.25, 2][random.index(below: 3)]
        events.append((now, .capacity(link: link, capacities[link] * share)))
        let later = SimTime(picoseconds: time + Int64(random.uniform() * 3e8))
        events.append((later, .capacity(link: link, capacities[link])))
        time = later.picoseconds
      }
      if random.index(below: 10) == 0 {
        events.append((SimTime(picoseconds: time), .cancel(tag: random.index(below: tag + 1))))
      }
    }
    return NetworkScript(capacities: capacities, events: events)
  }
}

/// The same network without any of the optimisations of `FlowNetwork`.
struct PlainNetwork {
  private struct Flow {
    var tag: Int
    var path: [Int32]
    var weight: Double
    var remaining: Double
  }

  private var capacities: [Double]
  private var flows: [Flow] = []
  private var clock: Int64 = 0
  private var started = 0
  /// When each flow drained, by its number.
  private(set) var drained: [Int: Int64] = [:]

  init(_ capacities: [BytesPerSecond]) { self.capacities = capacities.map { $0.value * 1e-12 } }

  /// Runs a script to its end.
  mutating func run(_ script: NetworkScript) {
    for (time, event) in script.events {
      advance(to: time.picoseconds)
      switch event {
      case .start(let path, let bytes, let weight):
        flows.append(Flow(tag: started, path: path, weight: weight, remaining: bytes))
        started += 1
      case .capacity(let link, let capacity): capacities[link] = capacity.value * 1e-12
      case .cancel(let tag): flows.removeAll { $0.tag == tag }
      }
    }
    advance(to: .max)
  }

  private mutating func advance(to time: Int64) {
    while true {
      let rates = SharingProblem(
        capacities: capacities, flows: flows.map { .init(path: $0.path, weight: $0.weight) }
      ).maxMinRates()
      let waits = zip(flows, rates).map { flow, rate in
        rate > 0 ? max(0, flow.remaining / rate - 1e-3).rounded(.up) : .infinity
      }
      let wait = waits.min() ?? .infinity
      let isLast = wait > Double(time - clock)
      if isLast && time == .max { return }
      let step = isLast ? Double(time - clock) : wait
      for index in flows.indices { flows[index].remaining -= rates[index] * step }
      clock += Int64(step)
      if isLast { return }
      for index in flows.indices.reversed() where waits[index] == wait {
        drained[flows[index].tag] = clock
        flows.remove(at: index)
      }
    }
  }
}
