// The sections of a run's text summary that only services have: requests, latency, objectives,
// pools and steady state. Each is empty for a record without its figures.

import Recording
import Text
import Units

/// Sections of the summary of a service.
enum ServiceSummary {
  /// The sections in print order.
  static func sections(_ record: RunRecord) -> [String] {
    [
      requests(record), latency(record), latencyIntervals(record), objectives(record),
      pools(record), experts(record), steadiness(record),
    ]
  }

  /// The whole run, then its classes.
  private static func scopes(_ record: RunRecord) -> [(name: String, scope: MetricScope)] {
    record.metrics.compactMap { metric in
      guard metric.kind == .requestsArrived else { return nil }
      if case .class(let name) = metric.scope { return (name, metric.scope) }
      return ("all", metric.scope)
    }
  }

  /// Returns a heading, a table, and lines below it; empty without rows.
  private static func section(
    _ heading: String, _ table: TextTable, isEmpty: Bool, _ notes: [String]
  ) -> String {
    guard !isEmpty else { return "" }
    let lines = notes.flatMap { note in
      wrappedText(TextTable.printable(note), width: RunSummary.width - 4).enumerated()
        .map { ($0 == 0 ? "  " : "    ") + $1 + "\n" }
    }
    return heading + "\n" + table.text + lines.joined()
  }

  private static func definition(_ kind: MetricKind) -> String {
    "\(kind.label): \(kind.definition)"
  }

  // MARK: Requests

  private static let states: [(title: String, kind: MetricKind)] = [
    ("arrived", .requestsArrived), ("finished", .requestsFinished),
    ("rejected", .requestsRejected), ("lost", .requestsLost), ("running", .requestsRunning),
    ("queued", .requestsQueued), ("measured", .requestsMeasured),
  ]

  private static func requests(_ record: RunRecord) -> String {
    let scopes = scopes(record)
    var table = TextTable(
      columns: [(title: "class", alignment: .left)]
        + states.map { (title: $0.title, alignment: .right) }, indent: 2)
    for (name, scope) in scopes {
      table.addRow(
        [name] + states.map { countText(record.result.value($0.kind, of: scope) ?? 0) })
    }
    let reasons: [MetricKind] = [
      .requestsTooLong, .requestsNeverFitting, .requestsQueueFull, .requestsFailed,
      .requestsTimedOut,
    ]
    let found = reasons.compactMap { kind in
      record.value(kind).map { "\(kind.label): \(countText($0))" }
    }
    return section(
      "Requests", table, isEmpty: scopes.isEmpty,
      found + ["running, queued: when the simulation stopped", definition(.requestsMeasured)])
  }

  // MARK: Latency

  private static let times: [(title: String, kind: MetricKind)] = [
    ("TTFT", .timeToFirstToken), ("TPOT", .requestTimePerToken),
    ("TPOT with the first token", .timePerTokenWithFirst), ("ITL, pooled", .interTokenLatency),
    ("E2E", .endToEnd), ("queueing", .queueing),
  ]

  private static func latency(_ record: RunRecord) -> String {
    let statistics: [MetricStatistic] = [.mean, .p50, .p90, .p99]
    var table = TextTable(
      columns: [(title: "class", alignment: .left), (title: "", alignment: .left)]
        + statistics.map { (title: $0.rawValue, alignment: .right) }, indent: 2)
    var isEmpty = true
    for (name, scope) in scopes(record) {
      var label = name
      for (title, kind) in times {
        let values = statistics.compactMap { record.result.value(kind, of: scope, $0) }
        guard values.count == statistics.count else { continue }
        table.addRow([label, title] + values.map { kind.unit.text($0) })
        label = ""
        isEmpty = false
      }
    }
    var notes = times.map { "\($0.title): \($0.kind.definition)" }
    if let rate = record.result.value(.interactivity, of: .all, .p50) {
      notes.append(
        "interactivity, median: \(MetricUnit.tokenPerSecondPerUser.text(rate)), 1 / TPOT")
    }
    if let rate = record.value(.endToEndInteractivity) {
      notes.append(
        "interactivity from arrival: \(MetricUnit.tokenPerSecondPerUser.text(rate)), "
          + MetricKind.endToEndInteractivity.definition)
    }
    return section("Latency of the measured requests", table, isEmpty: isEmpty, notes)
  }

