// The traffic of a drift study: which experts its domains visit, and the origin of those loads.

import ModelCost
import Routing
import Serving
import Text
import Units

/// Traffic whose domains change their shares by the hour.
package struct DriftTraffic: Sendable {
  package let mix: DomainMix
  /// Groups of experts that placements keep on one node.
  package let groups: Int
  /// Where the loads come from, as a sentence.
  package let origin: String

  /// Default number of layers in synthetic traffic.
  private static let defaultLayers = 4

  /// Synthetic traffic; nil means the default number.
  package init(_ experts: ExpertSpec, layers: Int?, domains: Int?, hours: Int, seed: UInt64) {
    let domains = domains ?? DomainMix.assumedDomains
    mix = DomainMix(
      layers: layers ?? Self.defaultLayers, experts: experts.routed, topK: experts.topK,
      domains: domains, minutes: hours * 60, seed: seed)
    groups = ExpertBalance.gate(experts).placedGroups
    origin =
      "synthetic traffic: \(domains) domains with log-normal expert loads"
      + " (sigma \(significantText(DomainMix.assumedDomainSigma))) that mix by the hour, not a"
      + " trace"
  }

  /// Traffic from the domains of a trace.
  ///
  /// - Throws: `PlacementProblem` if a domain of the trace has no text.
  package init(
    _ trace: RoutingTrace, of file: String, hash: String, hours: Int, seed: UInt64
  ) throws(PlacementProblem) {
    if let lack = trace.lackOfText { throw PlacementProblem([lack.within(file)]) }
    mix = DomainMix(trace, minutes: hours * 60, seed: seed)
    groups = trace.gate.placedGroups
    origin =
      "expert loads of \(trace.domains.joined(separator: ", ")) in \(trace.layers.count) routers:"
      + " trace \(hash.prefix(12)); their mix by the hour is synthetic"
  }

  /// Rejects too many layers, hours or domains, or none.
  ///
  /// - Throws: `PlacementProblem` with every number out of range.
  package static func check(layers: Int?, hours: Int, domains: Int?) throws(PlacementProblem) {
    let limits = [
      ("layers", layers ?? 1, 1000), ("hours", hours, 168), ("domains", domains ?? 1, 64),
    ]
    let problems = limits.compactMap { name, value, most -> Explanation? in
      (1...most).contains(value)
        ? nil
        : Explanation(
          "\(name) \"\(value)\" is out of range",
          advice: ["expected: 1 to \(most)   nearest: \(min(max(value, 1), most))"])
    }
    guard problems.isEmpty else { throw PlacementProblem(problems) }
  }
}
