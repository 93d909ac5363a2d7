// The cables between two layers of switches.

import Recording
import Units

/// The uplinks and downlinks of each unit of a layer, a switch or a pod: bundles that act as one
/// link each, or single cables if flows are bound to cables.
struct SwitchLayer: Hashable, Sendable {
  /// Index of the first link.
  private let firstLink: Int
  /// Cables of a unit in one direction among which a flow chooses; as many NICs as a GPU has send
  /// side by side, so theirs count as one.
  let cables: Int
  /// Whether each cable is a link of its own.
  private let isSplit: Bool
  /// All links, by unit, direction and cable.
  let links: [NetworkLink]

  /// - Parameters:
  ///   - count: units of the layer.
  ///   - cables: cables of a unit in one direction.
  ///   - cable: capacity of one cable.
  ///   - name: name of a unit, without its number, in link names.
  init(
    _ cluster: ClusterSpec, firstLink: Int = 0, count: Int, cables: Int, of cable: BytesPerSecond,
    name: String, up: LinkClass, down: LinkClass
  ) {
    self.firstLink = firstLink
    let choices = max(1, cables / cluster.node.nicsPerPort)
    self.cables = choices
    let isSplit = cluster.paths == .ecmp
    self.isSplit = isSplit
    links = (0..<count).flatMap { unit in
      [("up", up), ("down", down)].flatMap { direction, kind in
        (0..<(isSplit ? choices : 1)).map { number in
          NetworkLink(
            name: "\(name)\(unit).\(direction)" + (isSplit ? ".\(number)" : ""), kind: kind,
            owner: .network,
            capacity: isSplit ? cable * (Double(cables) / Double(choices)) : cable * cables)
        }
      }
    }
  }

  private var perDirection: Int { isSplit ? cables : 1 }

  /// The link out of a unit that a flow bound to a cable takes.
  func up(_ unit: Int, _ cable: Int) -> Int {
    firstLink + 2 * unit * perDirection + (isSplit ? cable : 0)
  }

  /// The link back into a unit.
  func down(_ unit: Int, _ cable: Int) -> Int {
    firstLink + (2 * unit + 1) * perDirection + (isSplit ? cable : 0)
  }
}
