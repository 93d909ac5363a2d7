// Which layers of a model have a property: experts, or a window.

/// A set of layers, counted from 0.
package enum LayerChoice: Hashable, Sendable {
  /// Every n-th layer, beginning with one.
  case every(Int, from: Int)
  /// The layers of a list, in ascending order.
  case listed([Int])

  /// All layers after the first `count`.
  package static func after(_ count: Int) -> LayerChoice { .every(1, from: count) }

  /// Whether a layer belongs to it.
  package func contains(_ layer: Int) -> Bool {
    switch self {
    case .every(let step, let first): layer >= first && (layer - first) % step == 0
    case .listed(let layers): layers.contains(layer)
    }
  }

  /// The choice of the layers for which a claim holds, in the shortest form.
  package init(of layers: Int, where claim: (Int) -> Bool) {
    let chosen = (0..<layers).filter(claim)
    guard let first = chosen.first else {
      self = .listed([])
      return
    }
    let step = chosen.count > 1 ? chosen[1] - first : layers
    let every = LayerChoice.every(step, from: first)
    self = (0..<layers).allSatisfy { every.contains($0) == claim($0) } ? every : .listed(chosen)
  }
}

/// Kinds of blocks of a model.
package enum LayerKind: String, CaseIterable, Hashable, Sendable {
  /// The block before the layers.
  case embedding
  /// The kinds of layers.
  case dense
  case moe
  case denseWindowed = "dense_windowed"
  case moeWindowed = "moe_windowed"
  /// The blocks after the layers.
  case head
  case mtp

  /// The kinds of transformer layers.
  package static let layers: [LayerKind] = [.dense, .moe, .denseWindowed, .moeWindowed]

  /// The kind of a layer.
  package init(hasExperts: Bool, hasWindow: Bool) {
    switch (hasExperts, hasWindow) {
    case (false, false): self = .dense
    case (true, false): self = .moe
    case (false, true): self = .denseWindowed
    case (true, true): self = .moeWindowed
    }
  }

  /// Whether it routes tokens to experts.
  package var hasExperts: Bool { self == .moe || self == .moeWindowed }
  /// Whether its tokens attend to a window.
  package var hasWindow: Bool { self == .denseWindowed || self == .moeWindowed }
}
