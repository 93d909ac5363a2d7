// What lies between the ports of a step's GPUs: network flows are split by the ways that the fabric
// of a cluster gives them, and cross its switch links.
//
// With every GPU simulated, each has its own flows, one for each set of switch links - not for each
// peer - and all share the links of the fabric. Folded, the GPU of a rank has the mean of its
// rank's flows and an even share of each link, that of the fullest switch; so the two agree where
// the GPUs under a switch are of one rank and send alike. The NIC into which peers send is the one
// of the GPU itself, as in the exchanges. Parallel cables are one link: routing spreads flows
// evenly, and collisions of hashed routes (ECMP) are not seen. A phase is as late as the longest
// way of its rank.

import Cluster
import Execution
import Recording
import Units

/// Splits the network flows of a step.
struct FabricFlows {
  private let fabric: Fabric
  private let layout: ParallelLayout
  private let gpusPerNode: Int
  private let networkLatency: SimDuration
  private let isFolded: Bool
  /// Classes of switch links, in the order of their numbers where a step is folded.
  private let classes: [LinkClass]
  /// What `GPULinks` has to know of the links.
  let switches: [GPULinks.Switch]

  /// Who receives what a GPU sends.
  enum Peers {
    /// GPUs that send as much back; each GPU's own ports stand for those of its peers.
    case mutual((_ gpu: Int) -> [Int])
    /// The GPU with the same place in another rank.
    case rank(Int)
  }

  /// Nil where a cluster has nothing to say but that ports bind.
  ///
  /// - Precondition: the network joins all nodes.
  init?(_ cluster: ClusterSpec, layout: ParallelLayout, fidelity: Fidelity) {
    guard Fabric.isNeeded(for: cluster) else { return nil }
    do { fabric = try Fabric(cluster) } catch { preconditionFailure("a checked network: \(error)") }
    self.layout = layout
    gpusPerNode = cluster.node.gpusPerNode
    networkLatency = cluster.node.networkLatency.duration
    isFolded = fidelity == .folded
    let links = fabric.switchLinks
    classes = LinkClass.allCases.filter { kind in links.contains { $0.kind == kind } }
    switches =
      isFolded
      ? Self.shares(of: fabric, classes, ranks: layout.pipeline)
      : classes.isEmpty ? [] : Self.numbered(links)
  }

  /// Each rank's share of a link of each class.
  private static func shares(
    of fabric: Fabric, _ classes: [LinkClass], ranks: Int
  ) -> [GPULinks.Switch] {
    (0..<ranks).flatMap { rank in
      classes.compactMap { kind in
        guard let link = fabric.switchLinks.first(where: { $0.kind == kind }),
          let portClass = kind.portClass
        else { return nil }
        let share = link.capacity.value / Double(fabric.sharers(of: kind))
        return GPULinks.Switch(link: portClass, number: rank, capacity: BytesPerSecond(share))
      }
    }
  }

  /// All links, numbered in their class.
  private static func numbered(_ links: [NetworkLink]) -> [GPULinks.Switch] {
    var counts = [Int](repeating: 0, count: PortClass.allCases.count)
    return links.map { link in
      guard let portClass = link.kind.portClass,
        let row = PortClass.allCases.firstIndex(of: portClass)
      else { preconditionFailure("\(link.name) is a port") }
      counts[row] += 1
      return GPULinks.Switch(link: portClass, number: counts[row] - 1, capacity: link.capacity)
    }
  }

  /// A transfer of a rank with the network flows of its phases on the ways of the fabric.
  ///
  /// - Parameter peers: for each phase who receives, or nil for a phase inside nodes.
  func routed(
    _ transfer: Transfer, rank: Int, links: GPULinks, peers: [Peers?]
  ) -> Transfer {
    var transfer = transfer
    for (index, peers) in peers.enumerated() {
      let phase = transfer.phases[index]
      let router = PhaseRouter(flows: self, rank: rank, links: links)
      transfer.phases[index] =
        if let peers { router.routed(phase, peers) } else { phase }
    }
    return transfer
  }
}

extension FabricFlows {
  /// Routes the phases of one rank.
  private struct PhaseRouter {
    let flows: FabricFlows
    let rank: Int
    let links: GPULinks

    private var count: Int { flows.layout.gpusPerRank }
    private var gpus: Range<Int> { rank * count..<(rank + 1) * count }

    /// A part of what a GPU sends: the links behind those of its kernel.
    private struct Part {
      var path: [Int32]
      /// Peers that it reaches; a fraction of one where a peer is reached over several ways.
      var peers: Double
    }

    func routed(_ phase: TransferPhase, _ peers: Peers) -> TransferPhase {
      var latency = SimDuration.zero
      var phase = phase
      if flows.isFolded {
        var parts: [Part] = []
        for gpu in gpus { add(gpu, peers, to: &parts, &latency) }
        phase.flows = split(phase.flows, parts)
      } else {
        phase.replicaFlows = gpus.enumerated().map { replica, gpu in
          var parts: [Part] = []
          add(gpu, peers, to: &parts, &latency)
          return split(links.flows(of: phase, replica: replica), parts)
        }
      }
      phase.latency = phase.latency - flows.networkLatency + latency
      return phase
    }

