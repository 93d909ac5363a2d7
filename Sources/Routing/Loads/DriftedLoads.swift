// Loads that have drifted since a placement was planned.
//
// Traffic follows `DomainMix`. A placement is planned on the counts of a window of minutes and
// serves a step some time after the window ends. The step always runs on the same minute, the first
// of the third day, whatever the window and the age, so that plans are compared on equal loads.
//
// Validity: the minute is a single draw of the domains' wander, and results vary more between seeds
// than between ages of up to an hour.

/// When a placement was planned, relative to the step that uses it.
package struct PlanTiming: Hashable, Sendable {
  /// Length of the window that the plan is based on.
  package var windowMinutes: Int
  /// Time from the end of that window to the minute of the step.
  package var ageMinutes: Int

  package init(windowMinutes: Int, ageMinutes: Int) {
    self.windowMinutes = windowMinutes
    self.ageMinutes = ageMinutes
  }
}

/// The loads that a placement is planned on, and the loads that it serves.
package struct DriftedLoads: Sendable {
  /// Counts of the window.
  package let planned: ExpertLoads
  /// Counts of the minute of the step.
  package let served: ExpertLoads

  /// Upper limit of the window and of the age.
  package static let minuteLimit = 1440

  /// Whether a source has domains whose mix can drift.
  package static func canDrift(_ source: RoutingSpec.Source) -> Bool {
    switch source {
    case .logNormal, .profile: true
    case .trace(let trace): trace.use == .shares
    case .uniform, .zipf, .counts, .replay: false
    }
  }

  /// - Precondition: the source can drift; the window has at least a minute, and neither it nor the
  ///   age exceeds the limit.
  /// - Complexity: O(window x layers x experts x domains).
  package init(_ spec: RoutingSpec, plan: PlanTiming, layers: Int, experts: Int, topK: Int) {
    precondition(
      (1...Self.minuteLimit).contains(plan.windowMinutes)
        && (0...Self.minuteLimit).contains(plan.ageMinutes), "a plan within two days")
    let minute = 2 * Self.minuteLimit
    let mix = DomainMix(
      spec, layers: layers, experts: experts, topK: topK, minutes: minute + 1)
    let end = minute - plan.ageMinutes
    planned = mix.counts(minutes: end - plan.windowMinutes..<end)
    served = mix.counts(minute: minute)
  }
}

extension DomainMix {
  /// Traffic of a source of loads.
  ///
  /// - Precondition: the source can drift, and a trace has been scaled.
  package init(_ spec: RoutingSpec, layers: Int, experts: Int, topK: Int, minutes: Int) {
    switch spec.source {
    case .logNormal(let sigma):
      self.init(
        layers: layers, experts: experts, topK: topK, domains: Self.assumedDomains,
        minutes: minutes, seed: spec.seed, sigma: sigma)
    case .profile(let profile):
      self.init(profile, layers: layers, topK: topK, minutes: minutes, seed: spec.seed)
    case .trace: preconditionFailure("a trace is scaled before loads are drawn")
    case .uniform, .zipf, .counts, .replay:
      preconditionFailure("a source without domains does not drift")
    }
  }
}
