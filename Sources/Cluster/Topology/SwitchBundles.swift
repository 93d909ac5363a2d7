// The cables between two layers of switches, bundled by switch or pod.

import Recording
import Units

/// Two links per unit of a layer: all its uplinks as one, and all its downlinks as one.
struct SwitchBundles: Hashable, Sendable {
  /// Index of the first unit's upward link.
  var firstLink: Int
  /// Units of the layer.
  var count: Int
  /// Capacity of a unit's cables in one direction.
  var capacity: BytesPerSecond
  /// Name of a unit, without its number, in link names.
  var name: String
  var up: LinkClass
  var down: LinkClass

  var linkCount: Int { 2 * count }

  func up(_ unit: Int) -> Int { firstLink + 2 * unit }
  func down(_ unit: Int) -> Int { firstLink + 2 * unit + 1 }

  var links: [NetworkLink] {
    (0..<count).flatMap { unit in
      [("up", up), ("down", down)].map { direction, kind in
        NetworkLink(
          name: "\(name)\(unit).\(direction)", kind: kind, owner: .network, capacity: capacity)
      }
    }
  }

  /// Appends the route from one unit through the next layer to another.
  func appendCrossing(from here: Int, to there: Int, to path: inout [Int]) {
    path.append(up(here))
    path.append(down(there))
  }
}
