// The share of a layer's token-expert pairs that each of its experts receives.

import Numerics
import Units

/// Shares of the experts of one layer; they sum to one.
public struct LoadShares: Hashable, Sendable {
  /// `[experts]`.
  public let values: [Double]

  /// Shares in proportion to loads of any scale, none above `largest`.
  ///
  /// A token visits an expert at most once, so no expert receives more than 1 / top-k of the pairs:
  /// what a load would be above that goes to the other experts in proportion.
  ///
  /// - Precondition: loads are finite and not negative, one is positive; `largest` times the number
  ///   of experts is at least 1.
  public init(proportionalTo loads: [Double], largest: Double = 1) {
    precondition(largest * Double(loads.count) >= 1 - 1e-12, "the shares can sum to one")
    precondition(loads.allSatisfy { $0.isFinite && $0 >= 0 }, "loads are numbers from 0")
    precondition(loads.contains { $0 > 0 }, "some expert has a load")
    var isCapped = [Bool](repeating: false, count: loads.count)
    var shares = [Double](repeating: 0, count: loads.count)
    var cappedBefore = -1
    var capped = 0
    while capped > cappedBefore {
      cappedBefore = capped
      let left = max(0, 1 - Double(capped) * largest)
      let free = zip(loads, isCapped).reduce(0.0) { $1.1 ? $0 : $0 + $1.0 }
      for index in loads.indices where !isCapped[index] {
        // Experts without any load share what the capped ones leave.
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

  /// The shares that a family or measured counts give to a layer.
  ///
  /// - Parameters:
  ///   - layer: the layer among those with experts, from 0.
  ///   - layers: how many of them there are, where a profile may have others; nil for its own.
  ///   - topK: experts that a token visits.
  /// - Precondition: counts have one column for each expert.
  public static func shares(
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
      precondition(measured.experts == experts, "counts have one column for each expert")
      loads = measured[min(layer, measured.layers - 1)].map(Double.init)
    case .profile(let profile):
      // All domains alike; a training step mixes them by microbatch.
      let mix = [Double](
        repeating: 1 / Double(profile.domains.count), count: profile.domains.count)
      loads = profile.shares(ofLayer: layer, of: layers ?? profile.layers, mix: mix)
    case .trace: preconditionFailure("a trace is scaled before loads are drawn")
    }
    return LoadShares(proportionalTo: loads, largest: 1 / Double(topK))
  }
}

extension RandomPurpose {
  /// Draws of a layer's expert loads.
  static let loads = RandomPurpose("routing.loads")
  /// Draws of a microbatch's deviation from them.
  static let microbatches = RandomPurpose("routing.microbatches")
}
