// What attention remembers of earlier tokens: the normalised latent and the shared rotated key, 576
// numbers a token and layer in DeepSeek-V3 where full keys and values would be 32,768.

/// The cache of one layer.
final class KeyValueCache {
  /// Tokens that fit.
  let capacity: Int
  /// Tokens held.
  private(set) var count = 0
  /// Normalised latents `[capacity, keyValueRank]`.
  let latents: Matrix
  /// Rotated keys that all heads share `[capacity, rotary]`.
  let rotaryKeys: Matrix
  private let memory: FloatBuffer

  init(_ model: ModelConfiguration, capacity: Int) {
    self.capacity = capacity
    memory = FloatBuffer(capacity * (model.keyValueRank + model.rotaryWidth))
    latents = memory.matrix(capacity, model.keyValueRank)
    rotaryKeys = memory.matrix(capacity, model.rotaryWidth, at: capacity * model.keyValueRank)
  }

  /// Makes room for more tokens and gives their rows.
  ///
  /// - Precondition: they fit.
  func grow(by more: Int) -> Range<Int> {
    precondition(count + more <= capacity, "the cache holds \(capacity) tokens")
    count += more
    return count - more..<count
  }

  /// Forgets all tokens from `count` on.
  ///
  /// - Precondition: so many are held.
  func truncate(to count: Int) {
    precondition((0...self.count).contains(count), "only held tokens can be forgotten")
    self.count = count
  }
}
