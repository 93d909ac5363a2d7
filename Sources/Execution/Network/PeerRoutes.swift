// The routes from the GPUs of one rank to certain peers, as the simulated GPUs take them.
//
// A member has the mean flows of its class. If every GPU is simulated, these are its own: one for
// each set of links rather than for each peer. The receiving ports of peers that send as much back
// are represented by the GPU's own.
//
// A GPU with a dead NIC sends over GPUs of other classes. A flow then crosses the ports of every
// member of such a class with the fraction of the traffic that falls on the simulated ones. If a
// carrier has the traffic of several GPUs, that of the others crosses the carriers' ports alone.

import Cluster
import Recording
import Units

/// The paths of a rank's network legs.
struct PeerRoutes {
  /// A step of a path, for any member of a class.
  private enum Hop: Hashable {
    /// A port of the member, or of the same member in another rank.
    case own(StepNetwork.Port, rank: Int)
    /// The ports of all members of another class, which carry the traffic together.
    case carriers(StepNetwork.Port, rank: Int, ofClass: Int)
    /// The member's share of links between switches.
    case share(LinkClass, rank: Int)
    /// The shares of all members of another class.
    case carriersShare(LinkClass, rank: Int, ofClass: Int)
    /// A link that all members share.
    case link(LinkID)

    /// Whether GPUs of another class carry the traffic here.
    var isCarried: Bool {
      switch self {
      case .carriers, .carriersShare: true
      case .own, .share, .link: false
      }
    }
  }

  /// A part of a GPU's traffic.
  private struct Part {
    /// Ports of the sending side and links between switches, then ports of the receiving side.
    var out: [Hop]
    var into: [Hop]
    /// Number of GPUs of another class that carry this part together; 0 if the GPU's own ports do.
    var carriers = 0
    /// Number of peers reached; a fraction of one if a peer is reached over several routes.
    var peers: Double
  }

  /// A way of a part of a member's traffic.
  struct Path {
    var links: [StepLinkID]
    /// The fraction of the member's bytes.
    var share: Double
    /// Whether the member sends the bytes; else others of its class do, whose traffic the simulated
    /// carriers have besides.
    var isOwn = true
  }

  private let network: StepNetwork
  private let fabric: StepFabric
  private let peers: Peers
  /// Parts of each class.
  private var parts: [[Part]] = []
  /// Latency of the longest route; nil without peers.
  private var latency: SimDuration?

  private var gpusPerRank: Int { network.representatives.gpuCount }
  private var cluster: ClusterSpec { fabric.wiring.cluster }

  /// Finds the routes.
  ///
  /// - Complexity: O(GPUs of the rank x peers).
  init(_ network: StepNetwork, _ fabric: StepFabric, rank: Int, to peers: Peers) {
    self.network = network
    self.fabric = fabric
    self.peers = peers
    for gpus in network.representatives.classes {
      var common: [Part] = []
      for gpu in gpus { add(rank * gpusPerRank + gpu, to: &common) }
      parts.append(common)
    }
  }

  /// What the longest route takes beyond the network's usual latency.
  var extraLatency: SimDuration? {
    latency.map { $0 - cluster.node.networkLatency.duration }
  }

  /// The paths of a member's traffic.
  func paths(of member: Int, _ ends: Leg.Ends) -> [Path] {
    let own = network.representatives.members[member]
    let all = parts[own.ofClass].reduce(0) { $0 + $1.peers }
    return parts[own.ofClass].flatMap { part -> [Path] in
      // Outbound-only flows end before the receiving port; inbound-only flows have crossed the
      // switches as flows of their senders.
      let hops =
        switch ends {
        case .both: part.out + part.into
        case .out: part.out
        case .into: part.into
        }
      func path(_ hops: [Hop], _ share: Double, isOwn: Bool = true) -> Path {
        Path(
          links: hops.flatMap { links(of: $0, member: member) }, share: part.peers * share / all,
          isOwn: isOwn)
      }
      guard part.carriers > 0 else { return [path(hops, 1)] }
      // What each carrier has of the traffic of one GPU of the class: more than all of it if there
      // are fewer carriers than GPUs whose traffic they carry.
      let carried = Double(own.weight) / Double(part.carriers)
      if carried == 1 { return [path(hops, 1)] }
      if carried < 1 {
        return [path(hops, carried), path(hops.filter { !$0.isCarried }, 1 - carried)]
      }
      let others = hops.filter(\.isCarried)
      return [path(hops, 1)] + (others.isEmpty ? [] : [path(others, carried - 1, isOwn: false)])
    }
  }

  /// The links of a hop.
  private func links(of hop: Hop, member: Int) -> [StepLinkID] {
    switch hop {
    case .own(let port, let rank): [network.port(port, rank: rank, member: member)]
    case .carriers(let port, let rank, let ofClass):
      members(ofClass).map { network.port(port, rank: rank, member: $0) }
    case .share(let kind, let rank): [fabric.share(of: kind, rank: rank, member: member)]
    case .carriersShare(let kind, let rank, let ofClass):
      members(ofClass).map { fabric.share(of: kind, rank: rank, member: $0) }
    case .link(let link): [fabric.link(link)]
    }
  }

