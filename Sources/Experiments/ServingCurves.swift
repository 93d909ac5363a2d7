// What the shipped units of a service give under growing load and in growing batches, and a service
// of many requests for measuring the simulator itself. Every input is in the text of a unit.

import Recording
import Scenarios
import Units

/// A deployment whose curves are drawn.
package struct ServingUnit: Sendable {
  /// Name in tables.
  package let name: String
  /// Its scenario, with the lengths of requests; arrivals are those of a point.
  package let scenario: String
  /// Attention groups that decode: the instances among which a batch is divided.
  package let groups: Int
  /// Requests per second of the points of load.
  package let rates: [Double]
}

/// The curves of some deployments.
package struct ServingCurves: Sendable {
  /// How the requests of a point arrive.
  package enum Point: Hashable, Sendable {
    /// Poisson arrivals for a minute, requests/s.
    case rate(Double)
    /// Users who wait for their answers, as many as this for each attention group.
    case batch(Int)
  }

  /// Time in which requests arrive at a point of load, of which the middle half counts.
  static let seconds = 60
  /// Requests of each user at a point of batch.
  static let rounds = 4

  /// The rates of every unit; nil for those of each.
  private let rates: [Double]?
  /// Users for each attention group that decodes.
  private let batches: [Int]

  /// - Parameters:
  ///   - rates: requests/s of the points of load, of every unit; nil for those of each.
  ///   - batches: users for each attention group that decodes.
  package init(rates: [Double]?, batches: [Int]) {
    self.rates = rates
    self.batches = batches
  }

  /// Every unit, or those with some names, at every load, then at every batch.
  ///
  /// Results do not depend on the number of workers.
  ///
  /// - Parameters:
  ///   - names: the units; nil for all.
  ///   - workers: points at a time.
  ///   - progress: called after each point with the number of those done and of all.
  package func rows(
    units names: [String]? = nil, workers: Int, progress: (Int, Int) -> Void = { _, _ in }
  ) -> [RecordValue] {
    let units = ServingUnit.all.filter { names?.contains($0.name) ?? true }
    let points = units.flatMap { unit in
      (rates ?? unit.rates).map { (unit, Point.rate($0)) } + batches.map { (unit, .batch($0)) }
    }
    var rows: [RecordValue] = []
    InOrder.run(0..<points.count, workers: workers) { index in
      let (unit, point) = points[index]
      return Self.row(unit, point)
    } deliver: {
      rows.append($0)
      progress(rows.count, points.count)
    }
    return rows
  }

  /// Simulates a number of requests of the first unit, at half the load that its prefill carries.
  ///
  /// - Throws: what a trial throws.
  package static func simulate(requests: Int) throws {
    let unit = ServingUnit.all[0]
    _ = try run(
      unit,
      ["service.load.arrivals=poisson", "service.load.rate=100 requests/s"]
        + ["service.load.requests=\(requests)"])
  }

  private static func run(_ unit: ServingUnit, _ overrides: [String]) throws -> RunRecord {
    let scenario = try Scenario.decode(
      text: unit.scenario, file: unit.name, overrides: overrides)
    return try Trial(scenario, programVersion: "").run(triesRemedies: false)
  }

  private static func overrides(_ unit: ServingUnit, _ point: Point) -> [String] {
    switch point {
    case .rate(let rate):
      [
        "service.load.arrivals=poisson", "service.load.rate=\(rate) requests/s",
        "service.load.duration=\(seconds) s",
        "service.window={from: \(seconds / 4) s, to: \(seconds * 3 / 4) s}",
      ]
    case .batch(let batch):
      [
        "service.load.arrivals=closed_loop", "service.load.users=\(batch * unit.groups)",
        "service.load.requests=\(rounds * batch * unit.groups)",
      ]
    }
  }

  private static func row(_ unit: ServingUnit, _ point: Point) -> RecordValue {
    let record: RunRecord
    do {
      record = try run(unit, overrides(unit, point))
    } catch {
      // Units are built in, and the command bounds loads and batches: only a bug gets here.
      preconditionFailure("\(unit.name): \(error)")
    }
    let result = record.result
    func time(_ kind: MetricKind, _ statistic: MetricStatistic) -> Double? {
      result.value(kind, of: .all, statistic)
    }
    func busy(_ pools: [String]) -> Double? {
      pools.compactMap { result.value(.utilisation, of: .pool($0)) }.first
    }
    var (rate, batch): (Double?, Int?) = (nil, nil)
    switch point {
    case .rate(let value): rate = value
    case .batch(let value): batch = value
    }
    return [
      "unit": unit.name, "requests_per_s": rate, "batch_sequences": batch,
      "requests": result.value(.requestsArrived),
      "output_tokens_per_s": result.value(.outputThroughput),
      "output_tokens_per_s_per_node": result.value(.outputPerNode),
      "ttft_p50_s": time(.timeToFirstToken, .p50), "ttft_p99_s": time(.timeToFirstToken, .p99),
      "tpot_p50_s": time(.requestTimePerToken, .p50),
      "tpot_p99_s": time(.requestTimePerToken, .p99),
      "prefill_busy_ratio": busy(["prefill", "colocated"]),
      "decode_busy_ratio": busy(["decode"]),
      "queue_grows": (result.value(.waitingGrowth, of: .all, .low) ?? 0) > 0,
    ]
  }
}
