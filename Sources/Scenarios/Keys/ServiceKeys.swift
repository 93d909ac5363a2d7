// The keys under `service`, apart from its load and its pools.

import Service
import Units

extension ScenarioKeys {
  static let service = Key<Fields>(
    "service", .record(ServiceKeys.record),
    "The service to simulate, request by request; or training, or inference.")
}

extension Kind {
  /// A duration of a service.
  static func time(from least: String = "0 s") -> Kind {
    .quantity(Seconds.self, "time", from: least, to: "2400 h")
  }
}

/// Keys of `service`.
enum ServiceKeys {
  static let load = Key<Fields>(
    "load", .record(ServiceLoadKeys.record), .required,
    "The requests: when they arrive, and what they ask for.")
  static let classes = Key<[Fields]>(
    "classes", .list(.record(TrafficClassKeys.record), isSet: false, count: 1...64),
    "Classes of requests with objectives of their own; absent: one class, all.")
  static let objectives = Key<Fields>(
    "objectives", .record(ObjectiveKeys.record),
    "Longest times that meet the objectives; with several classes, write them in each.")
  static let router = Key<RouterSpec.Kind>(
    "router", .choice(RouterSpec.Kind.allCases.map(\.rawValue)), fallback: .leastLoad,
    "Choice of an instance for a request: in turn, least waiting and running, Dynamo's and llm-d's"
      + " scores of cached prefixes, or the instance of its session.")
  static let handover = Key<Handover>(
    "handover", .choice(Handover.allCases.map(\.rawValue)),
    "How caches reach decode: pull, loaded after prefill as by vLLM; push, sent to reserved memory"
      + " as by SGLang; absent: push with policy sglang in decode, else pull.")
  static let prefill = Key<Fields>(
    "prefill", .record(ServicePoolKeys.record), "Units that compute prompts; with decode.")
  static let decode = Key<Fields>(
    "decode", .record(ServicePoolKeys.record), "Units that make output tokens; with prefill.")
  static let colocated = Key<Fields>(
    "colocated", .record(ServicePoolKeys.record),
    "Units that do both, instead of prefill and decode.")
  static let drafts = Key<Fields>(
    "drafts", .record(DraftKeys.record),
    "Tokens drafted by the MTP module; absent: nothing is drafted.")
  static let failures = Key<Fields>(
    "failures", .record(FailureKeys.record), "Faults of units; absent: nothing fails.")
  static let rebalancing = Key<Fields>(
    "rebalancing", .record(RebalancingKeys.record),
    "Loads of experts that drift, and experts that are placed anew; absent: both stay.")
  static let scaling = Key<Fields>(
    "scaling", .record(ScalingKeys.record),
    "A rule that changes the number of units; absent: it stays.")
  static let stop = Key<Seconds>(
    "stop", .time(from: "1 us"),
    "Simulated time after which nothing more happens; absent: all requests are followed to their"
      + " ends.")
  static let warmup = Key<Seconds>(
    "warmup", .time(),
    "Arrivals before it do not count in latencies and throughput; or window.")
  static let window = Key<Fields>(
    "window", .record(LatencyWindowKeys.record),
    "Arrivals that count in latencies and throughput; absent: all; or warmup.")
  static let sampleInterval = Key<Seconds>(
    "sample_interval", .time(from: "1 us"), fallback: Seconds(60),
    "Interval of the time series.")
  static let record = Record(
    [
      load.declaration, classes.declaration, objectives.declaration, router.declaration,
      handover.declaration, prefill.declaration, decode.declaration, colocated.declaration,
      drafts.declaration, failures.declaration, rebalancing.declaration, scaling.declaration,
      stop.declaration, warmup.declaration, window.declaration, sampleInterval.declaration,
    ], exactlyOne: [[decode.name, colocated.name]],
    atMostOne: [
      [prefill.name, colocated.name], [warmup.name, window.name], [classes.name, objectives.name],
    ])
}

