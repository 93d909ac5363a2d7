// All schedules. To add one, add a file in Kinds/ and a line here; the tests cover this list.

import Text

/// The schedules available by name.
package enum ScheduleCatalogue {
  /// Every schedule, in printed order.
  package static let all: [ScheduleKind] = [
    .gPipe,
    .oneForwardOneBackward,
    .interleaved,
    .zeroBubbleH1,
    .zeroBubbleH2,
    .zeroBubble1Automatic,
    .zeroBubble2Automatic,
    .interleavedZeroBubble,
    .zeroBubbleV,
    .zeroBubbleVAutomatic,
    .oneForwardOneBackwardV,
    .vHalf,
    .vMin,
    .chimera,
    .dualPipe,
    .dualPipeV,
  ]

  /// The schedule with a name or alias, ignoring case; `-`, `_` and spaces are equivalent.
  package static func named(_ text: String) -> ScheduleKind? {
    let wanted = folded(text)
    return all.first { kind in
      ([kind.name] + kind.aliases).contains { folded($0) == wanted }
    }
  }

  /// The error for a name that no schedule has.
  package static func unknown(_ name: String) -> Explanation {
    Explanation(
      "\(quoted(name)) is not a schedule",
      advice: [knownText(all.map(\.name), insteadOf: name)])
  }

  private static func folded(_ text: String) -> String {
    String(text.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
  }
}
