// A tier of cached blocks below the memory of GPUs: host memory, or a store that instances share.
// Every block that becomes known on a GPU is written through to it; the least recently used ones
// make room.
//
// Source: SGLang's HiCache (write_through), Mooncake Store.

/// The hashes of the blocks of a tier.
struct CacheTier {
  /// Blocks that it holds at most.
  let capacity: Int
  private var index = HashIndex()
  private var entries: [Entry] = []
  private static let none: Int32 = -1
  /// The least and the most recently used block.
  private var oldest = none
  private var newest = none

  private struct Entry {
    var hash: UInt64
    var older = CacheTier.none
    var newer = CacheTier.none
  }

  /// - Precondition: the capacity is positive.
  init(capacity: Int) {
    precondition(capacity > 0, "a tier holds at least one block")
    self.capacity = capacity
  }

  /// Whether a block is there; it is then the most recently used one.
  ///
  /// Complexity: O(1).
  mutating func touch(_ hash: UInt64) -> Bool {
    guard let entry = index[hash] else { return false }
    unlink(entry)
    append(entry)
    return true
  }

  /// Writes a block.
  ///
  /// Complexity: O(1) amortised.
  mutating func write(_ hash: UInt64) {
    if touch(hash) { return }
    guard entries.count == capacity else {
      entries.append(Entry(hash: hash))
      index.set(hash, Int32(entries.count - 1))
      append(Int32(entries.count - 1))
      return
    }
    let entry = oldest
    unlink(entry)
    index.remove(entries[Int(entry)].hash)
    entries[Int(entry)].hash = hash
    index.set(hash, entry)
    append(entry)
  }

  /// Forgets all blocks.
  mutating func clear() { self = CacheTier(capacity: capacity) }

  private mutating func append(_ entry: Int32) {
    entries[Int(entry)].older = newest
    entries[Int(entry)].newer = Self.none
    if newest == Self.none { oldest = entry } else { entries[Int(newest)].newer = entry }
    newest = entry
  }

  private mutating func unlink(_ entry: Int32) {
    let (older, newer) = (entries[Int(entry)].older, entries[Int(entry)].newer)
    if older == Self.none { oldest = newer } else { entries[Int(older)].newer = newer }
    if newer == Self.none { newest = older } else { entries[Int(newer)].older = older }
  }
}
