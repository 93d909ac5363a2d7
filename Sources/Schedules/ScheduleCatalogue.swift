// All schedules. To add one: a file in Kinds/ and a line here; the tests run over this list.

/// The schedules that can be asked for by name.
public enum ScheduleCatalogue {
  /// Every schedule, in the order in which lists print them.
  public static let all: [ScheduleKind] = [
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

  /// The schedule with a name or alias; case does not matter, `-`, `_` and spaces are equal.
  public static func named(_ text: String) -> ScheduleKind? {
    let wanted = folded(text)
    return all.first { kind in
      ([kind.name] + kind.aliases).contains { folded($0) == wanted }
    }
  }

  /// The known name that is nearest to a misspelt one, for a "did you mean".
  ///
  /// Nil when nothing is within two edits, or a third of the length for long words.
  public static func nearest(to text: String) -> String? {
    let wanted = Array(folded(text))
    guard wanted.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for kind in all {
      for name in [kind.name] + kind.aliases {
        let distance = editDistance(wanted, Array(folded(name)))
        if distance < best?.distance ?? max(3, wanted.count / 3 + 1) {
          best = (kind.name, distance)
        }
      }
    }
    return best?.name
  }

  private static func folded(_ text: String) -> String {
    String(text.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
  }

  private static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var previous = Array(0...b.count)
    for (i, characterA) in a.enumerated() {
      var current = [i + 1]
      for (j, characterB) in b.enumerated() {
        let replaced = previous[j] + (characterA == characterB ? 0 : 1)
        current.append(min(replaced, previous[j + 1] + 1, current[j] + 1))
      }
      previous = current
    }
    return previous[b.count]
  }
}
