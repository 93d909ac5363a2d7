// Final checks on the results of a run: an impossible result fails the run and names the invariant.

import Text
import Units

/// An impossible result: a bug in the program, never in its input.
package struct BrokenInvariant: ExplainedError, Hashable {
  /// The number of the invariant in the list of docs/architecture.md.
  package var number: Int
  /// The actual finding.
  package var finding: String

  package init(number: Int, _ finding: String) {
    self.number = number
    self.finding = finding
  }

  package var explanations: [Explanation] {
    [Explanation("invariant \(number) is broken: \(finding)")]
  }
  package var exitStatus: ExitStatus { .brokenInvariant }
}

extension SimulationResult {
  /// Checks the invariants of a result:
  /// - 6: the experts of a layer receive every token-expert pair;
  /// - 8: requests that arrived have finished, were rejected or lost, or are running or queued;
  /// - 12: no metric is NaN or infinite;
  /// - 13: the times of each simulated GPU sum to the step time, to the picosecond;
  /// - 14: bubble ratios are in 0...1;
  /// - 15: bytes sent equal bytes received over all GPUs;
  /// - 16: a value is inside its interval.
  ///
  /// - Throws: `BrokenInvariant` for the first that fails.
  package func checkInvariants() throws(BrokenInvariant) {
    for metric in metrics where !metric.value.isFinite {
      throw BrokenInvariant(number: 12, "\(metric.name) is \(metric.value)")
    }
    try checkRequests()
    try checkIntervals()
    try checkExpertLoads()
    try checkRankTimes(stepTime: stepTime)
    guard network.isConserved else {
      throw BrokenInvariant(number: 15, "bytes received are not the bytes sent")
    }
    let ratios: [MetricKind] = [
      .bubbleRatio, .bubbleRatioMax, .spanBubbleRatio, .exposedCommunicationRatio,
    ]
    for kind in ratios {
      if let ratio = value(kind), !(0...1).contains(ratio) {
        throw BrokenInvariant(number: 14, "\(kind.name) is \(ratio), outside 0...1")
      }
    }
  }

  private func checkRequests() throws(BrokenInvariant) {
    let states: [MetricKind] = [
      .requestsFinished, .requestsRejected, .requestsLost, .requestsRunning, .requestsQueued,
    ]
    for metric in metrics where metric.kind == .requestsArrived {
      let sum = states.reduce(0) { $0 + (value($1, of: metric.scope) ?? 0) }
      guard sum == metric.value else {
        throw BrokenInvariant(
          number: 8, "\(metric.name) is \(metric.value), its states sum to \(sum)")
      }
    }
    if let arrived = value(.requestsArrived), !requests.isEmpty, Double(requests.count) != arrived {
      throw BrokenInvariant(number: 8, "\(arrived) requests have \(requests.count) records")
    }
  }

  private func checkIntervals() throws(BrokenInvariant) {
    for metric in metrics where metric.statistic == .value {
      let low = value(metric.kind, of: metric.scope, .low) ?? metric.value
      let high = value(metric.kind, of: metric.scope, .high) ?? metric.value
      guard low <= metric.value, metric.value <= high else {
        throw BrokenInvariant(
          number: 16, "\(metric.name) is \(metric.value), outside \(low) to \(high)")
      }
    }
  }

  private func checkRankTimes(stepTime: SimDuration) throws(BrokenInvariant) {
    var sums: [[SimDuration]] = []
    for row in rankTimes {
      guard row.time >= .zero else {
        throw BrokenInvariant(
          number: 13, "rank \(row.rank) spends negative time in \(row.activity.rawValue)")
      }
      while sums.count <= row.rank { sums.append([]) }
      while sums[row.rank].count <= row.member { sums[row.rank].append(.zero) }
      sums[row.rank][row.member] += row.time
    }
    for (rank, members) in sums.enumerated() {
      for (member, sum) in members.enumerated() where sum != stepTime {
        throw BrokenInvariant(
          number: 13,
          "the times of rank \(rank), member \(member), sum to \(sum.picoseconds) ps, "
            + "the step takes \(stepTime.picoseconds) ps")
      }
    }
  }

  private func checkExpertLoads() throws(BrokenInvariant) {
    var sums: [Int] = []
    for load in expertLoads {
      while sums.count <= load.layer { sums.append(0) }
      sums[load.layer] += load.rows
    }
    for (layer, sum) in sums.enumerated() where Double(sum) != value(.expertRowsPerLayer) {
      throw BrokenInvariant(
        number: 6,
        "the experts of layer \(layer) receive \(sum) rows, tokens x top-k is "
          + "\(value(.expertRowsPerLayer) ?? 0)")
    }
  }
}
