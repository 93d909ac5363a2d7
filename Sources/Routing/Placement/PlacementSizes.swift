// The machine that experts are placed on, and what must divide what.

import Text

/// Sizes of a placement. After `problems(experts:)` is empty every planner takes them.
public struct PlacementSizes: Hashable, Sendable {
  /// Slots for experts of a layer, over all GPUs: experts plus redundant replicas.
  public var replicas: Int
  /// Groups of experts that the gate routes by; 1 where it does not.
  public var groups: Int
  /// Nodes that share a layer.
  public var nodes: Int
  /// GPUs that share a layer.
  public var gpus: Int

  /// The most nodes, GPUs or slots of a layer.
  public static let limit = 65_536

  /// In which words a person wrote the slots of a layer.
  public enum SlotWord: String, Sendable {
    /// All of them, or those beyond one for each expert.
    case replicas
    case redundant
  }

  public init(replicas: Int, groups: Int, nodes: Int, gpus: Int) {
    self.replicas = replicas
    self.groups = groups
    self.nodes = nodes
    self.gpus = gpus
  }

  /// Whether whole groups are kept on nodes: where nodes divide groups, as EPLB chooses.
  public var isHierarchical: Bool { groups % nodes == 0 }
  /// Slots of one GPU.
  public var slotsPerGPU: Int { replicas / gpus }

  /// Every rule that the sizes break for a number of experts, with the nearest legal value.
  ///
  /// - Parameter counting: in which words slots were written.
  public func problems(experts: Int, counting: SlotWord = .replicas) -> [Explanation] {
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
  private func outside(_ counting: SlotWord) -> [Explanation] {
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
