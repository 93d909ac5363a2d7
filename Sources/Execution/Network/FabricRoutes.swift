// The routes through a fabric from the GPUs of one rank to certain peers.

import Cluster
import Units

/// The paths that replace the network ports in the flows of a rank.
package struct FabricRoutes: Sendable {
  /// A part of a GPU's traffic: the links after those of its kernel.
  private struct Part {
    var path: Path
    /// Number of GPUs of another class that carry this part together; 0 if the GPU's own ports do.
    /// The path crosses every member of that class, each with its fraction of the traffic.
    var carriers = 0
    /// Path of the traffic over carriers that are not simulated.
    var rest = Path()
    /// Number of peers reached; a fraction of one if a peer is reached over several routes.
    var peers: Double
  }

  /// The links that bytes cross.
  private struct Path: Equatable {
    /// Ports of the sending node, and links between switches.
    var out: [Int32] = []
    /// Ports of the receiving node.
    var into: [Int32] = []

    func map(_ moved: (Int32) -> Int32) -> Path {
      Path(out: out.map(moved), into: into.map(moved))
    }

    /// The part of the path for a flow through these ports: outbound-only flows end before the
    /// receiving port, and inbound-only flows have crossed the switches as flows of their senders.
    func cut(to ports: [GPULinks.Port]) -> [Int32] {
      ports.count != 1 ? out + into : ports == [.nicOut] ? out : into
    }
  }

  private let flows: FabricFlows
  private let rank: Int
  private let links: GPULinks
  private let firstSwitch: Int32
  /// Parts of the first member of each class.
  private var parts: [[Part]] = []
  /// Latency of the longest route.
  private var latency = SimDuration.zero

  private var representatives: Representatives { flows.members.representatives }

  /// Finds the routes.
  init(_ flows: FabricFlows, rank: Int, links: GPULinks, to peers: FabricFlows.Peers) {
    self.flows = flows
    self.rank = rank
    self.links = links
    firstSwitch = links.firstSwitch(members: flows.members.representatives.count)
    for gpus in flows.members.representatives.classes {
      var common: [Part] = []
      for gpu in gpus { add(rank * flows.members.gpusPerRank + gpu, peers, to: &common) }
      parts.append(common)
    }
  }

  /// A phase with its network flows on these routes.
  package func routed(_ phase: TransferPhase) -> TransferPhase {
    var phase = phase
    let members = representatives.members.enumerated().map { index, member in
      let own = parts[member.ofClass].flatMap { part -> [Part] in
        let share = part.carriers == 0 ? 1 : min(1, Double(member.weight) / Double(part.carriers))
        return [(part.path, share), (part.rest, 1 - share)].filter { $0.1 > 0 }.map { path, share in
          Part(path: path.map { moved($0, to: index, member.ofClass) }, peers: part.peers * share)
        }
      }
      return split(links.flows(of: phase, member: index), own)
    }
    if members.count == 1 { phase.flows = members[0] } else { phase.memberFlows = members }
    phase.latency = phase.latency - flows.networkLatency + latency
    return phase
  }

  /// The link of a member that corresponds to a link of the first member of its class.
  private func moved(_ link: Int32, to member: Int, _ ofClass: Int) -> Int32 {
    let first = flows.memberOfClass[ofClass]
    guard member != first else { return link }
    let (start, count) =
      link < firstSwitch
      ? (Int32(0), Int32(links.capacities.count))
      : (firstSwitch, Int32(flows.members.ranks * flows.classes.count))
    guard count > 0, (link - start) / count == Int32(first) else { return link }
    return link + count * Int32(member - first)
  }

  /// Adds the routes of one GPU's traffic.
  private mutating func add(_ gpu: Int, _ peers: FabricFlows.Peers, to parts: inout [Part]) {
    let perRank = flows.members.gpusPerRank
    let targets =
      switch peers {
      case .mutual(let list): list(gpu)
      case .rank(let target): [target * perRank + gpu % perRank]
      }
    for target in targets {
      if gpu / flows.gpusPerNode == target / flows.gpusPerNode {
        // The peers are in the same node although the transfer crosses nodes elsewhere: use the
        // ports as without a fabric.
        latency = max(latency, flows.networkLatency)
        let last = end(target, peers, gpu)
        let isDead = flows.fabric.isDead(gpu) || flows.fabric.isDead(last)
        let path = Path(
          out: port(isDead ? .nvlinkOut : .nicOut, gpu),
          into: port(isDead ? .nvlinkIn : .nicIn, last))
        note(Part(path: path, peers: 1), &parts)
        continue
      }
      let routes = flows.fabric.ways(from: gpu, to: target)
      for route in routes {
        latency = max(latency, route.latency)
        add(route, from: gpu, to: target, peers, 1 / Double(routes.count), &parts)
      }
    }
  }

  /// Adds one of the equal routes between two GPUs.
  private func add(
    _ route: Fabric.Way, from gpu: Int, to target: Int, _ peers: FabricFlows.Peers,
    _ count: Double, _ parts: inout [Part]
  ) {
    let (last, receiver) = ends(of: route, from: gpu, to: target, peers)
    let carriers = max(
      carrierCount(of: gpu, over: route.sender), carrierCount(of: last, over: receiver))
    // The rank at the receiving end of the switches.
    let targetRank = target / flows.members.gpusPerRank
    func path(throughOthers: Bool) -> Path {
      func others(_ kind: GPULinks.Port, _ other: Int, of own: Int) -> [Int32] {
        throughOthers || carrierCount(of: own, over: other) == 0
          ? membersCarrying(other, for: own).flatMap { port(kind, other, member: $0) } : []
      }
      let out =
        route.sender == gpu
        ? port(.nicOut, gpu)
        : port(.nvlinkOut, gpu)
          + others(.nvlinkIn, route.sender, of: gpu) + others(.nicOut, route.sender, of: gpu)
      let switches = route.links.flatMap { link -> [Int32] in
        guard flows.hasShares else { return [firstSwitch + link] }
        let isDown = leadsDown(link)
        let (owner, own) = isDown ? (receiver, last) : (route.sender, gpu)
        guard throughOthers || carrierCount(of: own, over: owner) == 0 else { return [] }
        let rank = isDown ? targetRank : owner / flows.members.gpusPerRank
        return membersCarrying(owner, for: own).compactMap {
          switchShare(link, member: $0, rank: rank)
        }
      }
      let into =
        receiver == last
        ? port(.nicIn, last)
        : others(.nicIn, receiver, of: last) + others(.nvlinkOut, receiver, of: last)
          + port(.nvlinkIn, last)
      return Path(out: out + switches, into: into)
    }
    note(
      Part(
        path: path(throughOthers: true), carriers: carriers,
        rest: carriers > 0 ? path(throughOthers: false) : Path(), peers: count), &parts)
  }

  /// Number of GPUs of the other class that carry a GPU's traffic over one of them; 0 within its
  /// own class, in which every GPU carries as much as it sends over others.
  private func carrierCount(of gpu: Int, over other: Int) -> Int {
    classOf(gpu) == classOf(other) ? 0 : representatives.classes[classOf(other)].count
  }

  /// The members whose ports represent a GPU that carries another GPU's traffic.
  private func membersCarrying(_ other: Int, for gpu: Int) -> [Int] {
    guard carrierCount(of: gpu, over: other) > 0 else {
      return [flows.memberOfClass[classOf(other)]]
    }
    return representatives.members.indices.filter {
      representatives.members[$0].ofClass == classOf(other)
    }
  }

  private func classOf(_ gpu: Int) -> Int {
    flows.classOfGPU[gpu % flows.members.gpusPerRank]
  }

  /// The GPU whose ports receive, and the GPU whose NIC receives.
  private func ends(
    of route: Fabric.Way, from gpu: Int, to target: Int, _ peers: FabricFlows.Peers
  ) -> (last: Int, receiver: Int) {
    guard case .mutual = peers else { return (target, route.receiver) }
    // A GPU receives over the same GPUs over which it sends.
    return (gpu, flows.fabric.isDead(gpu) ? route.sender : gpu)
  }

  /// The GPU whose ports receive.
  private func end(_ target: Int, _ peers: FabricFlows.Peers, _ gpu: Int) -> Int {
    if case .mutual = peers { gpu } else { target }
  }

  /// The port of a member of a GPU's class, by default the first; none for a GPU that the step does
  /// not use, whose ports never limit.
  private func port(_ port: GPULinks.Port, _ gpu: Int, member: Int? = nil) -> [Int32] {
    let owner = gpu / flows.members.gpusPerRank
    guard owner < flows.members.ranks else { return [] }
    let member = member ?? flows.memberOfClass[classOf(gpu)]
    return [Int32(member * links.capacities.count) + links.link(port, rank: owner)]
  }

  private func leadsDown(_ link: Int32) -> Bool {
    let kind = flows.fabric.switchLinks[Int(link)].kind
    return kind == .leafDown || kind == .podDown
  }

  /// A member's share of a link in a rank; nil for a rank that is not in use.
  private func switchShare(_ link: Int32, member: Int, rank: Int) -> Int32? {
    guard rank < flows.members.ranks else { return nil }
    let kind = flows.fabric.switchLinks[Int(link)].kind
    let row = flows.classes.firstIndex(of: kind) ?? 0
    let place = member * flows.members.ranks + rank
    return firstSwitch + Int32(place * flows.classes.count + row)
  }

  private func note(_ part: Part, _ parts: inout [Part]) {
    if let index = parts.firstIndex(where: {
      $0.path == part.path && $0.carriers == part.carriers
    }) {
      parts[index].peers += part.peers
    } else {
      parts.append(part)
    }
  }

  /// The flows, with those over the network split into parts.
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
          path: kernel + $0.path.cut(to: kinds), bytes: flow.bytes * share,
          weight: flow.weight * share, part: flow.part)
      }
    }
  }
}
