// The machine that experts are placed on, and what must divide what.

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
  public func problems(experts: Int, counting: SlotWord = .replicas) -> [String] {
    var result: [String] = []
    for (name, value) in [("nodes", nodes), ("gpus", gpus), ("groups", groups)] where value < 1 {
      result.append("error: \(name) \"\(value)\": at least 1 is needed\n  nearest: 1")
    }
    for (name, value) in [("nodes", nodes), ("gpus", gpus), (counting.rawValue, replicas)]
    where value > Self.limit {
      result.append(
        "error: \(name) \"\(value)\": more than the limit of \(Self.limit)\n"
          + "  nearest: \(Self.limit)")
    }
    guard result.isEmpty else { return result }
    let known = counting == .redundant ? experts : 0
    let written = "error: \(counting.rawValue) \"\(replicas - known)\""
    if replicas < experts {
      let nearest = (experts + gpus - 1) / gpus * gpus
      result.append(
        "\(written) are fewer than the \(experts) experts: each needs a slot\n"
          + "  nearest: \(nearest - known)")
    } else if replicas % gpus != 0 {
      result.append(
        "\(written)\(known > 0 ? " and \(known) experts" : "") do not divide into equal slots on"
          + " \(gpus) GPUs\n"
          + "  nearest: \(Self.nearest(replicas, of: gpus, least: experts, less: known))")
    }
    if experts % groups != 0 {
      result.append(
        "error: groups \"\(groups)\" do not divide the \(experts) experts\n"
          + "  nearest: \(Self.nearestDivisor(groups, of: experts))")
    }
    if gpus % nodes != 0 {
      result.append(
        "error: gpus \"\(gpus)\" do not divide into \(nodes) equal nodes\n"
          + "  nearest: \(Self.nearest(gpus, of: nodes, least: nodes, less: 0))")
    }
    return result
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
