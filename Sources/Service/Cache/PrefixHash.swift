// Hashes of the blocks of a sequence. The hash of a block covers its tokens and all before them, so
// that equal blocks behind different prefixes differ. Only the prompt's shared segments can equal
// those of other requests; every other block has a hash of its request's own.

/// Makes the hashes of one request's blocks, one after another.
struct PrefixHash {
  private let content: PromptContent?
  /// Tokens that segments cover.
  private let shared: Int
  private let request: UInt64
  private let blockSize: Int

  init(_ request: RequestID, _ content: PromptContent?, prompt: Int, blockSize: Int) {
    self.content = content
    shared =
      content.map {
        min($0.coversOutput ? .max : prompt, $0.segments.count * $0.segmentLength)
      } ?? 0
    self.request = UInt64(request.index) + 1
    self.blockSize = blockSize
  }

  /// The hash of a block.
  ///
  /// - Parameter parent: the hash of the block before it; 0 for the first.
  func hash(ofBlock block: Int, parent: UInt64) -> UInt64 {
    let first = block * blockSize
    var hash = Self.mix(parent ^ 0x9e37_79b9_7f4a_7c15)
    guard let content, first + blockSize <= shared else {
      return Self.nonzero(Self.mix(hash ^ Self.mix(request << 32 | UInt64(block))))
    }
    let segments = first / content.segmentLength...(first + blockSize - 1) / content.segmentLength
    hash = Self.mix(hash ^ UInt64(first % content.segmentLength) << 32)
    for segment in segments { hash = Self.mix(hash ^ (UInt64(content.segments[segment]) + 1)) }
    return Self.nonzero(hash)
  }

  /// The finaliser of SplitMix64: every bit depends on all others.
  private static func mix(_ value: UInt64) -> UInt64 {
    var word = value &+ 0x9e37_79b9_7f4a_7c15
    word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
    word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
    return word ^ word >> 31
  }

  private static func nonzero(_ hash: UInt64) -> UInt64 { hash == 0 ? 1 : hash }
}
