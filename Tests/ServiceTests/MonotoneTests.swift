// More load never lowers the time in queues, and more nodes never raise it: for every request, with
// the same random numbers, wherever the theory of queues has that law.
//
// Laws for each request hold for first come, first served (Lindley; Kiefer and Wolfowitz). They do
// not hold where a choice or a batch depends on the state, which is no fault of an implementation:
// requests of unequal lengths that are dealt out to other nodes meet other requests (the last test
// has an example), and batches that form otherwise end otherwise. There the laws are tested for
// means over many services.

import Testing
import Units

@testable import Service

@Suite("Monotone laws of services")
struct MonotoneTests {
  /// Requests whose lengths and gaps, in microseconds, are drawn at random.
  private func requests(
    seed: Int, count: Int = 120, grid: Int = 1, prompt: (inout RandomStream) -> Int,
    output: (inout RandomStream) -> Int = { _ in 1 }
  ) -> [ServiceRequest] {
    var random = RandomStream(seed: UInt64(seed), purpose: RandomPurpose("test.monotone"))
    let mean = 50 * (1 + random.index(below: 40))
    var time = 0
    return (0..<count).map { _ in
      time += grid * Int(random.exponential(mean: Double(mean)) / Double(grid))
      return ServiceRequest(
        arrival: at(time), prompt: prompt(&random), output: output(&random))
    }
  }

  /// The same requests in a part of the time.
  private func compressed(_ requests: [ServiceRequest], by factor: Int64) -> [ServiceRequest] {
    requests.map { request in
      var request = request
      request.arrival = SimTime(picoseconds: request.arrival.picoseconds / factor)
      return request
    }
  }

  private func queueing(_ service: QueueService) -> [SimDuration] {
    service.run().outcomes.compactMap(\.queueing)
  }

  /// Expects that no request waits less in the second service.
  private func expect(_ less: [SimDuration], noLongerThan more: [SimDuration], _ what: String) {
    #expect(less.count == more.count)
    let worse = less.indices.filter { less[$0] > more[$0] }
    #expect(worse.isEmpty, "\(what): requests \(worse) wait longer")
  }

  @Test("more load never lowers the wait of any request, dealt out to nodes", arguments: 0..<25)
  func load(seed: Int) {
    let calm = requests(seed: seed) { 1 + $0.index(below: 2_000) }
    func service(_ requests: [ServiceRequest]) -> QueueService {
      QueueService(instances: 1 + seed % 4, law: QueueService.byPrompt, requests: requests)
    }
    let base = queueing(service(calm))

    expect(base, noLongerThan: queueing(service(compressed(calm, by: 2))), "twice the rate")
    let longer = calm.map { request in
      var request = request
      request.prompt += 100
      return request
    }
    expect(base, noLongerThan: queueing(service(longer)), "longer prompts")
    // Others who come later change nothing.
    let fewer = queueing(service(Array(calm.prefix(90))))
    #expect(Array(base.prefix(90)) == fewer)
  }

  @Test("more nodes never raise the wait of any of equal requests", arguments: 0..<25)
  func nodes(seed: Int) {
    let prompt = 500 + 37 * seed
    let equal = requests(seed: seed) { _ in prompt }
    let waits = (1...5).map {
      queueing(QueueService(instances: $0, law: QueueService.byPrompt, requests: equal))
    }

    for nodes in 1..<waits.count {
      expect(waits[nodes], noLongerThan: waits[nodes - 1], "seed \(seed), \(nodes + 1) nodes")
    }
  }

  @Test("more seats, or less load, never raise the wait of any request", arguments: 0..<25)
  func seats(seed: Int) {
    // Arrivals at the ends of steps: instances that have been idle or not are in step.
    let step = 500
    let calm = requests(
      seed: seed, grid: step, prompt: { _ in 1 }, output: { 1 + $0.index(below: 8) })
    let law = ServiceCase.Law(a: step, b: 0, c: 0, d: 0, e: 0)
    for policy in [SchedulerSpec.Policy.fcfs, .vllm] {
      var before: [SimDuration]?
      for seats in 1...6 {
        let own = queueing(
          QueueService(seats: seats, policy: policy, law: law, requests: calm))
        if let before { expect(own, noLongerThan: before, "seed \(seed), \(seats) seats") }
        before = own
        let all = compressed(calm, by: 2).map { request in
          var request = request
          let width = Int64(step) * 1_000_000
          request.arrival = SimTime(picoseconds: request.arrival.picoseconds / width * width)
          return request
        }
        let busy = queueing(QueueService(seats: seats, policy: policy, law: law, requests: all))
        expect(own, noLongerThan: busy, "seed \(seed), twice the rate")
      }
    }
  }

  @Test("over random services of all kinds, load raises and nodes lower the mean wait")
  func means() {
    var sums = [0.0, 0.0, 0.0]
    for seed in 0..<100 {
      let service = RandomService(seed: UInt64(seed))
      var busy = service
      busy.requests = compressed(service.requests, by: 2)
      var larger = service
      larger.addNode()
      // Requests that ran out of memory alone in one of them do so in all.
      for (place, each) in [larger, service, busy].enumerated() {
        sums[place] += each.run().outcomes.reduce(0) { $0 + ($1.queueing?.seconds ?? 0) }
      }
    }

    #expect(sums[0] < sums[1] && sums[1] < sums[2], "\(sums) s in queues")
  }

  @Test("a small request can meet a large one on three nodes that it would not meet on two")
  func anomaly() {
    let requests = (0..<4).map { number in
      ServiceRequest(arrival: at(number), prompt: number % 2 == 0 ? 1_000 : 1, output: 1)
    }
    func wait(_ nodes: Int) -> [SimDuration] {
      queueing(QueueService(instances: nodes, law: QueueService.byPrompt, requests: requests))
    }

    #expect(wait(2)[3] == SimDuration.zero)
    #expect(wait(3)[3] == ServiceCase.duration(997))
  }
}

extension RandomService {
  /// Adds a unit like the last one to each pool.
  fileprivate mutating func addNode() {
    let old = setup
    setup.instances = []
    setup.units = []
    for pool in old.pools.indices {
      let units = old.units.filter { $0.pool == pool }
      for var unit in units + units.suffix(1) {
        let first = setup.instances.count
        setup.instances += old.instances[unit.instances]
        unit.instances = first..<setup.instances.count
        setup.units.append(unit)
      }
    }
  }
}
