// A table from hashes of cached blocks to block numbers. Swift's Dictionary seeds its own hash of
// each key anew; these keys are hashes already.

/// An open-addressing table with linear probing; keys are nonzero.
struct HashIndex {
  private var keys: [UInt64]
  private var values: [Int32]
  private var count = 0
  private var mask: Int

  init() {
    keys = Array(repeating: 0, count: 16)
    values = Array(repeating: 0, count: 16)
    mask = 15
  }

  /// The value of a key; nil if there is none.
  ///
  /// Complexity: O(1) on average.
  subscript(key: UInt64) -> Int32? {
    var place = Int(truncatingIfNeeded: key) & mask
    while keys[place] != 0 {
      if keys[place] == key { return values[place] }
      place = (place + 1) & mask
    }
    return nil
  }

  /// Sets the value of a key.
  ///
  /// Complexity: O(1) amortised.
  mutating func set(_ key: UInt64, _ value: Int32) {
    if (count + 1) * 2 > keys.count { grow() }
    var place = Int(truncatingIfNeeded: key) & mask
    while keys[place] != 0, keys[place] != key { place = (place + 1) & mask }
    if keys[place] == 0 { count += 1 }
    keys[place] = key
    values[place] = value
  }

  /// Removes a key, if it is there.
  ///
  /// Complexity: O(1) on average: entries behind it move up, so that no gap cuts them off.
  mutating func remove(_ key: UInt64) {
    var place = Int(truncatingIfNeeded: key) & mask
    while keys[place] != key {
      if keys[place] == 0 { return }
      place = (place + 1) & mask
    }
    count -= 1
    var next = (place + 1) & mask
    while keys[next] != 0 {
      let home = Int(truncatingIfNeeded: keys[next]) & mask
      if (next - home) & mask >= (next - place) & mask {
        keys[place] = keys[next]
        values[place] = values[next]
        place = next
      }
      next = (next + 1) & mask
    }
    keys[place] = 0
  }

  private mutating func grow() {
    let (oldKeys, oldValues) = (keys, values)
    keys = Array(repeating: 0, count: oldKeys.count * 2)
    values = Array(repeating: 0, count: oldKeys.count * 2)
    mask = keys.count - 1
    count = 0
    for (place, key) in oldKeys.enumerated() where key != 0 { set(key, oldValues[place]) }
  }
}
