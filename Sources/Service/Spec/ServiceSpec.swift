// The parameters of a service: pools of units, how requests reach them, and what happens to both.
// Valid by construction once the scenario is resolved.

import Serving
import Units

/// A service: colocated instances, or a prefill pool and a decode pool.
package struct ServiceSpec: Sendable {
  /// The pools; one colocated, or prefill and decode in this order.
  package var pools: [PoolSpec]
  /// How prompts' caches reach decode instances, with two pools.
  package var handover = Handover.push
  /// How an instance of a pool is chosen.
  package var router = RouterSpec()
  /// Classes of requests; at least one.
  package var classes: [TrafficClass]
  /// The load.
  package var load: LoadSpec
  /// Drafts per verification and how many are accepted; nil without.
  package var drafts: DraftSpec?
  /// Faults, and what follows from them; none by default.
  package var failures = FailureSpec()
  /// Drifting loads of experts, and their rebalancing; nil for loads and a placement that stay.
  package var rebalancing: RebalancingSpec?
  /// Rules that change the number of units; nil for a fixed number.
  package var scaling: ScalingSpec?
  /// Simulated time after which nothing more happens; nil to follow all requests to their ends.
  package var stop: SimDuration?
  /// Arrivals in this window count in latencies; nil for all.
  package var window: Range<SimTime>?
  /// Interval of the time series.
  package var sampleInterval = SimDuration(seconds: 60)

  package init(pools: [PoolSpec], classes: [TrafficClass], load: LoadSpec) {
    self.pools = pools
    self.classes = classes
    self.load = load
  }
}

/// How a prompt's cache reaches the decode instance.
package enum Handover: String, CaseIterable, Hashable, Sendable {
  /// Decode loads it after prefill has ended, and computes the last prompt token again (vLLM).
  case pull
  /// Decode reserves memory first; prefill sends each piece when its step ends (SGLang).
  case push
}

/// A class of requests with its objectives.
package struct TrafficClass: Hashable, Sendable {
  /// Name in results.
  package var name: String
  /// Longest time to the first token that meets the objectives, inclusive; nil for none.
  package var timeToFirstToken: SimDuration?
  /// The same of the mean time between later tokens.
  package var timePerOutputToken: SimDuration?
  /// The same of the time from arrival to the last token.
  package var endToEnd: SimDuration?

  package init(name: String) { self.name = name }
}

/// A pool of units that serve alike.
package struct PoolSpec: Sendable {
  /// What a pool does.
  package enum Role: String, CaseIterable, Hashable, Sendable {
    case colocated
    case prefill
    case decode
  }

  package var role: Role
  /// Units at the start.
  package var units: Int
  /// Layout, formats and cache of a unit: batch, context and phase are those of each step.
  package var step: InferenceSpec
  package var scheduler: SchedulerSpec
  /// Host time of a step outside of kernels.
  package var hostTime = SimDuration.zero
  /// Whether host and GPU work at the same time, so that a step takes the longer of both.
  package var overlapsHost = true
  /// Tokens of an instance's KV cache; nil for what the memory holds.
  package var cacheTokens: Int?
  /// Units by the hour of the day, from midnight on; empty for the same number always. What is not
  /// in use is free for training.
  package var timetable: [TimetableEntry] = []

  package init(role: Role, units: Int, step: InferenceSpec, scheduler: SchedulerSpec) {
    self.role = role
    self.units = units
    self.step = step
    self.scheduler = scheduler
  }
}

/// The number of units from a time of day on.
package struct TimetableEntry: Hashable, Sendable {
  /// Time since midnight.
  package var from: SimDuration
  /// Units from then on.
  package var units: Int

  package init(from: SimDuration, units: Int) {
    self.from = from
    self.units = units
  }
}

/// How a request's instance is chosen; the scores are those of the named projects.
package struct RouterSpec: Hashable, Sendable {
  /// Rules of choice.
  package enum Kind: String, CaseIterable, Hashable, Sendable {
    case roundRobin = "round_robin"
    /// Least of 4 x waiting + running (vLLM's data-parallel coordinator).
    case leastLoad = "least_load"
    /// Least of prefill blocks to compute and active blocks (Dynamo's KV router).
    case dynamo
    /// Largest sum of weighted scores of prefix, queue and free cache (llm-d).
    case prefix
    /// The instance of the session's last request, else the least loaded.
    case session
  }

  /// The rule.
  package var kind = Kind.leastLoad

  package init() {}
}

