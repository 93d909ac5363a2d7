// The ways through a fabric of what the GPUs of one rank send to certain peers.

import Cluster
import Units

/// What stands for the ports of the network in the flows of a rank.
public struct FabricWays: Sendable {
  /// A part of what a GPU sends: the links behind those of its kernel.
  private struct Part {
    var path: [Int32]
    /// Peers that it reaches; a fraction of one where a peer is reached over several ways.
    var peers: Double
  }

  private let flows: FabricFlows
  private let rank: Int
  private let links: GPULinks
  private let firstSwitch: Int32
  /// Of the GPU that stands for the rank, or of each of its GPUs.
  private var parts: [[Part]] = []
  /// The longest way's.
  private var latency = SimDuration.zero

  /// Finds the ways.
  init(_ flows: FabricFlows, rank: Int, links: GPULinks, to peers: FabricFlows.Peers) {
    self.flows = flows
    self.rank = rank
    self.links = links
    firstSwitch = links.firstSwitch(replicas: flows.isFolded ? 1 : flows.members.gpusPerRank)
    var common: [Part] = []
    for gpu in flows.members.gpus(of: rank) {
      if flows.isFolded {
        add(gpu, peers, to: &common)
      } else {
        var own: [Part] = []
        add(gpu, peers, to: &own)
        parts.append(own)
      }
    }
    if flows.isFolded { parts = [common] }
  }

  /// A phase with its network flows on these ways.
  public func routed(_ phase: TransferPhase) -> TransferPhase {
    var phase = phase
    if flows.isFolded {
      phase.flows = split(phase.flows, parts[0])
    } else {
      phase.replicaFlows = parts.enumerated().map { replica, parts in
        split(links.flows(of: phase, replica: replica), parts)
      }
    }
    phase.latency = phase.latency - flows.networkLatency + latency
    return phase
  }

  /// Adds the ways of what one GPU sends.
  private mutating func add(_ gpu: Int, _ peers: FabricFlows.Peers, to parts: inout [Part]) {
    let targets =
      switch peers {
      case .mutual(let list): list(gpu)
      case .rank(let target): [target * flows.members.gpusPerRank + gpu % flows.members.gpusPerRank]
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
  private func end(_ target: Int, _ peers: FabricFlows.Peers, _ gpu: Int) -> Int {
    if case .mutual = peers { gpu } else { target }
  }

  private func out(_ gpu: Int, over sender: Int) -> [Int32?] {
    sender == gpu
      ? [port(.nicOut, gpu)]
      : [port(.nvlinkOut, gpu), port(.nvlinkIn, sender), port(.nicOut, sender)]
  }

  private func into(
    _ target: Int, _ way: Fabric.Way, _ peers: FabricFlows.Peers, _ gpu: Int
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
    let owner = flows.members.owner(of: gpu, seenFrom: rank)
    guard owner < flows.members.ranks else { return nil }
    let replica = flows.isFolded ? 0 : gpu % flows.members.gpusPerRank
    return Int32(replica * links.capacities.count) + links.link(port, rank: owner)
  }

  private func switchLink(_ link: Int32, toward target: Int) -> Int32 {
    guard flows.isFolded else { return firstSwitch + link }
    let kind = flows.fabric.switchLinks[Int(link)].kind
    let isDown = kind == .leafDown || kind == .podDown
    let owner = isDown ? flows.members.owner(of: target, seenFrom: rank) : rank
    let row = flows.classes.firstIndex(of: kind) ?? 0
    return firstSwitch + Int32(owner * flows.classes.count + row)
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
    let place = path.firstIndex {
      $0 < firstSwitch && links.port($0 % Int32(links.capacities.count))?.port == .nicIn
    }
    return Array(ports == [.nicOut] ? path[..<(place ?? path.count)] : path[(place ?? 0)...])
  }
}