  private func members(_ ofClass: Int) -> [Int] {
    network.representatives.members.indices.filter {
      network.representatives.members[$0].ofClass == ofClass
    }
  }

  /// Adds the routes of one GPU's traffic.
  private mutating func add(_ gpu: Int, to parts: inout [Part]) {
    let targets = peers.targets(
      of: gpu, gpusPerRank: gpusPerRank, gpusPerDomain: cluster.gpusPerDomain)
    for target in targets {
      if cluster.domain(of: gpu) == cluster.domain(of: target) {
        addNear(gpu, target, to: &parts)
        continue
      }
      let routes = fabric.wiring.routes(from: gpu, to: target)
      for route in routes {
        latency = max(latency ?? route.latency, route.latency)
        Self.merge(
          part(route, from: gpu, to: target, peers: 1 / Double(routes.count)), into: &parts)
      }
    }
  }

  /// Adds a peer of the same domain, although the transfer crosses domains elsewhere: it uses the
  /// ports as if nothing lay between them.
  private mutating func addNear(_ gpu: Int, _ target: Int, to parts: inout [Part]) {
    let usual = cluster.node.networkLatency.duration
    latency = max(latency ?? usual, usual)
    let last = peers.isMutual ? gpu : target
    let isDead = fabric.wiring.isDead(gpu) || fabric.wiring.isDead(last)
    Self.merge(
      Part(
        out: own(isDead ? .scaleUpOut : .nicOut, gpu),
        into: own(isDead ? .scaleUpIn : .nicIn, last), peers: 1), into: &parts)
  }

  /// One of the equal routes between two GPUs.
  private func part(_ route: Route, from gpu: Int, to target: Int, peers count: Double) -> Part {
    let (last, receiver) = ends(of: route, from: gpu, to: target)
    let out =
      route.sender == gpu
      ? own(.nicOut, gpu)
      : own(.scaleUpOut, gpu) + hops(.scaleUpIn, of: route.sender, for: gpu)
        + hops(.nicOut, of: route.sender, for: gpu)
    let between = route.between.flatMap { link -> [Hop] in
      guard fabric.sharesSwitches else { return [.link(link)] }
      let kind = fabric.wiring[link].kind
      return kind.leadsUp
        ? shares(kind, rank: route.sender / gpusPerRank, of: route.sender, for: gpu)
        : shares(kind, rank: target / gpusPerRank, of: receiver, for: last)
    }
    let into =
      receiver == last
      ? own(.nicIn, last)
      : hops(.nicIn, of: receiver, for: last) + hops(.scaleUpOut, of: receiver, for: last)
        + own(.scaleUpIn, last)
    return Part(
      out: out + between, into: into,
      carriers: max(
        carrierCount(of: gpu, over: route.sender), carrierCount(of: last, over: receiver)),
      peers: count)
  }

  /// The GPU whose ports receive, and the GPU whose NIC receives.
  private func ends(
    of route: Route, from gpu: Int, to target: Int
  ) -> (last: Int, receiver: Int) {
    guard peers.isMutual else { return (target, route.receiver) }
    // A GPU receives over the same GPUs over which it sends.
    return (gpu, fabric.wiring.isDead(gpu) ? route.sender : gpu)
  }

  /// A port of a GPU itself; none if the step does not use the GPU, whose ports never limit.
  private func own(_ port: StepNetwork.Port, _ gpu: Int) -> [Hop] {
    let rank = gpu / gpusPerRank
    return rank < network.rankCount ? [.own(port, rank: rank)] : []
  }

  /// A port of a GPU that carries the traffic of another one.
  private func hops(_ port: StepNetwork.Port, of other: Int, for gpu: Int) -> [Hop] {
    let rank = other / gpusPerRank
    guard rank < network.rankCount else { return [] }
    return carrierCount(of: gpu, over: other) == 0
      ? [.own(port, rank: rank)] : [.carriers(port, rank: rank, ofClass: classOf(other))]
  }

  private func shares(_ kind: LinkClass, rank: Int, of other: Int, for gpu: Int) -> [Hop] {
    guard rank < network.rankCount else { return [] }
    return carrierCount(of: gpu, over: other) == 0
      ? [.share(kind, rank: rank)] : [.carriersShare(kind, rank: rank, ofClass: classOf(other))]
  }

  /// Number of GPUs of the other class that carry a GPU's traffic over one of them; 0 within its
  /// own class, in which every GPU carries as much as it sends over others.
  private func carrierCount(of gpu: Int, over other: Int) -> Int {
    classOf(gpu) == classOf(other)
      ? 0 : network.representatives.classes[classOf(other)].count
  }

  private func classOf(_ gpu: Int) -> Int { fabric.classOfGPU[gpu % gpusPerRank] }

  private static func merge(_ part: Part, into parts: inout [Part]) {
    if let index = parts.firstIndex(where: {
      $0.out == part.out && $0.into == part.into && $0.carriers == part.carriers
    }) {
      parts[index].peers += part.peers
    } else {
      parts.append(part)
    }
  }
}
