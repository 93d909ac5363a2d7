// The loads of GPUs under a placement, as far as they depend on it: for each domain of requests,
// the share of its pairs that each GPU receives. A mix of domains is a sum of these.

import Routing

/// Shares of the GPUs of a stage in the pairs of each domain.
struct PlacedLoads {
  private let layers: Int
  private let domains: Int
  private let gpus: Int
  /// `[layers, domains, gpus]`.
  private var shares: [Double] = []

  init(_ mix: DomainMix, _ placement: ExpertPlacement, gpus: Int) {
    layers = placement.layers.count
    domains = mix.domains
    self.gpus = gpus
    shares.reserveCapacity(layers * domains * gpus)
    for (layer, slots) in placement.layers.enumerated() {
      for domain in mix.gpuShares(layer: layer, slots, gpus: gpus) { shares += domain }
    }
  }

  /// Rows of the most loaded GPU / mean, mean over layers.
  ///
  /// Complexity: O(layers x domains x GPUs).
  /// - Parameter mix: the share of each domain, `[domains]`.
  func imbalance(_ mix: [Double]) -> Double {
    var sum = 0.0
    for layer in 0..<layers {
      var (largest, all) = (0.0, 0.0)
      for gpu in 0..<gpus {
        var load = 0.0
        for domain in 0..<domains {
          load += mix[domain] * shares[(layer * domains + domain) * gpus + gpu]
        }
        largest = max(largest, load)
        all += load
      }
      sum += all > 0 ? largest * Double(gpus) / all : 1
    }
    return layers > 0 ? sum / Double(layers) : 1
  }
}
