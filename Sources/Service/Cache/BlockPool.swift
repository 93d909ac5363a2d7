// The KV cache of an instance in blocks of equally many tokens. A block is held by requests, or it
// is free; a free block keeps its content, and with it its hash, until it is allocated again.
//
// Source: vLLM, vllm/v1/core/block_pool.py and kv_cache_manager.py: blocks of a request are freed
// last first to the tail of the free list, and allocation takes its head.

/// The blocks of one instance.
struct BlockPool {
  /// Tokens of a block.
  let blockSize: Int
  let total: Int
  /// Blocks that no request holds; cached ones included.
  private(set) var free: Int
  /// Whether blocks have identities and contents; if not, they are only counted.
  let isCaching: Bool
  private var blocks: [Block] = []
  private var index = HashIndex()
  private static let none: Int32 = -1
  /// Head and tail of the free list.
  private var head = none
  private var tail = none

  private struct Block {
    var holders: Int32 = 0
    var hash: UInt64 = 0
    /// Neighbours in the free list.
    var before = BlockPool.none
    var after = BlockPool.none
    /// The next younger block with the same hash.
    var younger = BlockPool.none
  }

  init(total: Int, blockSize: Int, isCaching: Bool) {
    self.total = total
    self.blockSize = blockSize
    self.isCaching = isCaching
    free = total
    guard isCaching else { return }
    blocks = Array(repeating: Block(), count: total)
    for block in 0..<total { appendFree(Int32(block)) }
  }

  /// Blocks that a number of tokens fills at least partly.
  func blocks(for tokens: Int) -> Int { (tokens + blockSize - 1) / blockSize }

  /// The cached blocks with a sequence of hashes, up to the first that is missing.
  ///
  /// - Parameter next: the hash of a block, from its number and the hash of the one before.
  /// Complexity: O(hits).
  func hits(limit: Int, _ next: (Int, UInt64) -> UInt64) -> [Int32] {
    var result: [Int32] = []
    guard isCaching else { return result }
    var hash: UInt64 = 0
    while result.count < limit {
      hash = next(result.count, hash)
      guard let block = index[hash] else { break }
      result.append(block)
    }
    return result
  }

  /// How many of these blocks no request holds.
  func freeCount(of hits: [Int32]) -> Int {
    hits.reduce(0) { $0 + (blocks[Int($1)].holders == 0 ? 1 : 0) }
  }

  /// Holds cached blocks for one more request.
  mutating func hold(_ hits: [Int32]) {
    for block in hits {
      if blocks[Int(block)].holders == 0 {
        removeFree(block)
        free -= 1
      }
      blocks[Int(block)].holders += 1
    }
  }

  /// Allocates blocks, which lose their former content.
  ///
  /// - Precondition: `count` blocks are free.
  mutating func allocate(_ count: Int, to held: inout [Int32]) {
    precondition(count <= free, "INV-7: \(count) blocks of \(free) free ones")
    guard isCaching else {
      free -= count
      return
    }
    for _ in 0..<count {
      let block = head
      removeFree(block)
      forget(block)
      blocks[Int(block)].holders = 1
      held.append(block)
    }
    free -= count
  }

  /// Gives back the blocks of a request, the last one first.
  mutating func release(_ held: [Int32], count: Int) {
    guard isCaching else {
      free += count
      precondition(free <= total, "INV-7: more blocks are free than exist")
      return
    }
    for block in held.reversed() {
      blocks[Int(block)].holders -= 1
      precondition(blocks[Int(block)].holders >= 0, "INV-7: a free block is freed")
      if blocks[Int(block)].holders == 0 {
        appendFree(block)
        free += 1
      }
    }
  }

  /// Makes the content of a full block known; of equal blocks the oldest is hit.
  mutating func register(_ block: Int32, hash: UInt64) {
    guard blocks[Int(block)].hash == 0 else { return }
    blocks[Int(block)].hash = hash
    blocks[Int(block)].younger = Self.none
    guard var last = index[hash] else {
      index.set(hash, block)
      return
    }
    while blocks[Int(last)].younger != Self.none { last = blocks[Int(last)].younger }
    blocks[Int(last)].younger = block
  }

  /// Forgets all contents, as after a restart.
  ///
  /// - Precondition: no request holds a block.
  mutating func clear() {
    precondition(free == total, "INV-7: blocks are held in a cache that is cleared")
    self = BlockPool(total: total, blockSize: blockSize, isCaching: isCaching)
  }

  /// Checks that held and free blocks are all blocks (INV-7).
  func check() {
    guard isCaching else { return }
    var listed = 0
    var block = head
    while block != Self.none {
      precondition(blocks[Int(block)].holders == 0, "INV-7: a held block is free")
      listed += 1
      block = blocks[Int(block)].after
    }
    precondition(listed == free, "INV-7: \(listed) blocks in the free list of \(free)")
  }

  private mutating func forget(_ block: Int32) {
    let hash = blocks[Int(block)].hash
    guard hash != 0 else { return }
    blocks[Int(block)].hash = 0
    let younger = blocks[Int(block)].younger
    blocks[Int(block)].younger = Self.none
    guard var other = index[hash] else { return }
    if other == block {
      if younger == Self.none { index.remove(hash) } else { index.set(hash, younger) }
      return
    }
    while blocks[Int(other)].younger != block { other = blocks[Int(other)].younger }
    blocks[Int(other)].younger = younger
  }

  private mutating func appendFree(_ block: Int32) {
    blocks[Int(block)].before = tail
    blocks[Int(block)].after = Self.none
    if tail == Self.none { head = block } else { blocks[Int(tail)].after = block }
    tail = block
  }

  private mutating func removeFree(_ block: Int32) {
    let (before, after) = (blocks[Int(block)].before, blocks[Int(block)].after)
    if before == Self.none { head = after } else { blocks[Int(before)].after = after }
    if after == Self.none { tail = before } else { blocks[Int(after)].before = before }
  }
}
