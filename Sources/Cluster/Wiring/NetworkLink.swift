// One direction of a link, or of a bundle of parallel cables: adaptive routing spreads flows over a
// bundle evenly.

import Recording
import Units

/// A link with its name, owner and capacity.
package struct NetworkLink: Hashable, Sendable {
  /// What a link belongs to.
  package enum Owner: Hashable, Sendable {
    /// A GPU, numbered across all nodes.
    case gpu(Int)
    /// A NIC port, numbered across all nodes.
    case nic(Int)
    /// The network between nodes.
    case network
  }

  /// Unique, with the parts that a user may name: `node3.nic5.out`.
  package var name: String
  /// Its class.
  package var kind: LinkClass
  package var owner: Owner
  /// Highest rate; what faults leave of it, in a wiring.
  package var capacity: BytesPerSecond
}

/// A link of a `Wiring`.
package typealias LinkID = ID<NetworkLink>

/// A NIC port, by its place.
package struct NICPort: Hashable, Sendable {
  /// The node.
  package var node: Int
  /// Its index in the node.
  package var rail: Int
}
