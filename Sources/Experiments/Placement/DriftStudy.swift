// Replanning under drifting loads: its benefit at different intervals.

import Routing
import Text

/// One replanning interval, evaluated over the whole traffic.
package struct DriftRow: Sendable {
  /// Minutes between plans; nil if the first plan stays.
  package var everyMinutes: Int?
  /// Sum over minutes and layers of the largest GPU load, over the sum of means.
  package var imbalance: Double
  /// Experts moved.
  package var moved: Int
  /// Bytes of their weights and scales.
  package var movedBytes: Double
  /// Time of the moves, each as long as for the GPU that receives the most.
  package var moveSeconds: Double
  /// Expert time lost against an oracle that plans each minute on its own loads, as a share of the
  /// time with even loads.
  package var lostToOracle: Double
  /// Expert time saved against never replanning, as a share of the time with even loads.
  package var savedAgainstNever: Double
}

/// Placements under drifting loads.
package struct DriftStudy: Sendable {
  package let mix: DomainMix
  package let sizes: PlacementSizes
  /// Length of the window that a plan is based on.
  package let windowMinutes: Int
  /// Tolerated maximum GPU load relative to a fresh plan's, before experts move.
  package let threshold: Double
  /// Bytes of one expert's weights and scales.
  package let expertBytes: Double
  /// Rate at which a GPU receives experts.
  package let bytesPerSecond: Double

  /// - Throws: `PlacementProblem` for inconsistent sizes, or a window or threshold out of range.
  package init(
    mix: DomainMix, sizes: PlacementSizes, windowMinutes: Int, threshold: Double,
    expertBytes: Double, bytesPerSecond: Double
  ) throws(PlacementProblem) {
    var problems = sizes.problems(experts: mix.experts)
    if !(1..<mix.minutes).contains(windowMinutes) {
      problems.append(
        Explanation(
          "window \"\(windowMinutes)\" minutes: the traffic has \(mix.minutes)",
          advice: ["expected: 1 to \(mix.minutes - 1)"]))
    }
    if !(threshold >= 1 && threshold.isFinite) {
      problems.append(
        Explanation(
          "threshold \"\(threshold)\": loads cannot be required to be below a fresh plan's",
          advice: ["nearest: 1"]))
    }
    guard problems.isEmpty else { throw PlacementProblem(problems) }
    self.mix = mix
    self.sizes = sizes
    self.windowMinutes = windowMinutes
    self.threshold = threshold
    self.expertBytes = expertBytes
    self.bytesPerSecond = bytesPerSecond
  }

  /// The oracle's imbalance, and one row per interval after a row without replanning.
  package func run(everyMinutes intervals: [Int]) -> (oracle: Double, rows: [DriftRow]) {
    let minutes = (0..<mix.minutes).map { mix.counts(minute: $0) }
    let served = Array(minutes[windowMinutes...])
    let oracle = Self.imbalance(
      served.map { BestPlacement.plan($0, sizes) }, served, gpus: sizes.gpus)
    let never = row(minutes, every: nil)
    let rows = [never] + intervals.map { row(minutes, every: $0) }
    return (
      oracle,
      rows.map { row in
        var row = row
        row.lostToOracle = row.imbalance - oracle
        row.savedAgainstNever = never.imbalance - row.imbalance
        return row
      }
    )
  }

  private func row(_ minutes: [ExpertLoads], every: Int?) -> DriftRow {
    let replanning = Replanning(sizes: sizes, threshold: threshold)
    var current = BestPlacement.plan(.sum(minutes[0..<windowMinutes]), sizes)
    var used: [ExpertPlacement] = []
    var row = DriftRow(
      everyMinutes: every, imbalance: 0, moved: 0, movedBytes: 0, moveSeconds: 0,
      lostToOracle: 0, savedAgainstNever: 0)
    for minute in windowMinutes..<minutes.count {
      if let every, minute > windowMinutes, (minute - windowMinutes) % every == 0 {
        let window = ExpertLoads.sum(minutes[minute - windowMinutes..<minute])
        let next = replanning.plan(window, current: current)
        let movement = ExpertMovement(replanning, from: current, to: next)
        row.moved += movement.moved
        row.movedBytes += movement.bytes(expertBytes: expertBytes)
        row.moveSeconds += movement.seconds(
          expertBytes: expertBytes, bytesPerSecond: bytesPerSecond)
        current = next
      }
      used.append(current)
    }
    row.imbalance = Self.imbalance(used, Array(minutes[windowMinutes...]), gpus: sizes.gpus)
    return row
  }

  private static func imbalance(
    _ placements: [ExpertPlacement], _ minutes: [ExpertLoads], gpus: Int
  ) -> Double {
    var (largest, mean) = (0.0, 0.0)
    for (placement, loads) in zip(placements, minutes) {
      for (layer, slots) in placement.layers.enumerated() {
        let sums = slots.gpuLoads(loads[layer], gpus: gpus)
        largest += sums.max() ?? 0
        mean += sums.reduce(0, +) / Double(gpus)
      }
    }
    return mean > 0 ? largest / mean : 1
  }
}