/// Keys of an entry of `service.classes`.
enum TrafficClassKeys {
  static let name = Key<String>(
    "name", .text, .required, "Name in results, and of the class in a trace with classes.")
  static let share = Key<Double>(
    "share", .number(0...1e6), fallback: 1, "Weight of the class among generated requests.")
  static let priority = Key<Int>(
    "priority", .integer(0...1_000_000), fallback: 0,
    "Priority of its requests, where the scheduler has priorities: lower ones go first.")
  static let prompt = Key<Fields>(
    "prompt", .record(LengthKeys.record), "Lengths of its prompts; absent: those of the load.")
  static let output = Key<Fields>(
    "output", .record(LengthKeys.record), "Lengths of its outputs; absent: those of the load.")
  static let objectives = Key<Fields>(
    "objectives", .record(ObjectiveKeys.record), "Longest times that meet its objectives.")
  static let record = Record([
    name.declaration, share.declaration, priority.declaration, prompt.declaration,
    output.declaration, objectives.declaration,
  ])
}

/// Keys of `objectives`.
enum ObjectiveKeys {
  static let timeToFirstToken = Key<Seconds>("ttft", .time(), "Time to the first token.")
  static let timePerOutputToken = Key<Seconds>(
    "tpot", .time(), "Mean time between later tokens of a request.")
  static let endToEnd = Key<Seconds>("e2e", .time(), "Time from arrival to the last token.")
  static let record = Record([
    timeToFirstToken.declaration, timePerOutputToken.declaration, endToEnd.declaration,
  ])
}

/// Keys of `service.drafts`.
enum DraftKeys {
  static let count = Key<Int>("count", .integer(1...16), fallback: 1, "Drafts per verification.")
  static let acceptance = Key<[Double]>(
    "acceptance", .list(.number(0...1), isSet: false, count: 1...16), .required,
    "Probability of each draft to be accepted if all before it were; one for all, or as many as"
      + " count.")
  static let record = Record([count.declaration, acceptance.declaration])
}

/// Keys of `service.failures`.
enum FailureKeys {
  static let faults = Key<[Fields]>(
    "faults", .list(.record(ServiceFaultKeys.record), isSet: false, count: 1...10_000),
    "Faults at given times.")
  static let gpuMTBF = Key<Seconds>(
    "gpu_mtbf", .quantity(Seconds.self, "time", from: "1 us", to: "1000000000 h"),
    "Mean time between failures of a GPU, each of which stops its unit; absent: none fails.")
  static let hostMTBF = Key<Seconds>(
    "host_mtbf", .quantity(Seconds.self, "time", from: "1 us", to: "1000000000 h"),
    "The same of a host, without its GPUs and NICs.")
  static let nicMTBF = Key<Seconds>(
    "nic_mtbf", .quantity(Seconds.self, "time", from: "1 us", to: "1000000000 h"),
    "The same of a NIC.")
  static let detection = Key<Seconds>(
    "detection", .time(), fallback: FailureSpec.assumedDetection,
    "From a fault to its detection.")
  static let restart = Key<Seconds>(
    "restart", .time(),
    "From the detection of a fault to a unit that serves; absent: start of processes, loading of"
      + " the weights of a host, and warm-up.")
  static let weightBandwidth = Key<BytesPerSecond>(
    "weight_bandwidth", .quantity(BytesPerSecond.self, "bandwidth", from: "1 MB/s", to: "1 PB/s"),
    fallback: FailureSpec.assumedWeightBandwidth,
    "Rate at which a host loads weights when a unit starts.")
  static let spareHosts = Key<Int>(
    "spare_hosts", .integer(0...100_000),
    "Hosts of the cluster that replace failed ones; absent: as many as needed.")
  static let repair = Key<Seconds>(
    "repair", .time(),
    "From the detection of a fault to the return of its host as a spare; with spare_hosts.")
  static let rule = Key<FailureSpec.Rule>(
    "rule", .choice(FailureSpec.Rule.allCases.map(\.rawValue)), fallback: .lost,
    "What becomes of the requests of a failed unit: lost, as engines do; retry, again from the"
      + " prompt; migrate, prompt and tokens are computed again and the rest follows.")
  static let retryLimit = Key<Int>(
    "retry_limit", .integer(0...1000), "Retries of a request; absent: no limit.")
  static let backoff = Key<Seconds>(
    "backoff", .time(), fallback: FailureSpec.gatewayBackoff, "Wait before the first retry.")
  static let backoffFactor = Key<Double>(
    "backoff_factor", .number(1...1000), fallback: FailureSpec.gatewayBackoffFactor,
    "Factor from a wait to the next.")
  static let longestBackoff = Key<Seconds>(
    "longest_backoff", .time(), fallback: FailureSpec.gatewayLongestBackoff,
    "Longest wait before a retry.")
  static let queueTimeout = Key<Seconds>(
    "queue_timeout", .time(from: "1 us"),
    "Longest wait until a request is computed or loaded: on arrival, in the decode queue, after a"
      + " preemption or a failure; absent: no limit.")
  static let record = Record([
    faults.declaration, gpuMTBF.declaration, hostMTBF.declaration, nicMTBF.declaration,
    detection.declaration, restart.declaration, weightBandwidth.declaration,
    spareHosts.declaration, repair.declaration, rule.declaration, retryLimit.declaration,
    backoff.declaration, backoffFactor.declaration, longestBackoff.declaration,
    queueTimeout.declaration,
  ])
}

