// How evenly the experts of a pool are loaded while the mix of its requests drifts, and what
// placing them anew brings and costs.
//
// Loads change every minute, as `DomainMix` says; the service starts at midnight, two days after
// that traffic. A placement is planned on the minutes of a window that have ended, by the planner
// and for the slots of the pool's steps. With stalls, it is in force at once, and steps stand still
// until the experts have moved; without, the old one serves until then. The next interval starts
// when a move is complete, so that a slow move delays the next and never prevents it.
//
// Validity: loads are expected values, for the plan and for what is served, as in `PoolSpec`: no
// scatter of the tokens of a window or of a step. All units of a pool have the same loads and move
// at the same time. Experts of draft modules stay where they are.

import Cluster
import ModelCost
import Routing
import Serving
import Units

/// Places the experts of a pool anew.
struct ExpertReplanner {
  let planner: ExpertPlanner
  let replanning: Replanning

  /// - Parameter sizes: slots, and the GPUs that share a layer.
  init(_ planner: ExpertPlanner, sizes: PlacementSizes) {
    self.planner = planner
    replanning = Replanning(sizes: sizes, threshold: Replanning.usualThreshold)
  }

  /// The placement for the expected loads of some minutes. `best` moves as few experts as it can;
  /// EPLB plans afresh, and a layer stays as it is if that would not lower its largest load.
  func plan(_ mix: DomainMix, _ minutes: Range<Int>, after old: ExpertPlacement?) -> ExpertPlacement
  {
    let shares = mix.domainShares(minutes)
    return ExpertPlacement(
      layers: (0..<mix.layers).map { layer in
        plan(mix.expected(layer: layer, domainShares: shares), after: old?.layers[layer])
      })
  }

  private func plan(_ loads: [Float], after old: LayerPlacement?) -> LayerPlacement {
    let sizes = replanning.sizes
    guard let old else { return planner.plan(loads, sizes) }
    if planner == .best { return replanning.plan(loads, current: old) }
    let new = planner.plan(loads, sizes)
    let isBetter =
      new.imbalance(loads, gpus: sizes.gpus) < old.imbalance(loads, gpus: sizes.gpus)
    return isBetter ? new : old
  }
}

/// The changes of a pool's experts, without end.
struct ExpertTimeline: IteratorProtocol {
  /// Minutes of traffic before the service starts, so that a window of a day has ended.
  static let minutesBefore = 2 * DriftedLoads.minuteLimit
  /// Minutes of traffic that are made at a time.
  private static let minutesAhead = 1_440
  private static let minute = SimDuration(seconds: 60)
  /// The end of plans, within the range of the clock.
  private static let lastPlan = 8_000_000.0

  private let replanner: ExpertReplanner
  private let rule: RebalancingSpec
  private var network: ExpertNetwork
  private var mix: DomainMix
  /// The placement in force.
  private(set) var placement: ExpertPlacement
  private var loads: PlacedLoads
  /// Loads under the placement of the start.
  private let firstLoads: PlacedLoads
  /// The minute of the service whose loads were given last.
  private var minute = 0
  /// When the next plan is made; nil while experts move, or without rebalancing.
  private var nextPlan: SimTime?
  /// A placement that is not in force yet.
  private var coming: (time: SimTime, placement: ExpertPlacement, move: ExpertMove)?

  /// - Parameter mix: the traffic, from two days before the service on.
  /// - Precondition: the sizes suit the experts of the mix, and the network knows its layers.
  init(
    _ mix: DomainMix, replanner: ExpertReplanner, network: ExpertNetwork, rule: RebalancingSpec
  ) {
    var mix = mix
    mix.extend(to: Self.minutesBefore + Self.minutesAhead)
    self.mix = mix
    self.replanner = replanner
    self.network = network
    self.rule = rule
    placement = replanner.plan(mix, Self.window(rule, at: .zero), after: nil)
    loads = PlacedLoads(mix, placement, gpus: replanner.replanning.sizes.gpus)
    firstLoads = loads
    nextPlan = rule.interval.map { SimTime.zero + $0 }
  }

  /// The state at the start.
  var start: ExpertChange {
    let shares = mix.domainShares(Self.minutesBefore..<Self.minutesBefore + 1)
    let imbalance = firstLoads.imbalance(shares)
    return ExpertChange(time: .zero, imbalance: imbalance, firstImbalance: imbalance)
  }

  mutating func next() -> ExpertChange? {
    let tick = SimTime.zero + Self.minute * (minute + 1)
    if let time = nextPlan, time <= tick { replan(at: time) }
    if let arrived = coming, arrived.time <= tick {
      coming = nil
      placement = arrived.placement
      loads = PlacedLoads(mix, placement, gpus: replanner.replanning.sizes.gpus)
      let end = rule.stalls ? arrived.time + arrived.move.duration : arrived.time
      nextPlan = rule.interval.flatMap { interval in
        let isInRange = (end - SimTime.zero + interval).seconds < Self.lastPlan
        return isInRange ? end + interval : nil
      }
      var change = change(at: arrived.time)
      change.stall = rule.stalls ? arrived.move.duration : .zero
      change.move = arrived.move
      return change
    }
    return change(at: tick)
  }

  /// The loads from a time on.
  private mutating func change(at time: SimTime) -> ExpertChange {
    minute = Self.minute(of: time)
    let now = Self.minutesBefore + minute
    if now >= mix.minutes { mix.extend(to: now + Self.minutesAhead) }
    let shares = mix.domainShares(now..<now + 1)
    return ExpertChange(
      time: time, imbalance: loads.imbalance(shares), firstImbalance: firstLoads.imbalance(shares))
  }

  private mutating func replan(at time: SimTime) {
    nextPlan = nil
    let window = Self.window(rule, at: time)
    if window.upperBound > mix.minutes { mix.extend(to: window.upperBound + Self.minutesAhead) }
    let new = replanner.plan(mix, window, after: placement)
    let move = network.move(replanner.replanning, from: placement, to: new)
    coming = (rule.stalls ? time : time + move.duration, new, move)
  }

  private static func minute(of time: SimTime) -> Int {
    Int((time - SimTime.zero).picoseconds / minute.picoseconds)
  }

  /// The whole minutes that ended before a time.
  private static func window(_ rule: RebalancingSpec, at time: SimTime) -> Range<Int> {
    let end = minutesBefore + minute(of: time)
    let length = Int((rule.window.picoseconds + minute.picoseconds - 1) / minute.picoseconds)
    return end - min(max(1, length), DriftedLoads.minuteLimit)..<end
  }
}
