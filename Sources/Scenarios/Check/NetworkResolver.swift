// The network of a cluster: its topology by name or as listed links, and its degraded ports.

import Cluster
import Execution
import Text
import Units

/// Adds the network to a cluster; invalid parts are reported as problems.
struct NetworkResolver {
  /// The keys of `cluster`.
  let fields: Fields
  /// The cluster without its network.
  let bare: ClusterSpec
  let problems: Problems

  private static let topologyPath = "cluster.topology"
  private static let linksPath = "cluster.topology.links"

  /// The cluster; nil if its network is not valid.
  func cluster() -> ClusterSpec? {
    var cluster = bare
    var isValid = !fields.isRefused(ClusterKeys.topology)
    if let written = fields.given(ClusterKeys.topology) {
      if let fabric = fabric(written) { cluster.fabric = fabric } else { isValid = false }
    }
    cluster.paths = fields.value(ClusterKeys.paths) ?? .adaptive
    isValid = isValid && hasCables(cluster)
    // Without a valid topology, the links between switches are unknown.
    let wired = cluster
    lazy var switches = isValid ? SwitchLinks(wired) : nil
    for (index, fault) in (fields.given(ClusterKeys.faults) ?? []).enumerated() {
      guard let link = fault.given(FaultKeys.link), let share = fault.given(FaultKeys.capacity)
      else { continue }
      let path = "cluster.faults[\(index)]"
      if let port = LinkFault.named(link, in: bare) {
        _ = add(port, link, share, path, to: &cluster)
        continue
      }
      for name in names(allPorts(link), switches) {
        let isAdded =
          if let port = LinkFault.named(name, in: bare) {
            add(port, name, share, path, to: &cluster)
          } else {
            add(name, share, path, switches, to: &cluster)
          }
        guard isAdded else { break }
      }
    }
    return isValid && isWhole(cluster) ? cluster : nil
  }

  /// Whether the topology has the cables that paths are to be chosen among.
  private func hasCables(_ cluster: ClusterSpec) -> Bool {
    guard cluster.paths == .ecmp, !fields.isRefused(ClusterKeys.topology) else { return true }
    if case .catalogue = cluster.fabric { return true }
    problems.add(
      "cluster.paths",
      "\"ecmp\" needs a topology with parallel cables between switches;"
        + " \(cluster.fabric.name) has none",
      allowed: "expected: a cluster.topology of the catalogue, such as multi-plane")
    return false
  }

