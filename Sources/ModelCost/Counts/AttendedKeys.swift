// How many keys tokens attend to: all earlier ones, a sliding window, a chunk, or a selection.

/// The keys to which the tokens of a sequence attend.
package enum AttendedKeys: Hashable, Sendable {
  /// Themselves and all earlier tokens.
  case all
  /// Themselves and at most so many tokens in all: a sliding window, or the keys that an indexer
  /// selects.
  case last(Int)
  /// Themselves and the earlier tokens of the same chunk.
  case chunk(Int)

  /// Keys that tokens 0 to `count` - 1 attend to together.
  ///
  /// Exact in integers up to 2^32 tokens.
  private func pairs(before count: Int) -> Int {
    func triangle(_ n: Int) -> Int { n * (n + 1) / 2 }
    switch self {
    case .all: return triangle(count)
    case .last(let window):
      return count <= window ? triangle(count) : triangle(window) + (count - window) * window
    case .chunk(let size):
      let (chunks, rest) = count.quotientAndRemainder(dividingBy: size)
      return chunks * triangle(size) + triangle(rest)
    }
  }

  /// Keys that the `length` tokens after `cached` ones attend to together.
  package func pairs(length: Int, cached: Int = 0) -> Int {
    pairs(before: cached + length) - pairs(before: cached)
  }

  /// Keys that at least one of the `length` tokens after `cached` ones attends to.
  func read(length: Int, cached: Int) -> Int {
    switch self {
    case .all: cached + length
    case .last(let window): min(cached + length, window - 1 + length)
    case .chunk(let size): cached % size + length
    }
  }

  /// Keys that the token after `context` - 1 others attends to, itself included.
  package func keys(context: Int) -> Int {
    switch self {
    case .all: context
    case .last(let window): min(context, window)
    case .chunk(let size): (context - 1) % size + 1
    }
  }

  /// Tokens whose keys are kept after `context` tokens.
  package func kept(context: Int) -> Int {
    switch self {
    case .all: context
    case .last(let window), .chunk(let window): min(context, window)
    }
  }
}

extension AttentionWindow {
  /// The keys of the layers with the window.
  package var keys: AttendedKeys { isChunked ? .chunk(tokens) : .last(tokens) }
}

extension ModelSpec {
  /// The keys that the core of a layer's attention reads.
  package func attendedKeys(of kind: LayerKind) -> AttendedKeys {
    if kind.hasWindow, let window { return window.keys }
    if let indexer = attention.indexer { return .last(indexer.topK) }
    return .all
  }
}
