// What a plan keeps of a simulated layout: its time, what it went into, its memory.

import Recording
import Units

/// The figures of one simulated candidate.
struct LayoutFigures: Hashable {
  /// Step time.
  var seconds: Double
  /// Peak memory of the fullest rank, bytes.
  var memory: Double
  /// Mean seconds of a GPU by cause; they sum to the step time.
  var causes: [Cause]

  /// Seconds that a mean GPU spends on something.
  struct Cause: Hashable {
    var name: String
    var seconds: Double
  }

  init(_ record: RunRecord) {
    seconds = record.value(.stepTime) ?? 0
    memory = record.value(.peakMemory) ?? 0
    let gpus = Int(record.value(.gpuCount) ?? 1)
    causes = Activity.allCases.map { activity in
      Cause(
        name: activity.rawValue.split(separator: "_").joined(separator: " "),
        seconds: record.rankTimes.meanSeconds(overGPUs: gpus) { $0.activity == activity })
    }
  }

  /// Why it takes longer than another one: the difference, and the largest differences of causes.
  func reason(against best: LayoutFigures) -> String {
    func signed(_ seconds: Double) -> String {
      (seconds < 0 ? "-" : "+") + durationText(seconds: seconds.magnitude)
    }
    let differences = zip(causes, best.causes).map {
      Cause(name: $0.name, seconds: $0.seconds - $1.seconds)
    }
    let shown = differences.enumerated().sorted {
      ($1.element.seconds.magnitude, $0.offset) < ($0.element.seconds.magnitude, $1.offset)
    }.map(\.element).prefix(3).filter { $0.seconds.magnitude > 1e-4 * best.seconds }
    let parts = shown.map { "\($0.name) \(signed($0.seconds))" }
    return signed(seconds - best.seconds)
      + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", "))
  }
}