  /// The NICs of a word that names only nodes, as in `topology.links`: `node0-3.nic0-7` for
  /// `node0-3`; any other word as it is.
  private func allPorts(_ word: String) -> String {
    guard word.wholeMatch(of: #/node[0-9]{1,8}(-[0-9]{1,8})?/#) != nil else { return word }
    return word + ".nic0-\(bare.node.nicsPerNode - 1)"
  }

  /// The links that a word denotes: itself, or each of its range. A range of more names than there
  /// are links is not expanded.
  private func names(_ word: String, _ switches: SwitchLinks?) -> [String] {
    let ports = LinkFault.Port.allCases.map { bare.nodeCount * $0.count(in: bare.node) }
    let limit = (ports + [switches?.names.count ?? 0]).max() ?? 0
    guard switches?.numbers[word] == nil, let range = NameRange(word),
      range.count(upTo: limit) <= limit
    else { return [word] }
    return range.names
  }

  /// Adds a fault of a port; false, with a problem reported, if that is impossible.
  private func add(
    _ place: (port: LinkFault.Port, index: Int), _ link: String, _ share: Double, _ path: String,
    to cluster: inout ClusterSpec
  ) -> Bool {
    if share == 0 && place.port == .gpu {
      problems.add(
        "\(path).capacity", "\"0%\" is for NICs: a GPU without NVLink reaches no neighbour",
        allowed: "expected: more than 0% for \(link)")
      return false
    }
    cluster.faults.append(
      LinkFault(port: place.port, index: place.index, remaining: share / 100))
    return true
  }

  /// Adds a fault of a link between switches; false, with a problem reported, if impossible.
  private func add(
    _ link: String, _ share: Double, _ path: String, _ switches: SwitchLinks?,
    to cluster: inout ClusterSpec
  ) -> Bool {
    guard let switches else { return false }
    guard let found = switches.numbers[link] else {
      refuse(link, "\(path).link", switches.names, cluster)
      return false
    }
    if share == 0 {
      problems.add(
        "\(path).capacity", "\"0%\" is for NICs: no route leads around a dead \(link)",
        allowed: "expected: more than 0%, such as the share of its cables that still work")
      return false
    }
    cluster.switchFaults += found.map { SwitchFault(link: $0, remaining: share / 100) }
    return true
  }

  /// The links between switches of a cluster.
  private struct SwitchLinks {
    /// In order of their numbers.
    var names: [String] = []
    /// The links that a name, or the start of a name up to a dot, denotes.
    var numbers: [String: [Int]] = [:]

    init(_ cluster: ClusterSpec) {
      guard cluster.nodeCount > 1, cluster.fabric != .nonBlocking,
        let topology = try? cluster.fabric.topology(of: cluster)
      else { return }
      names = topology.links.map(\.name)
      for (number, name) in names.enumerated() {
        numbers[name, default: []].append(number)
        for dot in name.indices where name[dot] == "." {
          numbers[String(name[..<dot]), default: []].append(number)
        }
      }
    }
  }

  private func refuse(_ link: String, _ path: String, _ names: [String], _ cluster: ClusterSpec) {
    let ports =
      "node0.nic0 to node\(bare.nodeCount - 1).nic\(bare.node.nicsPerNode - 1), or gpu for the"
      + " scale-up port; or a range such as node0-3.nic1, or node0-3 for all their NICs"
    let switches = names.first.map { "; or a link of \(cluster.fabric.name) such as \($0)" } ?? ""
    problems.add(
      ValueProblem(
        "\"\(link)\" is not a link of this cluster", allowed: "expected: \(ports)\(switches)",
        suggestion: nearest(to: link, among: names)), path)
  }

  private func fabric(_ written: NameOrFields) -> FabricSpec? {
    switch written {
    case .name(let name):
      if let kind = TopologyKind.catalogue.first(where: { $0.name == name }),
        bare.nodeCount > kind.nodeLimit(of: bare.node)
      {
        let limit = kind.nodeLimit(of: bare.node)
        let most = limit == 1 ? "1 node" : "\(limit) nodes"
        problems.add(
          Self.topologyPath,
          "\"\(name)\" supports at most \(most), the cluster has \(bare.nodeCount)")
        return nil
      }
      return FabricSpec(named: name)
    case .fields(let fields): return listed(fields)
    }
  }

  private func listed(_ topology: Fields) -> FabricSpec? {
    let limit = ListedFabric.nicLimit
    if bare.nicPortCount > limit {
      problems.add(
        Self.topologyPath, "lists links for \(bare.nicPortCount) NICs",
        allowed: "expected: at most \(limit) NICs, or a topology of the catalogue")
      return nil
    }
    guard let name = topology.given(TopologyKeys.name),
      let entries = topology.given(TopologyKeys.links)
    else { return nil }
    var links: [ListedLink] = []
    // Index of the entry that each link comes from.
    var origins: [Int] = []
    for (index, entry) in entries.enumerated() {
      let found = expand(entry, "\(Self.linksPath)[\(index)]")
      links += found.flatMap { [$0, $0.reversed] }
      origins += [Int](repeating: index, count: 2 * found.count)
    }
    guard problems.diagnostics.isEmpty else { return nil }
    do {
      _ = try ListedFabric(bare, links)
      return .listed(name: name, links: links)
    } catch let error as ListedTopologyProblem {
      report(error.flaws, origins)
    } catch {
      preconditionFailure("listed links fail by their own error: \(error)")
    }
    return nil
  }

  /// The links of an entry, one per NIC that it names.
  private func expand(_ entry: Fields, _ path: String) -> [ListedLink] {
    guard let from = entry.given(ListedLinkKeys.from), let to = entry.given(ListedLinkKeys.to),
      let capacity = entry.given(ListedLinkKeys.capacity),
      let latency = entry.given(ListedLinkKeys.latency),
      let sources = places(from, "\(path).from"), let targets = places(to, "\(path).to")
    else { return [] }
    if sources.count > 1 && targets.count > 1 {
      problems.add(
        path, "\"\(from)\" and \"\(to)\" both are several NICs",
        allowed: "expected: a switch or a single NIC at one end")
      return []
    }
    return sources.flatMap { source in
      targets.map {
        ListedLink(from: source, to: $0, capacity: capacity, latency: latency.duration)
      }
    }
  }

  /// The NICs or the switch that a word names; nil, with a problem reported, if it looks like a NIC
  /// but the cluster has no such NIC.
  private func places(_ word: String, _ path: String) -> [String]? {
    let digits = word.dropFirst("node".count)
    guard word.hasPrefix("node"), digits.first?.isNumber == true else { return [word] }
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false).map {
      Self.number($0)
    }
    let perNode = bare.node.nicPorts
    var rails = Array(0..<perNode)
    if parts.count == 2, parts[1].hasPrefix("nic"), let rail = Self.number(parts[1].dropFirst(3)) {
      rails = rail < perNode ? [rail] : []
    }
    guard parts.count == 1 || parts.count == 2 && rails.count == 1, !rails.isEmpty,
      bounds.count <= 2, let first = bounds[0], let last = bounds[bounds.count - 1],
      first <= last, last < bare.nodeCount
    else {
      problems.add(
        path, "\"\(word)\" is not a NIC of this cluster",
        allowed: "expected: node0 to node\(bare.nodeCount - 1), with .nic0 to .nic\(perNode - 1)"
          + " for"
          + " one of each; or another word for a switch")
      return nil
    }
    return (first...last).flatMap { node in
      rails.map { ListedFabric.nicName(node * perNode + $0, in: bare.node) }
    }
  }

