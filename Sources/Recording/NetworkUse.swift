// The traffic of a run by link, and the utilisation of the links.

import Units

/// The purpose of traffic: the dimension of parallelism that causes it.
package enum TrafficKind: String, CaseIterable, Sendable {
  /// Tokens sent to their experts, and results sent back, in forward and backward passes.
  case dispatch
  case combine
  /// Hidden states and their gradients under tensor parallelism; keys, values and their gradients
  /// under context parallelism.
  case tensor
  case context
  /// Hidden states and their gradients between pipeline stages.
  case pipeline
  /// Gradients to be reduced and updated parameters, exchanged between replicas.
  case gradients
  case parameters

  /// Whether it is part of cells; that of sharded states may be, layer by layer.
  package var isInCells: Bool {
    switch self {
    case .dispatch, .combine, .tensor, .context: true
    case .pipeline, .gradients, .parameters: false
    }
  }
}

/// The class of a link: a port of a GPU, or a link between switches if the topology has any.
package enum LinkClass: String, CaseIterable, Sendable {
  /// The GPU's NIC, out of the node and into it.
  case nicOut = "nic_out"
  case nicIn = "nic_in"
  /// The GPU's port of the scale-up fabric, such as NVLink, out of the GPU and into it.
  case scaleUpOut = "scale_up_out"
  case scaleUpIn = "scale_up_in"
  /// All uplinks of a leaf switch together, and all its downlinks; likewise for a pod.
  case leafUp = "leaf_up"
  case leafDown = "leaf_down"
  case podUp = "pod_up"
  case podDown = "pod_down"
  /// A link that the scenario lists.
  case listed

  /// Whether it is a port of a GPU.
  package var isPort: Bool {
    switch self {
    case .nicOut, .nicIn, .scaleUpOut, .scaleUpIn: true
    case .leafUp, .leafDown, .podUp, .podDown, .listed: false
    }
  }
}

/// Traffic of one kind through one class of ports over the whole run.
package struct Traffic: Hashable, Sendable {
  /// The purpose of the traffic.
  package var kind: TrafficKind
  /// The class of the ports.
  package var link: LinkClass
  /// Bytes per GPU, mean over all GPUs.
  package var bytesPerGPU: Bytes

  package init(kind: TrafficKind, link: LinkClass, bytesPerGPU: Bytes) {
    self.kind = kind
    self.link = link
    self.bytesPerGPU = bytesPerGPU
  }
}

/// The owner of a link.
package enum LinkOwner: Hashable, Sendable {
  /// A port of a simulated GPU, or its share of the links between switches.
  ///
  /// Rank and member count from 0; `gpus` is the number of GPUs that it represents, each with such
  /// a port.
  case gpu(rank: Int, member: Int, gpus: Int)
  /// A link of the network itself: its number in its class, from 0, and its name in the topology,
  /// such as `leaf3.up`, or its two endpoints.
  case network(number: Int, name: String)
}

/// The use of one link over the whole run.
package struct LinkUse: Hashable, Sendable {
  /// The owner.
  package var owner: LinkOwner
  /// The class.
  package var link: LinkClass
  /// The bytes that it carried.
  package var bytes: Bytes
  /// Its bandwidth.
  package var capacity: BytesPerSecond

  package init(_ owner: LinkOwner, link: LinkClass, bytes: Bytes, capacity: BytesPerSecond) {
    self.owner = owner
    self.link = link
    self.bytes = bytes
    self.capacity = capacity
  }

  /// The number of GPUs that have such a link; 1 for a link of the network.
  package var gpus: Int {
    if case .gpu(_, _, let gpus) = owner { gpus } else { 1 }
  }
}

/// The utilisation of a class of links in one of the equal intervals of the run.
package struct LinkLoad: Hashable, Sendable {
  /// The class.
  package var link: LinkClass
  /// The start of the interval.
  package var start: SimTime
  /// The start of the next interval.
  package var end: SimTime
  /// Bytes / the most that the links could have carried, mean over all links of the class.
  package var utilisation: Double

  package init(link: LinkClass, start: SimTime, end: SimTime, utilisation: Double) {
    self.link = link
    self.start = start
    self.end = end
    self.utilisation = utilisation
  }
}

/// Everything that a run records about the network.
package struct NetworkUse: Hashable, Sendable {
  package var traffic: [Traffic]
  package var links: [LinkUse]
  package var loads: [LinkLoad]

  package init(traffic: [Traffic] = [], links: [LinkUse] = [], loads: [LinkLoad] = []) {
    self.traffic = traffic
    self.links = links
    self.loads = loads
  }

  /// INV-15: whether bytes sent equal bytes received over all GPUs, for each purpose, by NICs and
  /// by the scale-up fabric.
  package var isConserved: Bool {
    TrafficKind.allCases.allSatisfy { kind in
      func bytes(_ link: LinkClass) -> Double {
        traffic.reduce(0) {
          $0 + ($1.kind == kind && $1.link == link ? $1.bytesPerGPU.value : 0)
        }
      }
      return [(LinkClass.nicOut, LinkClass.nicIn), (.scaleUpOut, .scaleUpIn)].allSatisfy {
        abs(bytes($0) - bytes($1)) <= 1e-9 * bytes($0)
      }
    }
  }
}
