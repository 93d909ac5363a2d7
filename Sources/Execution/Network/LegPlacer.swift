// Places legs on the links of a step: the kernel's rate, ports, and the routes to the peers.

import Cluster
import Units

/// A flow of a leg on its links.
struct LegFlow {
  var path: [StepLinkID]
  var bytes: Double
  var weight: Double
  var part: MemberShares.Part?
}

/// Turns legs into flows.
struct LegPlacer {
  private let network: StepNetwork
  /// The routes of each rank to each kind of peers; looked up only.
  private var known: [Place: PeerRoutes] = [:]

  private struct Place: Hashable {
    var rank: Int
    var peers: Peers
  }

  init(_ network: StepNetwork) { self.network = network }

  /// The flows of a leg of one member: several if its peers are reached over different links.
  mutating func flows(of leg: Leg, rank: Int, member: Int) -> [LegFlow] {
    let kernel = leg.kernel.map { [network.kernel($0, rank: rank, member: member)] } ?? []
    func flow(_ path: [StepLinkID], share: Double = 1, isOwn: Bool = true) -> LegFlow {
      LegFlow(
        path: isOwn ? kernel + path : path, bytes: leg.bytes * share, weight: share,
        part: leg.part)
    }
    func ports(
      _ out: StepNetwork.Port, _ into: StepNetwork.Port, to target: Int?
    ) -> [StepLinkID] {
      let sending = [network.port(out, rank: rank, member: member)]
      let receiving = [network.port(into, rank: target ?? rank, member: member)]
      return switch leg.ends {
      case .both: sending + receiving
      case .out: sending
      case .into: receiving
      }
    }
    switch leg.course {
    case .kernelOnly: return [flow([])]
    case .scaleUp(let target): return [flow(ports(.scaleUpOut, .scaleUpIn, to: target))]
    case .network(let peers):
      let paths = routes(to: peers, rank: rank)?.paths(of: member, leg.ends) ?? []
      guard !paths.isEmpty else { return [flow(ports(.nicOut, .nicIn, to: peers.rank))] }
      return paths.map { flow($0.links, share: $0.share, isOwn: $0.isOwn) }
    }
  }

  /// How long the last byte of a phase travels: longer or shorter than usual if the routes are.
  mutating func latency(of phase: TransferPhase, rank: Int) -> SimDuration {
    var extra: SimDuration?
    for leg in phase.legs {
      guard case .network(let peers) = leg.course,
        let more = routes(to: peers, rank: rank)?.extraLatency
      else { continue }
      extra = max(extra ?? more, more)
    }
    return extra.map { phase.latency + $0 } ?? phase.latency
  }

  /// The routes of a rank to its peers; nil if all leave and enter through the GPUs' own ports.
  private mutating func routes(to peers: Peers, rank: Int) -> PeerRoutes? {
    guard let fabric = network.fabric, fabric.hasRoutes else { return nil }
    let place = Place(rank: rank, peers: peers)
    if let routes = known[place] { return routes }
    let routes = PeerRoutes(network, fabric, rank: rank, to: peers)
    known[place] = routes
    return routes
  }
}

extension Peers {
  /// The rank of the peers if it is another than the sender's.
  fileprivate var rank: Int? {
    if case .rank(let rank) = self { rank } else { nil }
  }

  /// Whether peers send as much back, so that the GPU's own ports represent theirs.
  var isMutual: Bool { rank == nil }

  /// The GPUs to which a GPU sends, numbered across all ranks.
  func targets(of gpu: Int, gpusPerRank: Int, gpusPerDomain: Int) -> [Int] {
    /// The first GPU of a group, and its place there.
    func place(_ groupSize: Int) -> (start: Int, place: Int) {
      let place = gpu % gpusPerRank % groupSize
      return (gpu - place, place)
    }
    switch self {
    case .counterparts(let size):
      let (start, place) = place(size)
      return stride(from: start + place % gpusPerDomain, to: start + size, by: gpusPerDomain)
        .filter { $0 != gpu }
    case .everyone(let size, let step):
      let (start, own) = place(size)
      return stride(from: start + own % step, to: start + size, by: step).filter {
        $0 / gpusPerDomain != gpu / gpusPerDomain
      }
    case .next(let step, let size):
      let (start, place) = place(size)
      return [start + (place + step) % size]
    case .nextReplica(let step, let ranks):
      let ring = ranks.flatMap { rank in
        stride(from: gpu % gpusPerRank % step, to: gpusPerRank, by: step).map {
          rank * gpusPerRank + $0
        }
      }
      let place = ring.firstIndex(of: gpu) ?? 0
      return [ring[(place + 1) % ring.count]]
    case .rank(let target): return [target * gpusPerRank + gpu % gpusPerRank]
    }
  }
}
