// Loads that have drifted since a placement was planned on them.
//
// Traffic mixes domains by the hour, as `DomainMix` has it. A plan is made on the counts of a
// window of minutes; some minutes after its end a step meets the counts of one minute. Whatever the
// window and the age, that is the same minute, the first of the third day, so that plans are
// compared on equal loads.
//
// Validity: one minute is one draw of how domains wander, and other seeds are other traffic; ages
// of an hour differ by less than draws do.

/// When a placement was planned, as the step that meets it sees it.
public struct PlanTiming: Hashable, Sendable {
  /// Minutes whose counts the plan was made on.
  public var windowMinutes: Int
  /// Minutes between the end of that window and the minute of the step.
  public var ageMinutes: Int

  public init(windowMinutes: Int, ageMinutes: Int) {
    self.windowMinutes = windowMinutes
    self.ageMinutes = ageMinutes
  }
}

/// What a placement was planned on, and what it meets.
public struct DriftedLoads: Sendable {
  /// Counts of the window.
  public let planned: ExpertLoads
  /// Counts of the minute that the step meets.
  public let met: ExpertLoads

  /// The longest window, and the greatest age.
  public static let minuteLimit = 1440

  /// Whether a source has domains whose mix can drift.
  public static func canDrift(_ source: RoutingSpec.Source) -> Bool {
    switch source {
    case .logNormal, .profile, .trace: true
    case .uniform, .zipf, .counts: false
    }
  }

  /// - Precondition: the source can drift; the window has a minute, and neither it nor the age is
  ///   above the limit.
  /// - Complexity: O(window x layers x experts x domains).
  public init(_ spec: RoutingSpec, plan: PlanTiming, layers: Int, experts: Int, topK: Int) {
    precondition(
      (1...Self.minuteLimit).contains(plan.windowMinutes)
        && (0...Self.minuteLimit).contains(plan.ageMinutes), "a plan within two days")
    let minute = 2 * Self.minuteLimit
    let mix: DomainMix
    switch spec.source {
    case .logNormal(let sigma):
      mix = DomainMix(
        layers: layers, experts: experts, topK: topK, domains: DomainMix.assumedDomains,
        minutes: minute + 1, seed: spec.seed, sigma: sigma)
    case .profile(let profile):
      mix = DomainMix(profile, layers: layers, topK: topK, minutes: minute + 1, seed: spec.seed)
    case .trace: preconditionFailure("a trace is scaled before loads are drawn")
    case .uniform, .zipf, .counts:
      preconditionFailure("a source without domains does not drift")
    }
    let end = minute - plan.ageMinutes
    planned = mix.counts(minutes: end - plan.windowMinutes..<end)
    met = mix.counts(minute: minute)
  }
}
