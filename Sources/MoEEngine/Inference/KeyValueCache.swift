// The KV cache of latent attention. It stores the normalised latent and the shared rotary key of
// each token: 576 numbers per token and layer in DeepSeek-V3, instead of 32,768 for full keys and
// values.

/// The cache of one layer.
final class KeyValueCache {
  /// The largest number of tokens.
  let capacity: Int
  /// Cached tokens.
  private(set) var count = 0
  /// Normalised latents `[capacity, keyValueRank]`.
  let latents: Matrix
  /// Rotary keys that all heads share `[capacity, rotary]`.
  let rotaryKeys: Matrix
  private let memory: FloatBuffer

  init(_ model: ModelConfiguration, capacity: Int) {
    self.capacity = capacity
    memory = FloatBuffer(capacity * (model.keyValueRank + model.rotaryWidth))
    latents = memory.matrix(capacity, model.keyValueRank)
    rotaryKeys = memory.matrix(capacity, model.rotaryWidth, at: capacity * model.keyValueRank)
  }

  /// Adds `more` tokens and returns their rows, which the caller fills.
  ///
  /// - Precondition: the capacity suffices.
  func grow(by more: Int) -> Range<Int> {
    precondition(count + more <= capacity, "\(count) + \(more) tokens exceed \(capacity)")
    count += more
    return count - more..<count
  }

  /// Removes all tokens after the first `count`.
  ///
  /// - Precondition: the cache has at least `count` tokens.
  func truncate(to count: Int) {
    precondition((0...self.count).contains(count), "\(count) of \(self.count) tokens")
    self.count = count
  }
}
