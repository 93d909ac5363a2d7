// One run, from event to event: saves, failures, repairs and the end. Never step by step.
//
// Three clocks: wall time; exposed time, in which stopping failures age; and working time, in which
// corruptions and slow nodes do. Seconds are whole ticks, so that sums are exact (`RunSeconds`).

import Recording
import Units

/// The state of a run.
struct RunEngine {
  /// The most stops of a run.
  static let stopLimit = 100_000

  /// A checkpoint: the leg from which it goes on, and when it is durable.
  struct Save {
    var leg: Int
    var durableAt: Double
  }

  /// What stops the run, and what follows.
  struct Stop {
    enum Cause: Hashable {
      case failure(Int), corruption(Int), eviction(Int), spike, maintenance(Double)
    }

    var cause: Cause
    /// The nodes that it reaches.
    var nodes: Range<Int>
  }

  /// Something that happens at a moment of wall time.
  struct Alarm {
    enum Kind {
      case corruptionFound, slowNodeKnown(Int), slowNodeEnds(Int), saveIsDurable

      /// Identity of the slow node that it is about; nil for others.
      var slowNode: Int? {
        switch self {
        case .corruptionFound, .saveIsDurable: nil
        case .slowNodeKnown(let identity), .slowNodeEnds(let identity): identity
        }
      }
    }

    var time: Double
    var kind: Kind
  }

  /// A node that slows all others.
  struct SlowNode {
    var identity: Int
    var index: Int
    var node: Int
    var factor: Double
    var endsAt: Double?
    /// Whether it has been noticed.
    var isKnown = false
  }

  let process: RunProcess
  let legs: [RunLeg]
  /// Seconds of the legs from each one to the end, without saves.
  let secondsFrom: [Double]

  // MARK: Clocks

  var now = 0.0
  var exposed = 0.0
  var worked = 0.0
  var hardware: ClockSet
  var working: ClockSet
  var spikes: RandomStream
  /// Tokens of all steps so far, those that were undone included, and at the next spike.
  var consumed = 0.0
  var nextSpike: Double?
  var pool: NodePool
  /// For each node, whether it was lost since training stopped; empty if none was.
  var lostNodes: [Bool] = []
  /// Whether nodes are to be exchanged before the run goes on; an interrupted exchange begins anew.
  var isExchangeDue = false

  // MARK: Progress

  /// The leg that runs, or is to run next.
  var leg = 0
  /// Seconds of each leg's steps when they ran last.
  var spent: [Double]
  /// Steps of each leg that were left out.
  var omitted: [Int]
  /// Steps before which all data is left out.
  var omitsUntil = 0
  var saves: [[Save]]
  /// Kinds of saves that are due before the leg runs, and whether an evaluation is.
  var dueSaves: [Int] = []
  var evaluationIsDue = false
  /// The last leg before which an evaluation has ended.
  var evaluatedLeg = 0
  /// The leg in which the state was corrupted first, and by which class.
  var corruption: (leg: Int, index: Int)?
  var alarms: [Alarm] = []
  var slowNodes: [SlowNode] = []
  var slowCount = 0
  var plannedPauses: [PlannedPause]

  // MARK: Accounts

  var times: [[Double]]
  var restarts = 0
  var restartsFromScratch = 0
  var failures: [Int]
  let keepsStops: Bool
  var stops: [RunStop] = []

  /// - Parameters:
  ///   - legs: those of the process.
  ///   - seed: seed of the replication.
  init(_ process: RunProcess, legs: [RunLeg], seed: UInt64, keepsStops: Bool) {
    self.process = process
    self.legs = legs
    var rest = 0.0
    var sums = [Double](repeating: 0, count: legs.count + 1)
    for index in legs.indices.reversed() {
      rest += legs[index].seconds
      sums[index] = rest
    }
    secondsFrom = sums
    func clocks(_ isChosen: (FailureClass) -> Bool) -> ClockSet {
      ClockSet(
        process.failures.indices.filter { isChosen(process.failures[$0]) }.map { index in
          let item = process.failures[index]
          return (
            index,
            ClassClock(
              item.drawn(seed: seed), count: process.clocks(of: item), seed: seed,
              expected: sums[0])
          )
        })
    }
    hardware = clocks { $0.effect == .stop }
    working = clocks { $0.effect != .stop }
    var spikes = RandomStream(seed: seed, purpose: RandomPurpose("runs.spikes"))
    nextSpike = process.spikes.map { spikes.exponential(mean: $0.meanTokens) }
    self.spikes = spikes
    pool = NodePool(process.spares, seed: seed)
    spent = Array(repeating: 0, count: legs.count)
    omitted = Array(repeating: 0, count: legs.count)
    saves = Array(repeating: [], count: process.checkpoints.count)
    plannedPauses = process.maintenance.sorted { $0.at < $1.at }
    times = Array(
      repeating: Array(repeating: 0, count: RunCategory.allCases.count),
      count: process.phaseCount)
    failures = Array(repeating: 0, count: process.failures.count)
    self.keepsStops = keepsStops
  }

  // MARK: Time

  /// The phase in which time passes.
  private var phase: Int { legs[min(leg, legs.count - 1)].phase }

  mutating func account(_ seconds: Double, _ category: RunCategory, _ phase: Int) {
    times[phase][category.place] += seconds
  }