  private static func latencyIntervals(_ record: RunRecord) -> String {
    let statistics: [MetricStatistic] = [.p50, .p90, .p99]
    var table = TextTable(
      columns: [(title: "class", alignment: .left), (title: "", alignment: .left)]
        + statistics.map { (title: $0.rawValue, alignment: .left) }, indent: 2)
    var isEmpty = true
    for (name, scope) in scopes(record) {
      var label = name
      for (title, kind) in times {
        let ranges = statistics.map { interval(kind, scope, $0, record) }
        guard ranges.contains(where: { $0 != nil }) else { continue }
        table.addRow([label, title] + ranges.map { $0 ?? "-" })
        label = ""
        isEmpty = false
      }
    }
    return section("90 % intervals of these latencies", table, isEmpty: isEmpty, [])
  }

  /// The interval around a statistic in words; nil without one.
  private static func interval(
    _ kind: MetricKind, _ scope: MetricScope, _ statistic: MetricStatistic, _ record: RunRecord
  ) -> String? {
    guard let ends = statistic.ends, let low = record.result.value(kind, of: scope, ends.low),
      let high = record.result.value(kind, of: scope, ends.high)
    else { return nil }
    return "\(kind.unit.text(low)) to \(kind.unit.text(high))"
  }

  // MARK: Objectives

  private static func objectives(_ record: RunRecord) -> String {
    let kinds: [(title: String, kind: MetricKind)] = [
      ("goodput", .goodput), ("output", .goodputTokens), ("of arrived", .attainmentOfArrived),
      ("of finished", .attainmentOfFinished),
    ]
    var table = TextTable(
      columns: [(title: "class", alignment: .left)]
        + kinds.map { (title: $0.title, alignment: .right) }, indent: 2)
    var isEmpty = true
    for (name, scope) in scopes(record) {
      let values = kinds.map { kind in
        record.result.value(kind.kind, of: scope).map { kind.kind.unit.text($0) }
      }
      guard values.contains(where: { $0 != nil }) else { continue }
      table.addRow([name] + values.map { $0 ?? "-" })
      isEmpty = false
    }
    let intervals = kinds.compactMap { kind in
      interval(kind.kind, .all, .value, record).map { "\(kind.title), 90 % interval: \($0)" }
    }
    return section(
      "Requests inside their objectives", table, isEmpty: isEmpty,
      intervals + kinds.map { definition($0.kind) })
  }

  // MARK: Pools

  private static let uses: [(title: String, kind: MetricKind, statistic: MetricStatistic)] = [
    ("busy", .utilisation, .value),
    ("KV, mean", .cacheOccupancy, .mean),
    ("KV, max", .cacheOccupancy, .greatest), ("cache hits", .cacheHitRatio, .value),
    ("from host", .hostHitRatio, .value), ("from store", .storeHitRatio, .value),
    ("preemptions", .preemptions, .value), ("queue", .queuedForPool, .value),
    ("slowest/even", .slowestOverEven, .value),
  ]

  private static func pools(_ record: RunRecord) -> String {
    // Tiers have columns where something was loaded from them.
    let tiers: [MetricKind] = [.hostHitRatio, .storeHitRatio]
    let uses = uses.filter { use in
      !tiers.contains(use.kind) || record.metrics.contains { $0.kind == use.kind }
    }
    var table = TextTable(
      columns: [(title: "pool", alignment: .left), (title: "GPUs", alignment: .right)]
        + uses.map { (title: $0.title, alignment: .right) }, indent: 2)
    for pool in record.pools {
      table.addRow(
        [pool.name, countText(Double(pool.gpusPerUnit * pool.units))]
          + uses.map { use in
            record.result.value(use.kind, of: .pool(pool.name), use.statistic).map {
              // A queue's unit is in the definition below.
              use.kind == .queuedForPool ? significantText($0) : use.kind.unit.text($0)
            } ?? "-"
          })
    }
    let kinds: [MetricKind] = [
      .utilisation, .cacheOccupancy, .cacheHitRatio, .hostHitRatio, .storeHitRatio,
      .queuedForPool, .slowestOverEven,
    ].filter { kind in !tiers.contains(kind) || uses.contains { $0.kind == kind } }
    return section(
      "Pools", table, isEmpty: record.pools.isEmpty,
      bottleneck(record) + kinds.map(definition))
  }