/// Keys of an entry of `service.failures.faults`.
enum ServiceFaultKeys {
  static let time = Key<Seconds>("time", .time(), .required, "When it happens.")
  static let pool = Key<PoolRole>(
    "pool", .choice(PoolRole.allCases.map(\.rawValue)), .required, "The pool of its unit.")
  static let unit = Key<Int>("unit", .integer(0...100_000), fallback: 0, "The unit, from 0 on.")
  static let record = Record([time.declaration, pool.declaration, unit.declaration])
}

/// Keys of `service.rebalancing`.
enum RebalancingKeys {
  static let interval = Key<Seconds>(
    "interval", .time(from: "1 us"),
    "From the end of a rebalancing to the start of the next; absent: never, and only loads drift.")
  static let window = Key<Seconds>(
    "window", .time(from: "1 us"),
    "Time whose traffic a placement is planned on, in whole minutes; absent: the interval.")
  static let stalls = Key<Bool>(
    "stalls", .flag, fallback: false,
    "Whether steps stand still while experts move; else the old placement serves until then.")
  static let record = Record([interval.declaration, window.declaration, stalls.declaration])
}

/// Keys of `service.scaling`.
enum ScalingKeys {
  static let pool = Key<PoolRole>(
    "pool", .choice(PoolRole.allCases.map(\.rawValue)), .required, "The pool that is scaled.")
  static let target = Key<Double>(
    "target", .count(noun: "requests", 0.001...1e9, isWhole: false), .required,
    "Requests in a unit, running and waiting, that the rule aims at.")
  static let least = Key<Int>("least", .integer(0...100_000), fallback: 1, "Least units.")
  static let most = Key<Int>("most", .integer(1...100_000), .required, "Most units.")
  static let interval = Key<Seconds>(
    "interval", .time(from: "1 us"), fallback: ScalingSpec.usualInterval, "Period of the rule.")
  static let tolerance = Key<Double>(
    "tolerance", .number(0...1), fallback: ScalingSpec.usualTolerance,
    "Change of the number of units that is ignored, as a share.")
  static let downWindow = Key<Seconds>(
    "down_window", .time(), fallback: ScalingSpec.usualDownWindow,
    "Time whose largest wish counts before units are removed.")
  static let startup = Key<Seconds>(
    "startup", .time(),
    "From the decision to a unit that serves; absent: as failures.restart without a fault.")
  static let record = Record([
    pool.declaration, target.declaration, least.declaration, most.declaration,
    interval.declaration, tolerance.declaration, downWindow.declaration, startup.declaration,
  ])
}

/// Keys of `service.window`.
enum LatencyWindowKeys {
  static let from = Key<Seconds>("from", .time(), fallback: Seconds(0), "Its start, inclusive.")
  static let to = Key<Seconds>(
    "to", .time(), "Its end, exclusive; absent: the end of the simulation.")
  static let record = Record([from.declaration, to.declaration])
}

/// The name of a pool in a scenario.
typealias PoolRole = PoolSpec.Role

extension PoolSpec.Role: KeyValue {}
extension RouterSpec.Kind: KeyValue {}
extension Handover: KeyValue {}
extension FailureSpec.Rule: KeyValue {}
