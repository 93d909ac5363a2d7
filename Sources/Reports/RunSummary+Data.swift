// The machine-readable run summary: the same record in full precision, with units in the names.

import Recording
import Units

extension RunSummary {
  /// Returns the record as JSON, ending with a line feed.
  ///
  /// For each rank, the five phases and the values of `idle_s` sum to the step time;
  /// `waiting_in_phases_s` is the part of the five phases in which compute waits.
  package static func json(_ record: RunRecord) -> String { jsonValue(record).description + "\n" }

  /// Returns the record as a JSON value, for commands that print several records.
  package static func jsonValue(_ record: RunRecord) -> JSONValue {
    let all = TimeShares(record.rankTimes)
    let causes = Activity.allCases.filter { activity in
      Self.pipelineCauses.contains(activity)
        || record.rankTimes.contains {
          $0.phase == .bubble && $0.activity == activity && $0.time > .zero
        }
    }
    let own = Dictionary(grouping: record.rankTimes) { $0.rank << 24 | $0.member }
    let ranks = all.members.map { member in
      let own = own[member.rank << 24 | member.member] ?? []
      return JSONValue.object(
        [
          (name: "rank", value: .integer(Int64(member.rank))),
          (name: "member", value: .integer(Int64(member.member))),
          (name: "gpus", value: .integer(Int64(member.gpus))),
        ] + times(TimeShares(own), causes: causes))
    }
    let metrics = JSONValue.object(record.metrics.map { (name: $0.name, value: number($0)) })
    return .object(
      [(name: "metrics", value: metrics)] + service(record) + trainingRun(record) + [
        (name: "ranks", value: .array(ranks)),
        (name: "mean", value: .object(all.gpuCount == 0 ? [] : times(all, causes: causes))),
        (name: "memory", value: .array(memoryRows(record))),
        (name: "assumptions", value: .array(record.assumptions.map { .text($0) })),
        (name: "provenance", value: provenance(record)),
      ])
  }

  /// The activities that occur only in bubbles.
  private static let pipelineCauses: [Activity] = [.schedule, .stageImbalance, .pipelineTransfer]

  /// Returns `metric,value,unit` rows in full precision, by RFC 4180.
  package static func csv(_ record: RunRecord) -> String {
    record.metrics.reduce(into: "metric,value,unit\r\n") { text, metric in
      let unit = CSVText.field(metric.kind.unit.symbol)
      text += "\(CSVText.field(metric.name)),\(number(metric).compact),\(unit)\r\n"
    }
  }

  /// Returns a metric's value; whole counts become integers.
  private static func number(_ metric: Metric) -> JSONValue {
    if metric.kind.unit.isCount, metric.value == metric.value.rounded(),
      metric.value.magnitude < 9_007_199_254_740_992
    {
      return .integer(Int64(metric.value))
    }
    return .real(metric.value)
  }

  private static func times(
    _ shares: TimeShares, causes: [Activity]
  ) -> [(name: String, value: JSONValue)] {
    let phases = Phase.allCases.filter { $0 != .bubble }
      .map { (name: $0.rawValue + "_s", value: JSONValue.real(shares.meanSeconds($0))) }
    let idle = causes.map {
      (name: $0.rawValue, value: JSONValue.real(shares.meanSeconds(.bubble, $0)))
    }
    let waiting = Activity.allCases.filter { !$0.isBusy && !pipelineCauses.contains($0) }.map {
      (name: $0.rawValue, value: JSONValue.real(shares.meanSecondsOutsideBubble($0)))
    }
    return phases + [
      (name: "idle_s", value: .object(idle)),
      (name: "waiting_in_phases_s", value: .object(waiting)),
    ]
  }

  private static func memoryRows(_ record: RunRecord) -> [JSONValue] {
    let use = MemoryByRank(record.memory)
    return use.ranks.map { rank in
      let kinds = MemoryKind.allCases.map {
        (name: $0.rawValue + "_bytes", value: bytes(use.bytes(rank, $0)))
      }
      return .object(
        [(name: "rank", value: .integer(Int64(rank)))] + kinds
          + [(name: "total_bytes", value: bytes(use.total(rank)))])
    }
  }

  private static func bytes(_ value: Double) -> JSONValue {
    value == value.rounded() && value.magnitude < 9_007_199_254_740_992
      ? .integer(Int64(value)) : .real(value)
  }

  private static func provenance(_ record: RunRecord) -> JSONValue {
    let origin = record.provenance
    return .object([
      (name: "scenario", value: .text(origin.scenarioName)),
      (
        name: "settings",
        value: .array(
          origin.settings.map {
            .object([("key", .text($0.key)), ("value", $0.value.map { .text($0) } ?? .null)])
          })
      ),
      (name: "scenario_sha256", value: .text(origin.scenarioHash)),
      // Text, since a JSON reader may store numbers as doubles, which lose bits of a large seed.
      (name: "seed", value: .text(String(origin.seed))),
      (name: "program_version", value: .text(origin.programVersion)),
      (name: "question", value: .text(origin.question)),
      (name: "schedule", value: .text(origin.schedule)),
      (name: "fingerprint", value: .text(record.fingerprint)),
    ])
  }
}
