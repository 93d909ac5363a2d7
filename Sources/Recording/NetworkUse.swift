// What a run sent, over what, and how full its links were.

import Units

/// Why bytes travel: the dimension of parallelism that sends them.
public enum TrafficKind: String, CaseIterable, Sendable {
  /// Tokens to their experts, and the experts' results back, forward and backward.
  case dispatch
  case combine
  /// Hidden states and their gradients between the GPUs that share tensors, and keys, values and
  /// theirs between those that share sequences.
  case tensor
  case context
  /// Hidden states and their gradients between pipeline stages.
  case pipeline
  /// Gradients to be reduced, and updated parameters, between replicas.
  case gradients
  case parameters

  /// Whether computation inside cells needs what is sent.
  public var isInCells: Bool {
    switch self {
    case .dispatch, .combine, .tensor, .context: true
    case .pipeline, .gradients, .parameters: false
    }
  }
}

/// Kinds of links: the ports of a GPU, and what lies between them where a topology says so.
public enum PortClass: String, CaseIterable, Sendable {
  /// The GPU's NIC, out of the node and into it.
  case nicOut = "nic_out"
  case nicIn = "nic_in"
  /// The GPU's NVLink port, out of the GPU and into it.
  case nvlinkOut = "nvlink_out"
  case nvlinkIn = "nvlink_in"
  /// The uplinks of a leaf switch together, and its downlinks; likewise those of a pod.
  case leafUp = "leaf_up"
  case leafDown = "leaf_down"
  case podUp = "pod_up"
  case podDown = "pod_down"
  /// A link that the scenario lists.
  case listed

  /// Whether it is a port of a GPU.
  public var isPort: Bool {
    switch self {
    case .nicOut, .nicIn, .nvlinkOut, .nvlinkIn: true
    case .leafUp, .leafDown, .podUp, .podDown, .listed: false
    }
  }
}

/// Bytes of one kind through one class of ports in the whole run.
public struct Traffic: Hashable, Sendable {
  /// Why the bytes travel.
  public var kind: TrafficKind
  /// What they leave or enter a GPU through.
  public var link: PortClass
  /// Mean over all GPUs.
  public var bytesPerGPU: Bytes

  public init(kind: TrafficKind, link: PortClass, bytesPerGPU: Bytes) {
    self.kind = kind
    self.link = link
    self.bytesPerGPU = bytesPerGPU
  }
}

/// One port in the whole run.
public struct LinkUse: Hashable, Sendable {
  /// The rank whose port it is, from 0. Of a link between switches the rank whose share it is, or
  /// the number of the link in its class.
  public var rank: Int
  /// The simulated GPU of the rank, from 0.
  public var member: Int
  /// GPUs that it stands for, each with such a port; 1 for a link that all share.
  public var gpus: Int
  /// Its class.
  public var link: PortClass
  /// What went through it.
  public var bytes: Bytes
  /// What it can carry.
  public var capacity: BytesPerSecond
  /// Its name in its topology, such as `leaf3.up`, or its places in a list; nil for a port, and for
  /// a share of links.
  public var name: String?

  public init(
    rank: Int, member: Int = 0, gpus: Int = 1, link: PortClass, bytes: Bytes,
    capacity: BytesPerSecond, name: String? = nil
  ) {
    self.rank = rank
    self.member = member
    self.gpus = gpus
    self.link = link
    self.bytes = bytes
    self.capacity = capacity
    self.name = name
  }
}

/// How full the ports of a class were in one of the equal intervals of the run.
public struct LinkLoad: Hashable, Sendable {
  /// The class.
  public var link: PortClass
  /// Where the interval starts.
  public var start: SimTime
  /// Where the next one starts.
  public var end: SimTime

  /// Bytes over what the ports could have carried, mean over all of them.
  public var utilisation: Double

  public init(link: PortClass, start: SimTime, end: SimTime, utilisation: Double) {
    self.link = link
    self.start = start
    self.end = end
    self.utilisation = utilisation
  }
}

/// The network's part of a run.
public struct NetworkUse: Hashable, Sendable {
  public var traffic: [Traffic]
  public var links: [LinkUse]
  public var loads: [LinkLoad]

  public init(traffic: [Traffic] = [], links: [LinkUse] = [], loads: [LinkLoad] = []) {
    self.traffic = traffic
    self.links = links
    self.loads = loads
  }

  /// INV-15: whether all GPUs together receive what they send, through NICs and over NVLink.
  public var isConserved: Bool {
    func bytes(_ link: PortClass) -> Double {
      traffic.reduce(0) { $0 + ($1.link == link ? $1.bytesPerGPU.value : 0) }
    }
    return [(PortClass.nicOut, PortClass.nicIn), (.nvlinkOut, .nvlinkIn)].allSatisfy {
      abs(bytes($0) - bytes($1)) <= 1e-9 * bytes($0)
    }
  }
}
