// Two runs beside each other: where time, bytes and money differ, the largest difference first.

import Recording
import ResultsStore

/// The differences between two runs.
package struct RunDifference: Sendable {
  /// A key whose values differ; nil where a scenario does not have it.
  package struct Setting: Hashable, Sendable {
    /// The key, for example `training.microbatches`.
    package var key: String
    /// The values in base units.
    package var values: (first: String?, second: String?) { (first, second) }
    private var first: String?
    private var second: String?

    /// Makes a difference of two texts.
    package init(_ key: String, first: String?, second: String?) {
      self.key = key
      self.first = first
      self.second = second
    }
  }

  /// A quantity of one part of the runs.
  private struct Amount {
    var name: String
    var unit: String
    var first: Double?
    var second: Double?

    var difference: Double { (second ?? 0) - (first ?? 0) }
    /// The size of the difference, relative to the larger value.
    var relativeSize: Double {
      let largest = max(abs(first ?? 0), abs(second ?? 0))
      return largest == 0 ? 0 : abs(difference) / largest
    }
  }

  private let settings: [Setting]
  private let parts: [(name: String, amounts: [Amount])]

  /// - Parameters:
  ///   - first: the run that differences start from.
  ///   - second: the run that they lead to.
  ///   - settings: the keys whose values differ, in order.
  package init(_ first: RunRecord, _ second: RunRecord, settings: [Setting]) {
    self.settings = settings
    let metrics = Self.metrics(first, second).stablySorted { $0.amount.relativeSize }
    parts =
      [
        ("time", Self.pairs(first.result.meanTimes, second.result.meanTimes, unit: "s")),
        ("time", Self.pairs(first.result.wallTimes, second.result.wallTimes, unit: "s")),
        ("time", Self.pairs(first.result.poolTimes, second.result.poolTimes, unit: "GPU s")),
        ("memory", Self.pairs(first.result.fullestMemory, second.result.fullestMemory, unit: "B")),
        (
          "traffic",
          Self.pairs(first.result.trafficBytes, second.result.trafficBytes, unit: "B/GPU")
        ),
        ("money", Self.money(first.spending, second.spending)),
      ].map { name, amounts in
        (name, amounts.filter { $0.difference != 0 }.stablySorted { abs($0.difference) })
      } + [
        ("result", metrics.filter(\.isHeadline).map(\.amount)),
        ("metric", metrics.filter { !$0.isHeadline }.map(\.amount)),
      ]
  }

  /// The rows, for every format of results.
  package var table: ResultTable {
    var rows: [[ResultValue]] = settings.map { setting in
      [
        .text("setting"), .text(setting.key), .null,
        setting.values.first.map(ResultValue.text) ?? .null,
        setting.values.second.map(ResultValue.text) ?? .null, .null,
      ]
    }
    for part in parts {
      rows += part.amounts.map { amount in
        [
          .text(part.name), .text(amount.name), .text(amount.unit),
          amount.first.map(ResultValue.real) ?? .null,
          amount.second.map(ResultValue.real) ?? .null, .real(amount.difference),
        ]
      }
    }
    return ResultTable(
      columns: ["part", "name", "unit", "first", "second", "difference"], rows: rows)
  }

  private static func pairs(
    _ first: [(name: String, value: Double)], _ second: [(name: String, value: Double)],
    unit: String
  ) -> [Amount] {
    let names =
      first.map(\.name)
      + second.map(\.name).filter { name in
        !first.contains { $0.name == name }
      }
    return names.map { name in
      Amount(
        name: name, unit: unit, first: first.first { $0.name == name }?.value,
        second: second.first { $0.name == name }?.value)
    }
  }

  /// The parts of two costs; none if they are costs of different things.
  private static func money(_ first: RunRecord.Spending, _ second: RunRecord.Spending) -> [Amount] {
    first.unit == second.unit ? pairs(first.parts, second.parts, unit: first.unit) : []
  }

  private static func metrics(
    _ first: RunRecord, _ second: RunRecord
  ) -> [(isHeadline: Bool, amount: Amount)] {
    var seen: Set<String> = []
    return (first.metrics + second.metrics).filter { seen.insert($0.name).inserted }.compactMap {
      metric in
      let amount = Amount(
        name: metric.name, unit: metric.kind.unit.symbol,
        first: first.metrics.first { $0.name == metric.name }?.value,
        second: second.metrics.first { $0.name == metric.name }?.value)
      return amount.first == amount.second ? nil : (metric.isHeadline, amount)
    }
  }
}