  private static func number(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.count < 9,
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    return Int(text)
  }

  private func report(_ found: [ListedLinkFlaw], _ origins: [Int]) {
    var reported: [Int] = []
    for problem in found {
      switch problem {
      case .loop(let link), .capacity(let link):
        guard !reported.contains(origins[link]) else { continue }
        reported.append(origins[link])
        problems.add("\(Self.linksPath)[\(origins[link])]", "is a self-loop")
      case .twice(let first, let second):
        guard !reported.contains(origins[second]) else { continue }
        reported.append(origins[second])
        problems.add(
          "\(Self.linksPath)[\(origins[second])]",
          "duplicates \(Self.linksPath)[\(origins[first])]",
          allowed: "expected: one link with the capacity of both")
      case .unreachable(let from, let to):
        problems.add(
          Self.linksPath,
          "no route leads from \(ListedFabric.nicName(from, in: bare.node)) to"
            + " \(ListedFabric.nicName(to, in: bare.node))",
          allowed: "expected: each NIC reaches the NICs of the same number in all other nodes")
      }
    }
  }

  /// Whether the faulty network still connects all nodes.
  private func isWhole(_ cluster: ClusterSpec) -> Bool {
    guard !Wiring.isOnlyPorts(cluster) else { return true }
    do {
      _ = try Wiring(cluster)
      return true
    } catch let problem as WiringProblem {
      problems.add(problem, "cluster.faults")
    } catch {
      preconditionFailure("listed links were checked: \(error)")
    }
    return false
  }
}

extension Problems {
  /// Simulated GPUs: DeepSeek-V3's step on so many takes 3 s, with uneven experts 6 s.
  private static let everyGPULimit = 16_384

  /// Reports a cluster that is too large to simulate each of its GPUs.
  func checkSize(of cluster: ClusterSpec, _ fidelity: Fidelity?, at key: String) {
    guard fidelity == .everyGPU, cluster.gpuCount > Self.everyGPULimit else { return }
    add(
      key, "every-gpu simulates at most \(Self.everyGPULimit) GPUs, not \(cluster.gpuCount)",
      allowed: "expected: folded, or a number of GPUs that stand for those of a rank")
  }

  /// Reports a network whose paths differ from GPU to GPU unless every GPU is simulated.
  func checkOwnPaths(of cluster: ClusterSpec, _ fidelity: Fidelity?, at key: String) {
    guard cluster.hasOwnPaths, fidelity != .everyGPU else { return }
    let isListed = cluster.fabric.isListed
    add(
      isListed ? "cluster.topology" : "cluster.paths",
      (isListed ? "with listed links" : "\"ecmp\"") + " needs \(key): every-gpu",
      allowed: "a GPU cannot represent others that reach the network over different links")
  }
}
