// What a run sent over which links, and how busy they were.

import Units

/// Why bytes travel: the dimension of parallelism that sends them.
package enum TrafficKind: String, CaseIterable, Sendable {
  /// Tokens to their experts, and the experts' results back, forward and backward.
  case dispatch
  case combine
  /// Hidden states and their gradients between GPUs that share tensors; keys, values and their
  /// gradients between GPUs that share sequences.
  case tensor
  case context
  /// Hidden states and their gradients between pipeline stages.
  case pipeline
  /// Gradients to be reduced, and updated parameters, between replicas.
  case gradients
  case parameters

  /// Whether computation inside cells depends on what is sent.
  package var isInCells: Bool {
    switch self {
    case .dispatch, .combine, .tensor, .context: true
    case .pipeline, .gradients, .parameters: false
    }
  }
}

/// Kinds of links: the ports of a GPU, and what lies between them where a topology says so.
package enum PortClass: String, CaseIterable, Sendable {
  /// The GPU's NIC, out of the node and into it.
  case nicOut = "nic_out"
  case nicIn = "nic_in"
  /// The GPU's NVLink port, out of the GPU and into it.
  case nvlinkOut = "nvlink_out"
  case nvlinkIn = "nvlink_in"
  /// The uplinks of a leaf switch together, and its downlinks; likewise of a pod.
  case leafUp = "leaf_up"
  case leafDown = "leaf_down"
  case podUp = "pod_up"
  case podDown = "pod_down"
  /// A link that the scenario lists.
  case listed

  /// Whether it is a port of a GPU.
  package var isPort: Bool {
    switch self {
    case .nicOut, .nicIn, .nvlinkOut, .nvlinkIn: true
    case .leafUp, .leafDown, .podUp, .podDown, .listed: false
    }
  }
}

/// Bytes of one kind through one class of ports in the whole run.
package struct Traffic: Hashable, Sendable {
  /// Why the bytes travel.
  package var kind: TrafficKind
  /// What they leave or enter a GPU through.
  package var link: PortClass
  /// Mean over all GPUs.
  package var bytesPerGPU: Bytes

  package init(kind: TrafficKind, link: PortClass, bytesPerGPU: Bytes) {
    self.kind = kind
    self.link = link
    self.bytesPerGPU = bytesPerGPU
  }
}

/// Whose a link is.
package enum LinkOwner: Hashable, Sendable {
  /// A port of a simulated GPU, or its share of the links between switches: the rank and its GPU,
  /// from 0, and the GPUs that it stands for, each with such a port.
  case gpu(rank: Int, member: Int, gpus: Int)
  /// A link of the network itself: its number in its class, from 0, and its name in its topology,
  /// such as `leaf3.up`, or the places that it joins.
  case network(number: Int, name: String)
}

/// One link in the whole run.
package struct LinkUse: Hashable, Sendable {
  /// Whose it is.
  package var owner: LinkOwner
  /// Its class.
  package var link: PortClass
  /// What went through it.
  package var bytes: Bytes
  /// What it can carry.
  package var capacity: BytesPerSecond

  package init(_ owner: LinkOwner, link: PortClass, bytes: Bytes, capacity: BytesPerSecond) {
    self.owner = owner
    self.link = link
    self.bytes = bytes
    self.capacity = capacity
  }

  /// GPUs that have such a link; 1 for a link of the network.
  package var gpus: Int {
    if case .gpu(_, _, let gpus) = owner { gpus } else { 1 }
  }
}

/// How busy the links of a class were in one of the equal intervals of the run.
package struct LinkLoad: Hashable, Sendable {
  /// The class.
  package var link: PortClass
  /// Where the interval starts.
  package var start: SimTime
  /// Where the next one starts.
  package var end: SimTime
  /// Bytes / what the links could have carried, mean over all of them.
  package var utilisation: Double

  package init(link: PortClass, start: SimTime, end: SimTime, utilisation: Double) {
    self.link = link
    self.start = start
    self.end = end
    self.utilisation = utilisation
  }
}

/// The network's part of a run.
package struct NetworkUse: Hashable, Sendable {
  package var traffic: [Traffic]
  package var links: [LinkUse]
  package var loads: [LinkLoad]

  package init(traffic: [Traffic] = [], links: [LinkUse] = [], loads: [LinkLoad] = []) {
    self.traffic = traffic
    self.links = links
    self.loads = loads
  }

  /// INV-15: whether all GPUs together receive what they send, through NICs and over NVLink.
  package var isConserved: Bool {
    func bytes(_ link: PortClass) -> Double {
      traffic.reduce(0) { $0 + ($1.link == link ? $1.bytesPerGPU.value : 0) }
    }
    return [(PortClass.nicOut, PortClass.nicIn), (.nvlinkOut, .nvlinkIn)].allSatisfy {
      abs(bytes($0) - bytes($1)) <= 1e-9 * bytes($0)
    }
  }
}