    /// Adds the ways of what one GPU sends.
    private func add(
      _ gpu: Int, _ peers: Peers, to parts: inout [Part], _ latency: inout SimDuration
    ) {
      let targets =
        switch peers {
        case .mutual(let list): list(gpu)
        case .rank(let target): [target * count + gpu % count]
        }
      for target in targets {
        if gpu / flows.gpusPerNode == target / flows.gpusPerNode {
          // Neighbours of a transfer that crosses nodes elsewhere: their ports as without a fabric.
          latency = max(latency, flows.networkLatency)
          let last = end(target, peers, gpu)
          let isDead = flows.fabric.isDead(gpu) || flows.fabric.isDead(last)
          note(
            isDead
              ? [port(.nvlinkOut, gpu), port(.nvlinkIn, last)]
              : [port(.nicOut, gpu), port(.nicIn, last)], 1, &parts)
          continue
        }
        let ways = flows.fabric.ways(from: gpu, to: target)
        for way in ways {
          latency = max(latency, way.latency)
          var path = out(gpu, over: way.sender)
          path += way.links.map { switchLink($0, toward: target) }
          path += into(target, way, peers, gpu)
          note(path, 1 / Double(ways.count), &parts)
        }
      }
    }

    /// The GPU whose ports receive.
    private func end(_ target: Int, _ peers: Peers, _ gpu: Int) -> Int {
      if case .mutual = peers { gpu } else { target }
    }

    private func out(_ gpu: Int, over sender: Int) -> [Int32?] {
      sender == gpu
        ? [port(.nicOut, gpu)]
        : [port(.nvlinkOut, gpu), port(.nvlinkIn, sender), port(.nicOut, sender)]
    }

    private func into(
      _ target: Int, _ way: Fabric.Way, _ peers: Peers, _ gpu: Int
    ) -> [Int32?] {
      var (last, receiver) = (target, way.receiver)
      if case .mutual = peers {
        // What the GPU sends over others it also receives over them.
        (last, receiver) = (gpu, flows.fabric.isDead(gpu) ? way.sender : gpu)
      }
      return receiver == last
        ? [port(.nicIn, last)]
        : [port(.nicIn, receiver), port(.nvlinkOut, receiver), port(.nvlinkIn, last)]
    }

    /// The link of a GPU's port; nil for a GPU that the step does not use, whose ports have room.
    private func port(_ port: GPULinks.Port, _ gpu: Int) -> Int32? {
      let (owner, replica) = gpu.quotientAndRemainder(dividingBy: count)
      guard owner < flows.layout.pipeline else { return nil }
      guard !flows.isFolded else { return links.link(port, rank: owner) }
      return Int32(replica * links.capacities.count) + links.link(port, rank: owner)
    }

    private func switchLink(_ link: Int32, toward target: Int) -> Int32 {
      let first = links.firstSwitch(replicas: flows.isFolded ? 1 : count)
      guard flows.isFolded else { return first + link }
      let kind = flows.fabric.switchLinks[Int(link)].kind
      let owner = kind == .leafDown || kind == .podDown ? target / count : rank
      let row = flows.classes.firstIndex(of: kind) ?? 0
      return first + Int32(owner * flows.classes.count + row)
    }

    private func note(_ path: [Int32?], _ peers: Double, _ parts: inout [Part]) {
      let path = path.compactMap { $0 }
      if let index = parts.firstIndex(where: { $0.path == path }) {
        parts[index].peers += peers
      } else {
        parts.append(Part(path: path, peers: peers))
      }
    }

    /// Flows with those over the network split into parts.
    private func split(_ whole: [TransferFlow], _ parts: [Part]) -> [TransferFlow] {
      let ports = links.capacities.count
      let peers = parts.reduce(0) { $0 + $1.peers }
      return whole.flatMap { flow -> [TransferFlow] in
        let isNetwork = { (link: Int32) in
          let port = links.port(link % Int32(ports))?.port
          return port == .nicOut || port == .nicIn
        }
        guard flow.path.contains(where: isNetwork) else { return [flow] }
        let kernel = flow.path.filter { !isNetwork($0) }
        let kinds = flow.path.filter(isNetwork).compactMap { links.port($0 % Int32(ports))?.port }
        return parts.map {
          let share = $0.peers / peers
          return TransferFlow(
            path: kernel + cut($0.path, to: kinds), bytes: flow.bytes * share,
            weight: flow.weight * share, part: flow.part)
        }
      }
    }

    /// The part of a way that a flow through these ports takes: what a GPU only sends ends before a
    /// port takes it in, what it only receives has crossed the switches as its senders' flows.
    private func cut(_ path: [Int32], to ports: [GPULinks.Port]) -> [Int32] {
      guard ports.count == 1 else { return path }
      let first = links.firstSwitch(replicas: flows.isFolded ? 1 : count)
      let place = path.firstIndex {
        $0 < first && links.port($0 % Int32(links.capacities.count))?.port == .nicIn
      }
      return Array(ports == [.nicOut] ? path[..<(place ?? path.count)] : path[(place ?? 0)...])
    }
  }
}

extension LinkClass {
  /// The class in results; nil for listed ports of GPUs, which no fabric has among its switches.
  fileprivate var portClass: PortClass? {
    switch self {
    case .leafUp: .leafUp
    case .leafDown: .leafDown
    case .podUp: .podUp
    case .podDown: .podDown
    case .listed: .listed
    case .nvlinkOut, .nvlinkIn, .nicOut, .nicIn: nil
    }
  }
}
