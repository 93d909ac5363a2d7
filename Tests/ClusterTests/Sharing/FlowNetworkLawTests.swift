// The laws of sharing over random instances: the certificate of max-min fairness, conservation of
// bytes, no link above capacity, and agreement of the incremental network with full solutions.

import Testing
import Units

@testable import Cluster

/// Drives a network through a script and records what it sends.
struct ScriptRun: ~Copyable {
  var network: FlowNetwork
  private let script: NetworkScript
  private var ids: [FlowID] = []
  private var specs: [(path: [Int32], bytes: Double, weight: Double)] = []
  private var isOver: [Bool] = []
  /// Bytes that each flow has sent: its rates times the durations they applied.
  private var carried: [Double] = []
  private(set) var drained: [Int: Int64] = [:]
  /// Where and how the network violated a law.
  private(set) var offences: [String] = []
  private let label: String

  init(_ script: NetworkScript, label: String) {
    self.script = script
    self.label = label
    network = FlowNetwork(capacities: script.capacities, longestPath: 6)
  }

  /// Runs to the end, checking after every event.
  mutating func run() {
    for (time, event) in script.events {
      advance(to: time)
      apply(event)
      check()
    }
    while let time = network.nextCompletion() { advance(to: time) }
  }

  private mutating func apply(_ event: NetworkScript.Event) {
    switch event {
    case .start(let path, let bytes, let weight):
      ids.append(network.start(path: path, bytes: bytes, weight: weight, tag: ids.count))
      specs.append((path, bytes, weight))
      isOver.append(false)
      carried.append(0)
    case .capacity(let link, let capacity): network.setCapacity(capacity, ofLink: link)
    case .cancel(let tag): if network.cancel(ids[tag]) != nil { isOver[tag] = true }
    }
  }

  private mutating func advance(to time: SimTime) {
    while let next = network.nextCompletion(), next <= time {
      var completions: [FlowCompletion] = []
      carry(until: next)
      network.advance(to: next, completions: &completions)
      if completions.isEmpty, network.nextCompletion() == next { note("a wake-up without effect") }
      for completion in completions {
        isOver[completion.tag] = true
        drained[completion.tag] = completion.drained.picoseconds
        checkBytes(completion.tag, left: 0)
      }
      check()
    }
    carry(until: time)
    var none: [FlowCompletion] = []
    network.advance(to: time, completions: &none)
    if !none.isEmpty { note("a completion that was not announced") }
  }

  private mutating func note(_ offence: String) {
    offences.append("\(label) at \(network.now.picoseconds) ps: \(offence)")
  }

  private mutating func check() {
    let open = ids.indices.filter { !isOver[$0] }
    let rates = open.map { network.rate(of: ids[$0])?.value ?? -1 }
    let capacities = (0..<network.linkCount).map { network.capacity(ofLink: $0).value }
    checkLoads(open, rates, capacities)
    checkCertificate(open, rates, capacities)
    let full = SharingProblem(
      capacities: capacities,
      flows: open.map { .init(path: specs[$0].path, weight: specs[$0].weight) }
    ).maxMinRates()
    for (rate, expected) in zip(rates, full) where abs(rate - expected) > 1e-9 * expected {
      note("rate \(rate), full solution \(expected)")
    }
    for flow in open { checkBytes(flow, left: network.remainingBytes(of: ids[flow]) ?? -1) }
    let bytes = open.reduce(0) { $0 + specs[$1].bytes }
    let inFlight = network.bytesStarted - network.bytesDrained - network.bytesCancelled
    let sent = bytes - network.bytesToSend()
    if abs(inFlight - bytes) > 1e-9 * network.bytesStarted || sent < -1 {
      note("INV-3: \(inFlight) bytes in flight, \(bytes) expected")
    }
  }

  /// Adds the bytes that flows send until the next event.
  private mutating func carry(until time: SimTime) {
    let wait = (time - network.now).seconds
    for flow in ids.indices where !isOver[flow] {
      carried[flow] += (network.rate(of: ids[flow])?.value ?? 0) * wait
    }
  }

  /// Checks that a flow's sent and remaining bytes sum to its size. An end is late by less than a
  /// picosecond, which is at most 0.2 bytes at these capacities.
  private mutating func checkBytes(_ flow: Int, left: Double) {
    if abs(carried[flow] + left - specs[flow].bytes) > 1e-9 * specs[flow].bytes + 0.2 {
      note("INV-3: flow \(flow) sent \(carried[flow]) of \(specs[flow].bytes), has \(left) left")
    }
  }

  private mutating func checkLoads(_ open: [Int], _ rates: [Double], _ capacities: [Double]) {
    for link in capacities.indices {
      var load = 0.0
      for (flow, rate) in zip(open, rates) where specs[flow].path.contains(Int32(link)) {
        load += rate
      }
      let told = network.load(ofLink: link).value
      if load > capacities[link] * (1 + 1e-9) { note("INV-4: link \(link) above capacity") }
      if abs(told - load) > 1e-9 * capacities[link] { note("link \(link) reports another load") }
      if !network.boundsOtherShares(ofLink: link) { note("link \(link) has a too low bound") }
    }
  }

  private mutating func checkCertificate(
    _ open: [Int], _ rates: [Double], _ capacities: [Double]
  ) {
    for (index, flow) in open.enumerated() {
      let level = rates[index] / specs[flow].weight
      let isBound = specs[flow].path.contains { link in
        var load = 0.0
        var highest = 0.0
        for (other, rate) in zip(open, rates) where specs[other].path.contains(link) {
          load += rate
          highest = max(highest, rate / specs[other].weight)
        }
        return load >= capacities[Int(link)] * (1 - 1e-9) && level >= highest * (1 - 1e-9)
      }
      if !isBound { note("flow \(flow) crosses no full link on which it is the fastest") }
    }
  }
}

@Suite("Laws of sharing")
struct FlowNetworkLawTests {
  static let seed: UInt64 = 4
  static let batch = 500

  @Test(
    """
    INV-3: INV-4: bytes are conserved, no link is above capacity, every flow has a full link on \
    which it is the fastest, and rates are those of the full solution
    """,
    arguments: 0..<20)
  func laws(part: Int) {
    for instance in 0..<Self.batch {
      let entity = part * Self.batch + instance
      let script = NetworkScript.random(seed: Self.seed, entity: entity)
      var run = ScriptRun(script, label: "seed \(Self.seed), instance \(entity)")
      run.run()

      let offences = run.offences.prefix(3).joined(separator: "\n")
      #expect(offences.isEmpty, Comment(rawValue: offences))
    }
  }

  @Test("flows drain when a plain simulation by full solutions drains them", arguments: 0..<4)
  func times(part: Int) {
    for instance in 0..<250 {
      let entity = 20_000 + part * 250 + instance
      let script = NetworkScript.random(seed: Self.seed, entity: entity)
      var run = ScriptRun(script, label: "instance \(entity)")
      run.run()
      var plain = PlainNetwork(script.capacities)
      plain.run(script)

      #expect(run.drained.count == plain.drained.count, "instance \(entity)")
      for tag in 0..<script.events.count {
        guard let time = run.drained[tag], let expected = plain.drained[tag] else { continue }
        // Both round each end to a whole picosecond, but with different arithmetic.
        #expect(
          Double(abs(time - expected)) <= max(4, 1e-9 * Double(expected)),
          "instance \(entity), flow \(tag): \(time) and \(expected) ps")
      }
    }
  }
}
