// Sizes that a schedule does not support, as data from which the message is made.

import Text

/// The reason why a schedule does not support given sizes.
package struct ScheduleRefusal: ExplainedError, Hashable {
  /// The size at fault: `ranks`, `microbatches` or `chunks`.
  package var field: String
  /// Its value.
  package var value: Int
  /// The requirement, as a sentence without a period: `DualPipe with pp=16 needs an even ...`.
  package var rule: String
  /// The nearest legal value of the field with the other sizes unchanged; nil if none is known.
  package var nearestLegal: Int?

  /// Creates a refusal.
  package init(field: String, value: Int, rule: String, nearestLegal: Int? = nil) {
    self.field = field
    self.value = value
    self.rule = rule
    self.nearestLegal = nearestLegal
  }

  package var explanations: [Explanation] {
    let hint = nearestLegal.map { ", nearest is \($0)" } ?? ""
    return [Explanation("\(field)=\(value): \(rule)\(hint)")]
  }

  /// Maximum number of stage passes (stages x microbatches) in a plan.
  package static let workLimit = 1 << 22
  /// The same in an order that is searched for given durations, which takes up to ten seconds.
  package static let searchLimit = 1 << 18

  /// The refusal common to all schedules: sizes below one, unsupported chunks, excessive products.
  static func common(
    _ sizes: ScheduleSizes, title: String, chunks legalChunks: ClosedRange<Int>, limit: Int
  ) -> ScheduleRefusal? {
    for (field, value) in [("ranks", sizes.ranks), ("microbatches", sizes.microbatches)] {
      if value < 1 {
        return .init(field: field, value: value, rule: "\(title) needs at least 1", nearestLegal: 1)
      }
      if value > workLimit {
        let rule = "a plan holds at most \(workLimit) \(field)"
        return .init(field: field, value: value, rule: rule, nearestLegal: workLimit)
      }
    }
    if let chunks = sizes.chunks, !legalChunks.contains(chunks) {
      let nearest = min(max(chunks, legalChunks.lowerBound), legalChunks.upperBound)
      let rule =
        legalChunks.count == 1
        ? "\(title) holds exactly \(nearest) on each rank"
        : "\(title) needs \(legalChunks.lowerBound) to \(legalChunks.upperBound) on each rank"
      return .init(field: "chunks", value: chunks, rule: rule, nearestLegal: nearest)
    }
    let stages = sizes.ranks * (sizes.chunks ?? legalChunks.lowerBound)
    if stages > limit || sizes.microbatches > limit / stages {
      let rule = "\(title) with pp=\(sizes.ranks): a plan holds at most \(limit) stage passes"
      return .init(field: "microbatches", value: sizes.microbatches, rule: rule)
    }
    return nil
  }

  /// The nearest multiple of `step` to `value` that is at least `minimum` (ties go up).
  static func nearestMultiple(of step: Int, to value: Int, atLeast minimum: Int) -> Int {
    let lowest = (minimum + step - 1) / step * step
    return max(lowest, (value + step / 2) / step * step)
  }
}
