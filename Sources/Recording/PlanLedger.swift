// The ledger of a plan: every candidate of a search is refused by a named rule, pruned by a proven
// bound, failed for a reason, or simulated, and the counts sum to the space. A plan is stored and
// shown as a study, so its text is the same when it is read back.

/// What a search did with every candidate of its space.
package struct PlanLedger: Equatable, Sendable {
  /// Candidates that one rule refused.
  package struct Refusal: Hashable, Sendable {
    /// The name of the rule, for example `memory`.
    package var rule: String
    package var count: Int
    /// The first refused candidate in canonical order, in words.
    package var example: String
    /// The reason of the example.
    package var reason: String

    package init(rule: String, count: Int, example: String, reason: String) {
      self.rule = rule
      self.count = count
      self.example = example
      self.reason = reason
    }
  }

  /// The end of a candidate that no rule refused.
  package enum Fate: String, CaseIterable, Sendable {
    /// Its bound is worse than the last of the best candidates.
    case pruned
    /// It could not be simulated, for the reason in its note.
    case failed
    case simulated
  }

  /// A candidate that no rule refused.
  package struct Candidate: Hashable, Sendable {
    /// A short name, unique in the plan.
    package var name: String
    /// The settings that make the scenario this candidate.
    package var settings: [Setting]
    /// A proven bound of the objective; nil if none was computed.
    package var bound: Double?
    /// What the bound consists of, for example `pipeline`.
    package var boundedBy: String?
    package var fate: Fate
    /// The objective; nil unless it was simulated.
    package var value: Double?
    /// The lower end of the value's interval; nil if it has none.
    package var low: Double?
    /// The upper end of it.
    package var high: Double?
    /// Place among the best, from 1; nil for the others.
    package var place: Int?
    /// Why it is not the best, or why it failed.
    package var note: String?

    package init(
      name: String, settings: [Setting], bound: Double? = nil, boundedBy: String? = nil,
      fate: Fate, value: Double? = nil, low: Double? = nil, high: Double? = nil,
      place: Int? = nil, note: String? = nil
    ) {
      self.name = name
      self.settings = settings
      self.bound = bound
      self.boundedBy = boundedBy
      self.fate = fate
      self.value = value
      self.low = low
      self.high = high
      self.place = place
      self.note = note
    }
  }

  /// The effect of a changed input on the best candidate.
  package struct Change: Hashable, Sendable {
    /// The input, for example `NIC bandwidth`.
    package var input: String
    /// The change, for example `+1 GB/s`.
    package var amount: String
    /// The relative change of the objective for a relative change of the input; nil for steps.
    package var elasticity: Double?
    /// The objective of the best candidate after the change; nil if it is not possible.
    package var fixed: Double?
    /// The objective of the candidate that is best after the change; nil if it was not searched.
    package var replanned: Double?
    /// That candidate.
    package var candidate: String?

    package init(
      input: String, amount: String, elasticity: Double? = nil, fixed: Double? = nil,
      replanned: Double? = nil, candidate: String? = nil
    ) {
      self.input = input
      self.amount = amount
      self.elasticity = elasticity
      self.fixed = fixed
      self.replanned = replanned
      self.candidate = candidate
    }
  }

  /// What is planned: `layout`, `train` or `serve`.
  package var question: String
  /// A line that says what was searched for.
  package var title: String
  /// The metric of the values and bounds.
  package var objective: MetricKind
  /// Number of candidates, counted apart from their fates.
  package var space: Int
  /// Refusals in the order of the rules.
  package var refusals: [Refusal]
  /// All other candidates: the best ones first, then by bound.
  package var candidates: [Candidate]
  /// Effects of changed inputs.
  package var changes: [Change]
  /// Lines for the reader: what binds, what the search did.
  package var notes: [String]

  package init(
    question: String, title: String, objective: MetricKind, space: Int, refusals: [Refusal],
    candidates: [Candidate], changes: [Change] = [], notes: [String] = []
  ) {
    self.question = question
    self.title = title
    self.objective = objective
    self.space = space
    self.refusals = refusals
    self.candidates = candidates
    self.changes = changes
    self.notes = notes
  }

  /// Candidates that some rule refused.
  package var refused: Int { refusals.reduce(0) { $0 + $1.count } }

  /// Candidates with a fate.
  package func count(_ fate: Fate) -> Int { candidates.count { $0.fate == fate } }

  /// Checks invariant 18: the counts sum to the space, and no value is below its bound.
  ///
  /// - Throws: `BrokenInvariant`.
  package func checkInvariants() throws(BrokenInvariant) {
    guard refused + candidates.count == space else {
      throw BrokenInvariant(
        number: 18,
        "\(refused) refused and \(candidates.count) other candidates, the space has \(space)")
    }
    for candidate in candidates {
      guard let bound = candidate.bound, let value = candidate.value else { continue }
      try Self.check(bound: bound, value: value, of: candidate.name)
    }
  }

  /// Checks invariant 18 for one candidate.
  ///
  /// - Throws: `BrokenInvariant` if the value is below the bound.
  package static func check(
    bound: Double, value: Double, of candidate: String
  ) throws(BrokenInvariant) {
    guard bound <= value else {
      throw BrokenInvariant(
        number: 18, "\(candidate) has the value \(value), its proven bound is \(bound)")
    }
  }

  /// The plan as a study.
  ///
  /// - Parameter values: further values to store, for example the scenario's name and hash.
  /// - Throws: `BrokenInvariant` as `checkInvariants`.
  package func study(
    _ values: [(name: String, value: any Recordable)] = []
  ) throws(BrokenInvariant) -> Study {
    try checkInvariants()
    let own: [(name: String, value: any Recordable)] = [
      ("question", question), ("title", title), ("objective", objective.name),
      ("objective_unit", objective.unit.symbol), ("space", space), ("refused", refused),
      ("pruned", count(.pruned)), ("failed", count(.failed)), ("simulated", count(.simulated)),
    ]
    let lists: [(name: String, value: any Recordable)] = [
      ("refusals", refusals.map(\.recorded)), ("candidates", candidates.map(\.recorded)),
      ("changes", changes.map(\.recorded)), ("notes", notes.map { ["text": $0] as RecordValue }),
    ]
    return Study(.plan, .object((own + values + lists).map { ($0.name, $0.value.recorded) }))
  }
}

extension PlanLedger.Refusal: Recordable {
  package var recorded: RecordValue {
    ["rule": rule, "refused": count, "example": example, "reason": reason]
  }
}

extension PlanLedger.Candidate: Recordable {
  package var recorded: RecordValue {
    [
      "place": place, "candidate": name,
      "options": settings.map(\.option).joined(separator: " "), "fate": fate.rawValue,
      "value": value, "low": low, "high": high, "bound": bound, "bounded_by": boundedBy,
      "note": note,
    ]
  }
}

extension PlanLedger.Change: Recordable {
  package var recorded: RecordValue {
    [
      "input": input, "amount": amount, "elasticity": elasticity, "fixed": fixed,
      "replanned": replanned, "candidate": candidate,
    ]
  }
}