extension Metric {
  /// Whether the metric belongs to the result of its question: what a run yields and costs, and
  /// the times that users of a service see.
  fileprivate var isHeadline: Bool {
    guard scope == .all else { return false }
    let isLatency = [.timeToFirstToken, .requestTimePerToken].contains(kind)
    return isLatency ? [.p50, .p99].contains(statistic) : kind.section == .yield
  }
}

extension RunRecord {
  /// A cost by what it is paid for, in its unit.
  fileprivate typealias Spending = (unit: String, parts: [(name: String, value: Double)])

  /// What the run costs, by what it is paid for; the parts sum to the metric of the cost.
  fileprivate var spending: Spending {
    func split(_ kind: MetricKind, _ shares: [(name: String, value: Double)]) -> Spending {
      let whole = shares.reduce(0) { $0 + $1.value }
      guard let cost = value(kind), whole > 0 else { return (kind.unit.symbol, []) }
      return (kind.unit.symbol, shares.map { ($0.name, cost * $0.value / whole) })
    }
    return switch provenance.question {
    case "training_run": split(.runCost, result.run.phases.map { ($0.name, $0.gpuHours) })
    case "service":
      split(.usdPerMillionOutputTokens, result.pools.map { ($0.name, $0.heldGPUSeconds) })
    default: split(.costUSD, result.meanTimes)
    }
  }
}

extension SimulationResult {
  /// The mean time of a GPU in each activity of each phase, in seconds.
  fileprivate var meanTimes: [(name: String, value: Double)] {
    let count = Double(max(1, rankTimes.gpuCount))
    return Self.summed(
      rankTimes.map {
        ("\($0.phase.rawValue): \($0.activity.rawValue)", Double($0.gpus) * $0.time.seconds / count)
      })
  }

  /// The wall-clock time of a training run in each category of each phase, in seconds.
  fileprivate var wallTimes: [(name: String, value: Double)] {
    run.times.map { ("\($0.phase): \($0.category.rawValue)", $0.seconds) }
  }

  /// What the GPUs of each pool of a service did while they were part of it, in GPU-seconds.
  fileprivate var poolTimes: [(name: String, value: Double)] {
    pools.flatMap { pool in
      [
        ("\(pool.name): busy", pool.busyGPUSeconds),
        ("\(pool.name): idle", pool.heldGPUSeconds - pool.busyGPUSeconds),
      ]
    }
  }

  /// The memory of the rank with the highest peak, by purpose.
  fileprivate var fullestMemory: [(name: String, value: Double)] {
    var totals: [(rank: Int, bytes: Double)] = []
    for row in memory {
      if let place = totals.firstIndex(where: { $0.rank == row.rank }) {
        totals[place].bytes += row.bytes.value
      } else {
        totals.append((row.rank, row.bytes.value))
      }
    }
    guard let largest = totals.map(\.bytes).max(),
      let fullest = totals.first(where: { $0.bytes == largest })?.rank
    else { return [] }
    return memory.filter { $0.rank == fullest }.map { ($0.kind.rawValue, $0.bytes.value) }
  }

  /// Bytes through each class of ports, by purpose.
  fileprivate var trafficBytes: [(name: String, value: Double)] {
    Self.summed(
      network.traffic.map { ("\($0.link.rawValue): \($0.kind.rawValue)", $0.bytesPerGPU.value) })
  }

  /// The sum of each name, in the order of its first row.
  private static func summed(
    _ rows: [(name: String, value: Double)]
  ) -> [(name: String, value: Double)] {
    var sums: [(name: String, value: Double)] = []
    for row in rows {
      if let place = sums.firstIndex(where: { $0.name == row.name }) {
        sums[place].value += row.value
      } else {
        sums.append(row)
      }
    }
    return sums
  }
}

extension Array {
  /// The elements by falling size, equal ones in their order.
  fileprivate func stablySorted(by size: (Element) -> Double) -> [Element] {
    let sizes = map(size)
    let order = indices.sorted { sizes[$0] != sizes[$1] ? sizes[$0] > sizes[$1] : $0 < $1 }
    return order.map { self[$0] }
  }
}