  private static let drift: [(title: String, kind: MetricKind, statistic: MetricStatistic)] = [
    ("imbalance", .expertImbalance, .mean),
    ("without rebalancing", .firstExpertImbalance, .mean), ("rebalancings", .rebalancings, .value),
    ("experts moved", .movedExpertBytes, .value), ("standstill", .standstill, .value),
  ]

  private static func experts(_ record: RunRecord) -> String {
    var table = TextTable(
      columns: [(title: "pool", alignment: .left)]
        + drift.map { (title: $0.title, alignment: .right) }, indent: 2)
    var isEmpty = true
    for pool in record.pools {
      let values = drift.map { kind in
        record.result.value(kind.kind, of: .pool(pool.name), kind.statistic).map {
          kind.kind.unit.text($0)
        }
      }
      guard values.contains(where: { $0 != nil }) else { continue }
      table.addRow([pool.name] + values.map { $0 ?? "-" })
      isEmpty = false
    }
    return section(
      "Experts whose loads drift", table, isEmpty: isEmpty,
      [.expertImbalance, .movedExpertBytes, .standstill].map(definition))
  }

  /// The fullest resource and the longest queue, as sentences.
  private static func bottleneck(_ record: RunRecord) -> [String] {
    var uses: [(share: Double, words: String)] = []
    var queues: [(length: Double, pool: String)] = []
    for pool in record.pools {
      let scope = MetricScope.pool(pool.name)
      if let share = record.result.value(.utilisation, of: scope) {
        uses.append((share, "the GPUs of \(pool.name) are busy"))
      }
      if let share = record.result.value(.cacheOccupancy, of: scope, .mean) {
        uses.append((share, "the KV caches of \(pool.name) are in use"))
      }
      if let length = record.result.value(.queuedForPool, of: scope), length > 0 {
        queues.append((length, pool.name))
      }
    }
    // The first of equals, in the order of the pools.
    let fullest = uses.reduce(uses.first) { most, use in
      most.map { use.share > $0.share ? use : $0 }
    }
    let longest = queues.reduce(queues.first) { most, queue in
      most.map { queue.length > $0.length ? queue : $0 }
    }
    return [
      fullest.map { "fullest: \($0.words) to \(percentText($0.share)), mean over time" },
      longest.map {
        "longest queue: before \($0.pool), \(significantText($0.length)) requests, mean over time"
      },
    ].compactMap(\.self)
  }

  // MARK: Steady state

  private static func steadiness(_ record: RunRecord) -> String {
    let growth = record.value(.waitingGrowth)
    let low = record.result.value(.waitingGrowth, of: .all, .low)
    guard record.value(.requestsMeasured) != nil else { return "" }
    var table = TextTable(
      columns: [
        (title: "", alignment: .left), (title: "mean", alignment: .right),
        (title: "95 % interval", alignment: .left),
      ], indent: 2)
    var isEmpty = true
    let means: [MetricKind] = [.steadyTimeToFirstToken, .steadyTimePerToken, .steadyEndToEnd]
    for kind in means {
      guard let value = record.value(kind), let low = record.result.value(kind, of: .all, .low),
        let high = record.result.value(kind, of: .all, .high)
      else { continue }
      isEmpty = false
      let unit = kind.unit
      table.addRow([kind.label, unit.text(value), "\(unit.text(low)) to \(unit.text(high))"])
    }
    if let growth, let low, low > 0 {
      return section(
        "Steady state", TextTable(columns: []), isEmpty: false,
        [
          "OVERLOADED: the queue grows by \(MetricUnit.requestPerSecond.text(growth)), so there are"
            + " no steady figures; those above depend on how long the load lasts",
          definition(.waitingGrowth),
        ])
    }
    guard let cut = record.value(.warmUpRequests) else {
      return section(
        "Steady state", TextTable(columns: []), isEmpty: false,
        ["none found: TTFT has not settled in the first half of the measured requests (MSER-5)"])
    }
    let first = "warm-up: the first \(countText(cut)) measured requests (MSER-5 on TTFT)"
    let missing = "no interval: fewer than 20 batches of requests are independent"
    return section(
      "Steady state", isEmpty ? TextTable(columns: []) : table, isEmpty: false,
      [first] + (isEmpty ? [missing] : []))
  }
}
