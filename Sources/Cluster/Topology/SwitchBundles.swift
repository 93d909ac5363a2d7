// The cables between a layer of switches and the next one, bundled by switch or pod.

import Units

/// Two links for each unit of a layer: all its cables upwards as one, and all downwards.
struct SwitchBundles: Hashable, Sendable {
  /// Number of the first unit's upward link.
  var firstLink: Int
  /// Units of the layer.
  var count: Int
  /// Capacity of a unit's cables in one direction.
  var capacity: BytesPerSecond
  /// What a unit is called in link names.
  var name: String
  var up: LinkClass
  var down: LinkClass

  var linkCount: Int { 2 * count }

  func up(_ unit: Int) -> Int32 { Int32(firstLink + 2 * unit) }
  func down(_ unit: Int) -> Int32 { Int32(firstLink + 2 * unit + 1) }

  var links: [NetworkLink] {
    (0..<count).flatMap { unit in
      [
        NetworkLink(name: "\(name)\(unit).up", kind: up, capacity: capacity),
        NetworkLink(name: "\(name)\(unit).down", kind: down, capacity: capacity),
      ]
    }
  }

  /// Appends the route from one unit over the next layer to another.
  func appendCrossing(from here: Int, to there: Int, to path: inout [Int32]) {
    path.append(up(here))
    path.append(down(there))
  }
}

extension NodePorts {
  /// Appends the route over NVLink to the GPU of the source's node that has the target's rail.
  ///
  /// - Returns: that GPU, the source itself on its own rail, and the latency of the route.
  func appendForwarding(
    from source: Int, toRailOf target: Int, to path: inout [Int32]
  ) -> (proxy: Int, latency: SimDuration) {
    let proxy = source - rail(of: source) + rail(of: target)
    guard proxy != source else { return (source, .zero) }
    return (proxy, appendInside(from: source, to: proxy, to: &path))
  }
}