  /// Lets time pass in a category until its end, or until something stops the run.
  ///
  /// - Parameter isExposed: whether failures strike.
  mutating func pass(
    _ seconds: Double, _ category: RunCategory, isExposed: Bool
  ) -> Stop? {
    var rest = RunSeconds.rounded(seconds)
    while isExposed, let next = hardware.next, next.time - exposed < rest {
      let part = max(0, next.time - exposed)
      now += part
      exposed += part
      rest -= part
      account(part, category, phase)
      if let stop = strike() { return stop }
    }
    now += rest
    if isExposed { exposed += rest }
    account(rest, category, phase)
    return nil
  }

  /// Moves time of a save that was cut off to lost work.
  mutating func lose(_ seconds: Double, of category: RunCategory) {
    account(-seconds, category, phase)
    account(seconds, .lostWork, phase)
  }

  /// Whether a node can be slow and evicted.
  var canEvict: Bool {
    process.evictsSlowNodes
      && process.failures.contains { if case .slow = $0.effect { true } else { false } }
  }

  /// Whether any step has run.
  var hasProgress: Bool { leg > 0 || spent.first.map { $0 > 0 } ?? false }

  /// Whether the run goes on for longer than any that is simulated.
  var isEndless: Bool { restarts > Self.stopLimit || now >= RunSeconds.longest }

  /// The next failure of the exposed clocks: nil if it reaches no node in use.
  mutating func strike() -> Stop? {
    let (index, component) = hardware.pop()
    let item = process.failures[index]
    let unit = component / max(1, item.count)
    let count = process.nodes.count
    if item.scope.isOnNode {
      pool.settle(until: now)
      if unit >= count {
        // The clock of an idle spare, if there are as many.
        if unit - count < pool.idle {
          failures[index] += 1
          pool.lose(1, at: now, repair: item.repair)
        }
        return nil
      }
      guard unit < count - pool.missing else { return nil }
    }
    failures[index] += 1
    let nodes = process.nodes.nodes(of: unit, item.scope)
    guard item.scope.isOnNode, pool.missing > 0 else {
      return Stop(cause: .failure(index), nodes: nodes)
    }
    let node = nodeInUse(unit)
    return Stop(cause: .failure(index), nodes: node..<node + 1)
  }

  /// One of the nodes in use while some are missing: those that were not lost come first.
  private func nodeInUse(_ number: Int) -> Int {
    let kept = lostNodes.indices.filter { !lostNodes[$0] }
    return (kept + lostNodes.indices.filter { lostNodes[$0] })[number]
  }
}

// MARK: The end

extension RunEngine {
  /// The run after its last step.
  func outcome() -> RunOutcome {
    var times = times
    var outcome = RunOutcome(
      times: [], wallSeconds: now, idealSeconds: 0, steps: 0, tokens: 0, skippedTokens: 0,
      restarts: restarts, restartsFromScratch: restartsFromScratch, failures: failures,
      stops: stops)
    for (index, item) in legs.enumerated() {
      let steps = item.steps - omitted[index]
      let stall = Double(steps) * item.stallSeconds
      times[item.phase][RunCategory.productive.place] += spent[index] - stall
      times[item.phase][RunCategory.dataStall.place] += stall
      outcome.idealSeconds += Double(steps) * item.idealSeconds
      outcome.steps += steps
      outcome.tokens += Double(steps) * item.tokensPerStep
      outcome.skippedTokens += Double(omitted[index]) * item.tokensPerStep
    }
    outcome.times = times
    return outcome
  }

  /// Notes a stop, if stops are kept.
  mutating func note(_ stop: Stop, lost: Double) {
    guard keepsStops else { return }
    let cause =
      switch stop.cause {
      case .failure(let index), .corruption(let index): process.failures[index].name
      case .eviction: "slow node"
      case .spike: "loss spike"
      case .maintenance: "maintenance"
      }
    stops.append(
      RunStop(
        seconds: now, cause: cause, nodes: stop.nodes.count, lostSeconds: lost, downSeconds: 0,
        resumedAtStep: leg < legs.count ? legs[leg].start : process.steps))
  }

  /// Ends the downtime of the last stop.
  mutating func noteResumption(_ seconds: Double) {
    if keepsStops, let last = stops.indices.last { stops[last].downSeconds = seconds }
  }
}

extension RunProcess {
  /// Clocks of a class: of idle spares too, if these fail.
  func clocks(of item: FailureClass) -> Int {
    let hot = item.scope.isOnNode && item.effect == .stop && spares?.areHot == true
    return (nodes.units(item.scope) + (hot ? spares?.count ?? 0 : 0)) * item.count
  }
}

extension FailureClass.Scope {
  /// Whether components of the class are in single nodes.
  var isOnNode: Bool { self == .gpu || self == .nic || self == .node }
}

extension RunCategory {
  /// Its place among all categories.
  var place: Int {
    switch self {
    case .queue: 0
    case .startup: 1
    case .productive: 2
    case .warmUp: 3
    case .save: 4
    case .verification: 5
    case .lostWork: 6
    case .detection: 7
    case .rescheduling: 8
    case .waiting: 9
    case .load: 10
    case .communicators: 11
    case .evaluation: 12
    case .dataStall: 13
    case .maintenance: 14
    }
  }
}
