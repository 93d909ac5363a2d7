// The machine that experts are placed on, and its rules of divisibility.

import Text

/// Sizes of a placement. Planners accept sizes for which `problems(experts:)` is empty.
package struct PlacementSizes: Hashable, Sendable {
  /// Expert slots per layer over all GPUs: experts plus redundant replicas.
  package var replicas: Int
  /// Groups of experts that the gate routes by; 1 without groups.
  package var groups: Int
  /// Nodes that share a layer.
  package var nodes: Int
  /// GPUs that share a layer.
  package var gpus: Int

  /// Upper limit of nodes, GPUs and slots.
  package static let limit = 65_536

  /// How a user specifies slots.
  package enum SlotOption: String, Sendable {
    /// All slots.
    case replicas
    /// Slots beyond one per expert.
    case redundant
  }

  package init(replicas: Int, groups: Int, nodes: Int, gpus: Int) {
    self.replicas = replicas
    self.groups = groups
    self.nodes = nodes
    self.gpus = gpus
  }

  /// Whether groups stay whole on nodes: EPLB's rule, if nodes divide groups.
  package var isHierarchical: Bool { groups % nodes == 0 }
  /// Slots per GPU.
  package var slotsPerGPU: Int { replicas / gpus }

  /// Every rule that the sizes violate for a number of experts, with the nearest legal value.
  ///
  /// - Parameters:
  ///   - experts: routed experts per layer.
  ///   - counting: how the user specified slots.
  package func problems(experts: Int, counting: SlotOption = .replicas) -> [Explanation] {
    let impossible = outside(counting)
    guard impossible.isEmpty else { return impossible }
    var result: [Explanation] = []
    let known = counting == .redundant ? experts : 0
    let written = "\(counting.rawValue) \"\(replicas - known)\""
    if replicas < experts {
      let nearest = (experts + gpus - 1) / gpus * gpus
      result.append(
        Explanation(
          "\(written) are fewer than the \(experts) experts: each needs a slot",
          advice: ["nearest: \(nearest - known)"]))
    } else if replicas % gpus != 0 {
      let nearest = Self.nearest(replicas, of: gpus, least: experts, less: known)
      result.append(
        Explanation(
          "\(written)\(known > 0 ? " and \(known) experts" : "") do not divide into equal slots on"
            + " \(gpus) GPUs", advice: ["nearest: \(nearest)"]))
    }
    if experts % groups != 0 {
      result.append(
        Explanation(
          "groups \"\(groups)\" do not divide the \(experts) experts",
          advice: ["nearest: \(Self.nearestDivisor(groups, of: experts))"]))
    }
    if gpus % nodes != 0 {
      result.append(
        Explanation(
          "gpus \"\(gpus)\" do not divide into \(nodes) equal nodes",
          advice: ["nearest: \(Self.nearest(gpus, of: nodes, least: nodes, less: 0))"]))
    }
    return result
  }

  /// Sizes below one or beyond the limit.
  private func outside(_ counting: SlotOption) -> [Explanation] {
    let small = [("nodes", nodes), ("gpus", gpus), ("groups", groups)].filter { $0.1 < 1 }.map {
      Explanation("\($0) \"\($1)\": at least 1 is needed", advice: ["nearest: 1"])
    }
    let sizes = [("nodes", nodes), ("gpus", gpus), (counting.rawValue, replicas)]
    return small
      + sizes.filter { $0.1 > Self.limit }.map {
        Explanation(
          "\($0) \"\($1)\": more than the limit of \(Self.limit)",
          advice: ["nearest: \(Self.limit)"])
      }
  }

  private static func nearest(_ value: Int, of factor: Int, least: Int, less known: Int) -> String {
    let below = value / factor * factor
    let above = below + factor - known
    return below < least ? "\(above)" : "\(below - known) or \(above)"
  }

  /// The divisor of `whole` nearest to a value, the lower of two equally near.
  private static func nearestDivisor(_ value: Int, of whole: Int) -> Int {
    let divisors = (1...whole).filter { whole % $0 == 0 }
    return divisors.min { abs($0 - value) < abs($1 - value) } ?? 1
  }
}

extension PlacementSizes {
  /// Default sizes: 288 slots on 32 GPUs of 4 nodes, adapted to the sizes that are given.
  ///
  /// - Parameters:
  ///   - replicas: nil for the largest multiple of the GPUs up to 288, but at least one per expert.
  ///   - groups: groups of experts that the gate routes by; 1 without groups.
  ///   - nodes: nil for the largest divisor of the GPUs up to 4.
  ///   - gpus: nil for the largest multiple of the nodes up to 32, but at least one per node.
  ///   - experts: routed experts per layer.
  package static func defaults(
    replicas: Int?, groups: Int, nodes: Int?, gpus: Int?, experts: Int
  ) -> PlacementSizes {
    let gpuCount =
      gpus ?? nodes.map { $0 < 1 ? 32 : min(limit, max($0, 32 / $0 * $0)) } ?? 32
    let nodeCount = nodes ?? (1...4).last { gpuCount % $0 == 0 } ?? 1
    let perGPU = gpuCount < 1 ? 1 : max((experts - 1) / gpuCount + 1, 288 / gpuCount)
    return PlacementSizes(
      replicas: replicas ?? min(limit, perGPU * gpuCount), groups: groups, nodes: nodeCount,
      gpus: gpuCount)
  }
}