/// Drafts and their acceptance.
package struct DraftSpec: Hashable, Sendable {
  /// Drafts per verification.
  package var count: Int
  /// Probability that a draft is accepted if all before it were, by place.
  package var acceptance: [Double]

  /// - Precondition: `acceptance` has `count` probabilities.
  package init(count: Int, acceptance: [Double]) {
    precondition(acceptance.count == count, "every draft has a probability")
    self.count = count
    self.acceptance = acceptance
  }
}

/// Faults and what follows from them.
package struct FailureSpec: Sendable {
  /// What happens to the requests of a failed unit once the fault is detected.
  package enum Rule: String, CaseIterable, Hashable, Sendable {
    case lost
    /// Again from the prompt.
    case retry
    /// Prompt and tokens made so far are computed again as a prompt; the rest follows.
    case migrate
  }

  /// A fault at a given time.
  package struct Fault: Hashable, Sendable {
    package var time: SimTime
    /// Index of the pool.
    package var pool: Int
    /// Index of its unit.
    package var unit: Int

    package init(time: SimTime, pool: Int, unit: Int) {
      self.time = time
      self.pool = pool
      self.unit = unit
    }
  }

  /// Faults at given times.
  package var faults: [Fault] = []
  /// Mean time between failures of one GPU, each of which stops its unit; nil for none.
  package var gpuMTBF: Seconds?
  /// The same of a host.
  package var hostMTBF: Seconds?
  /// The same of a NIC.
  package var nicMTBF: Seconds?
  /// From a fault to its detection.
  package var detection = SimDuration.zero
  /// From the detection of a fault, or from when there is a spare host, to the return of the unit.
  package var restart = SimDuration.zero
  /// Hosts that can replace failed ones; a unit without one waits for a repair. Nil for as many as
  /// needed.
  package var spareHosts: Int?
  /// From the detection of a fault until the failed host is a spare again.
  package var repair = SimDuration.zero
  /// What becomes of the requests of a failed unit.
  package var rule = Rule.lost
  /// Retries of a request; nil for no limit.
  package var retryLimit: Int?
  /// Wait before the first retry.
  package var backoff = SimDuration.zero
  /// Factor from a wait to the next.
  package var backoffFactor = 1.5
  /// The longest wait.
  package var longestBackoff = SimDuration(seconds: 30)
  /// Longest wait until a request is computed or loaded, on arrival or later; nil for no limit.
  package var queueTimeout: SimDuration?

  package init() {}
}

/// Loads of experts that drift, and their rebalancing.
package struct RebalancingSpec: Hashable, Sendable {
  /// From the end of one rebalancing to the start of the next; nil for the placement of the start
  /// always.
  package var interval: SimDuration?
  /// Traffic that a placement is planned on: whole minutes that ended before it.
  package var window: SimDuration
  /// Whether steps stand still while experts move; else the old placement serves until then.
  package var stalls: Bool

  package init(interval: SimDuration?, window: SimDuration, stalls: Bool) {
    self.interval = interval
    self.window = window
    self.stalls = stalls
  }
}

/// Scaling of a pool by a rule (Kubernetes' horizontal autoscaler).
package struct ScalingSpec: Hashable, Sendable {
  /// Index of the pool.
  package var pool: Int
  /// Requests in a unit, running and waiting, that the rule aims at.
  package var target: Double
  /// Least units.
  package var least: Int
  /// Most units.
  package var most: Int
  /// Period of the rule.
  package var interval: SimDuration
  /// Change of the ratio that is ignored.
  package var tolerance: Double
  /// Time over which the largest wish counts before units are removed.
  package var downWindow: SimDuration
  /// From the decision to a unit that serves.
  package var startup: SimDuration

  package init(
    pool: Int, target: Double, least: Int, most: Int, interval: SimDuration, tolerance: Double,
    downWindow: SimDuration, startup: SimDuration
  ) {
    self.pool = pool
    self.target = target
    self.least = least
    self.most = most
    self.interval = interval
    self.tolerance = tolerance
    self.downWindow = downWindow
    self.startup = startup
  }
}
