// Nodes beyond those in use: spares that wait, and failed ones under repair.

import Units

/// Spare nodes and their repair.
package struct SpareSpec: Hashable, Sendable {
  /// How long a repair takes, around its mean.
  package enum RepairLaw: String, CaseIterable, Sendable {
    case fixed, exponential
  }

  /// Spare nodes.
  package var count: Int
  /// Whether idle spares fail as nodes in use do.
  package var areHot = false
  /// Whether nodes of a job that waits for others go on failing.
  package var failWhileWaiting = false
  /// Repairs at the same time; nil for as many as needed.
  package var crews: Int?
  /// Mean seconds of a repair.
  package var repair: Double
  /// How repairs vary.
  package var law = RepairLaw.fixed

  package init(count: Int, repair: Double) {
    self.count = count
    self.repair = repair
  }
}

/// The state of spares and repairs.
struct NodePool {
  /// Nil if there is a spare for every failure.
  private let spec: SpareSpec?
  /// Spares that wait.
  private(set) var idle: Int
  /// Nodes that the job lacks.
  private(set) var missing = 0
  /// Ends of running repairs, ascending.
  private var ends: [Double] = []
  /// Durations of repairs that wait for a crew, in their order.
  private var queue: [Double] = []
  private var stream: RandomStream

  init(_ spec: SpareSpec?, seed: UInt64) {
    self.spec = spec
    idle = spec?.count ?? 0
    stream = RandomStream(seed: seed, purpose: RandomPurpose("runs.repair"))
  }

  /// Nodes fail: spares take their places while there are any.
  mutating func lose(_ count: Int, at now: Double, repair: Double?) {
    guard let spec else { return }
    settle(until: now)
    for _ in 0..<count {
      if idle > 0 { idle -= 1 } else { missing += 1 }
      let mean = repair ?? spec.repair
      let time = spec.law == .fixed ? mean : stream.exponential(mean: mean)
      if ends.count < spec.crews ?? Int.max {
        insert(now + RunSeconds.rounded(time))
      } else {
        queue.append(RunSeconds.rounded(time))
      }
    }
  }

  /// Ends the repairs that are over.
  mutating func settle(until now: Double) {
    while let end = ends.first, end <= now {
      ends.removeFirst()
      if missing > 0 { missing -= 1 } else { idle += 1 }
      if !queue.isEmpty { insert(end + queue.removeFirst()) }
    }
  }

  /// The end of the next repair; nil if nothing is repaired.
  var nextReturn: Double? { ends.first }

  private mutating func insert(_ end: Double) {
    let place = ends.firstIndex { $0 > end } ?? ends.count
    ends.insert(end, at: place)
  }
}
