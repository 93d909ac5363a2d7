// The routes through a fabric of what the GPUs of one rank send to certain peers.

import Cluster
import Units

/// What stands for the ports of the network in the flows of a rank.
public struct FabricRoutes: Sendable {
  /// A part of what a GPU sends: the links behind those of its kernel.
  private struct Part {
    var path: [Int32]
    /// Peers that it reaches; a fraction of one where a peer is reached over several routes.
    var peers: Double
  }

  private let flows: FabricFlows
  private let rank: Int
  private let links: GPULinks
  private let firstSwitch: Int32
  /// Of the first member of each class.
  private var parts: [[Part]] = []
  /// The longest route's.
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
  public func routed(_ phase: TransferPhase) -> TransferPhase {
    var phase = phase
    let members = representatives.members.enumerated().map { index, member in
      let own = parts[member.ofClass].map { part in
        Part(path: part.path.map { moved($0, to: index, member.ofClass) }, peers: part.peers)
      }
      return split(links.flows(of: phase, member: index), own)
    }
    if members.count == 1 { phase.flows = members[0] } else { phase.memberFlows = members }
    phase.latency = phase.latency - flows.networkLatency + latency
    return phase
  }

  /// The link of a member that a link of the first member of its class is to it.
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

  /// Adds the routes of what one GPU sends.
  private mutating func add(_ gpu: Int, _ peers: FabricFlows.Peers, to parts: inout [Part]) {
    let perRank = flows.members.gpusPerRank
    let targets =
      switch peers {
      case .mutual(let list): list(gpu)
      case .rank(let target): [target * perRank + gpu % perRank]
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
      let routes = flows.fabric.ways(from: gpu, to: target)
      for route in routes {
        latency = max(latency, route.latency)
        add(route, from: gpu, to: target, peers, 1 / Double(routes.count), &parts)
      }
    }
  }

  /// Adds one of the equal routes between two GPUs. Traffic that another class forwards crosses the
  /// ports of its member as far as this one's part of that class's traffic goes; the rest crosses
  /// ports like them that are not simulated.
  private func add(
    _ route: Fabric.Way, from gpu: Int, to target: Int, _ peers: FabricFlows.Peers,
    _ count: Double, _ parts: inout [Part]
  ) {
    let (last, receiver) = ends(of: route, from: gpu, to: target, peers)
    let share = min(part(of: gpu, over: route.sender), part(of: last, over: receiver))
    // The rank that a peer's end of the switches belongs to.
    let targetRank = target / flows.members.gpusPerRank
    func path(throughOthers: Bool) -> [Int32?] {
      func others(_ kind: GPULinks.Port, _ other: Int) -> Int32? {
        throughOthers ? port(kind, other) : nil
      }
      let out =
        route.sender == gpu
        ? [port(.nicOut, gpu)]
        : [
          port(.nvlinkOut, gpu), others(.nvlinkIn, route.sender), others(.nicOut, route.sender),
        ]
      let switches = route.links.map { link -> Int32? in
        guard flows.hasShares else { return firstSwitch + link }
        let isDown = leadsDown(link)
        let owner = isDown ? receiver : route.sender
        guard throughOthers || owner == gpu || owner == last else { return nil }
        return switchShare(
          link, of: owner, rank: isDown ? targetRank : owner / flows.members.gpusPerRank)
      }
      let into =
        receiver == last
        ? [port(.nicIn, last)]
        : [others(.nicIn, receiver), others(.nvlinkOut, receiver), port(.nvlinkIn, last)]
      return out + switches + into
    }
    note(path(throughOthers: true), count * share, &parts)
    if share < 1 { note(path(throughOthers: false), count * (1 - share), &parts) }
  }

  /// What of the traffic that a GPU sends over another one crosses the simulated ports of that
  /// one's class.
  private func part(of gpu: Int, over other: Int) -> Double {
    guard other != gpu else { return 1 }
    let classes = representatives.classes
    let (own, its) = (classes[classOf(gpu)].count, classes[classOf(other)].count)
    return min(1, Double(own) / Double(its))
  }

  private func classOf(_ gpu: Int) -> Int {
    flows.classOfGPU[gpu % flows.members.gpusPerRank]
  }

  /// The GPU whose ports receive, and the one whose NIC does.
  private func ends(
    of route: Fabric.Way, from gpu: Int, to target: Int, _ peers: FabricFlows.Peers
  ) -> (last: Int, receiver: Int) {
    guard case .mutual = peers else { return (target, route.receiver) }
    // What the GPU sends over others it also receives over them.
    return (gpu, flows.fabric.isDead(gpu) ? route.sender : gpu)
  }

  /// The GPU whose ports receive.
  private func end(_ target: Int, _ peers: FabricFlows.Peers, _ gpu: Int) -> Int {
    if case .mutual = peers { gpu } else { target }
  }

  /// The port of the first member of a GPU's class; nil for a GPU that the step does not use, whose
  /// ports have room.
  private func port(_ port: GPULinks.Port, _ gpu: Int) -> Int32? {
    let owner = gpu / flows.members.gpusPerRank
    guard owner < flows.members.ranks else { return nil }
    let member = flows.memberOfClass[classOf(gpu)]
    return Int32(member * links.capacities.count) + links.link(port, rank: owner)
  }

  private func leadsDown(_ link: Int32) -> Bool {
    let kind = flows.fabric.switchLinks[Int(link)].kind
    return kind == .leafDown || kind == .podDown
  }

  /// The share of a link that the class of a GPU has in a rank; nil for a rank that is not in use.
  private func switchShare(_ link: Int32, of gpu: Int, rank: Int) -> Int32? {
    guard rank < flows.members.ranks else { return nil }
    let kind = flows.fabric.switchLinks[Int(link)].kind
    let row = flows.classes.firstIndex(of: kind) ?? 0
    let place = flows.memberOfClass[classOf(gpu)] * flows.members.ranks + rank
    return firstSwitch + Int32(place * flows.classes.count + row)
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

  /// The part of a route that a flow through these ports takes: what a GPU only sends ends before a
  /// port takes it in, what it only receives has crossed the switches as its senders' flows.
  private func cut(_ path: [Int32], to ports: [GPULinks.Port]) -> [Int32] {
    guard ports.count == 1 else { return path }
    let place = path.firstIndex {
      $0 < firstSwitch && links.port($0 % Int32(links.capacities.count))?.port == .nicIn
    }
    return Array(ports == [.nicOut] ? path[..<(place ?? path.count)] : path[(place ?? 0)...])
  }
}
