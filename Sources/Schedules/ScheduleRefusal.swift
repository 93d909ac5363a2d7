// Sizes that a schedule cannot be made for. The data come first, the wording is made from them.

import Text

/// Why a schedule cannot be made for given sizes.
package struct ScheduleRefusal: ExplainedError, Hashable {
  /// The size at fault: `ranks`, `microbatches` or `chunks`.
  package var field: String
  /// Its value.
  package var value: Int
  /// What is needed, as a sentence without its period: `DualPipe with pp=16 needs an even ...`.
  package var rule: String
  /// The legal value of the field that is nearest, the other sizes kept; nil where none is known.
  package var nearestLegal: Int?

  /// Makes a refusal.
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

  /// The most stage passes (stages x microbatches) that a plan may hold.
  package static let workLimit = 1 << 22

  /// What every schedule refuses: sizes below one, chunks it does not support, absurd products.
  static func common(
    _ sizes: ScheduleSizes, title: String, chunks legalChunks: ClosedRange<Int>
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
    if stages > workLimit || sizes.microbatches > workLimit / stages {
      let rule = "\(title) with pp=\(sizes.ranks): a plan holds at most \(workLimit) stage passes"
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
