// The share of a layer's token-expert pairs that each of its experts receives.

import Numerics
import Units

/// Shares of the experts of one layer; they sum to one.
package struct LoadShares: Hashable, Sendable {
  /// `[experts]`.
  package let values: [Double]

  /// Shares in proportion to loads of any scale, none above `largest`.
  ///
  /// A token visits an expert at most once, so no expert receives more than 1 / top-k of the pairs.
  /// The excess goes to the other experts in proportion to their loads.
  ///
  /// - Precondition: loads are finite and not negative, and at least one is positive; `largest` x
  ///   the number of experts is at least 1.
  package init(proportionalTo loads: [Double], largest: Double = 1) {
    precondition(largest * Double(loads.count) >= 1 - 1e-12, "the shares can sum to one")
    precondition(loads.allSatisfy { $0.isFinite && $0 >= 0 }, "loads are finite, not negative")
    precondition(loads.contains { $0 > 0 }, "at least one load is positive")
    var isCapped = [Bool](repeating: false, count: loads.count)
    var shares = [Double](repeating: 0, count: loads.count)
    var cappedBefore = -1
    var capped = 0
    while capped > cappedBefore {
      cappedBefore = capped
      let left = max(0, 1 - Double(capped) * largest)
      let free = zip(loads, isCapped).reduce(0.0) { $1.1 ? $0 : $0 + $1.0 }
      for index in loads.indices where !isCapped[index] {
        // If every loaded expert is capped, the others split the remainder equally.
        shares[index] =
          free > 0 ? loads[index] / free * left : left / Double(loads.count - cappedBefore)
        if shares[index] > largest * (1 + 1e-12) {
          isCapped[index] = true
          shares[index] = largest
          capped += 1
        }
      }
    }
    values = shares
  }

  /// The shares of one layer under a routing specification.
  ///
  /// - Parameters:
  ///   - spec: the source of loads, with the seed of its draws.
  ///   - layer: index among the layers with experts.
  ///   - layers: number of layers with experts, to match a profile by depth; nil for the profile's.
  ///   - experts: routed experts per layer.
  ///   - topK: experts per token.
  /// - Precondition: counts have one column per expert.
  package static func shares(
    of spec: RoutingSpec, layer: Int, layers: Int? = nil, experts: Int, topK: Int
  ) -> LoadShares {
    let loads: [Double]
    switch spec.source {
    case .uniform:
      loads = [Double](repeating: 1, count: experts)
    case .logNormal(let sigma):
      var stream = RandomStream(seed: spec.seed, purpose: .loads, entity: layer)
      loads = (0..<experts).map { _ in exponential(sigma * normalQuantile(stream.uniform())) }
    case .zipf(let exponent):
      var stream = RandomStream(seed: spec.seed, purpose: .loads, entity: layer)
      var order = Array(0..<experts)
      for index in stride(from: experts - 1, to: 0, by: -1) {
        order.swapAt(index, stream.index(below: index + 1))
      }
      loads = order.map { exponential(-exponent * naturalLogarithm(Double($0 + 1))) }
    case .counts(let measured):
      precondition(measured.experts == experts, "counts have one column per expert")
      loads = measured[min(layer, measured.layers - 1)].map(Double.init)
    case .profile(let profile):
      // Equal parts of all domains; a training step mixes them by microbatch.
      let mix = [Double](
        repeating: 1 / Double(profile.domains.count), count: profile.domains.count)
      loads = profile.shares(ofLayer: layer, of: layers ?? profile.layers, mix: mix)
    case .replay: preconditionFailure("replayed tokens have no shares")
    case .trace: preconditionFailure("a trace is scaled before loads are drawn")
    }
    return LoadShares(proportionalTo: loads, largest: 1 / Double(topK))
  }
}

extension RandomPurpose {
  /// Draws of a layer's expert loads.
  static let loads = RandomPurpose("routing.loads")
  /// Draws of a microbatch's deviation from its layer's loads.
  static let microbatches = RandomPurpose("routing.microbatches")
}
