// The link with the smallest share during a fill: a tournament tree of the links with open flows.
//
// Only the winner's share changes, so only its path to the root is played again. The number of
// matches does not depend on their results and no match is a branch, while a heap stops sifting at
// a place that the processor cannot predict.

/// Links by a lower bound of their share, then by number.
struct ShareTournament: ~Copyable {
  /// A link and its share, compared as one integer.
  struct Entry: BitwiseCopyable {
    /// The share's bits, which order like the share because it is not negative, then the link, then
    /// the number of its leaf.
    private let key: UInt128

    @inline(__always)
    private init(key: UInt128) { self.key = key }

    /// Makes the entry of a link and its share, which is not negative.
    @inline(__always)
    init(share: Double, link: Int32, leaf: Int) {
      let place = UInt64(UInt32(bitPattern: link)) &<< 32 | UInt64(truncatingIfNeeded: leaf)
      // A share of -0 becomes 0.
      key = UInt128((share + 0).bitPattern) &<< 64 | UInt128(place)
    }

    /// Loses to every link.
    static var none: Entry { Entry(key: .max) }

    /// Bits of its share.
    var shareBits: UInt64 {
      @inline(__always) get { UInt64(truncatingIfNeeded: key &>> 64) }
    }
    /// Its link.
    var link: Int32 {
      @inline(__always) get { Int32(truncatingIfNeeded: key &>> 32) }
    }
    /// Number of its leaf.
    var leaf: Int {
      @inline(__always) get { Int(UInt32(truncatingIfNeeded: key)) }
    }

    /// The lesser entry. Masks, because the compiler turns a conditional into a branch.
    @inline(__always)
    static func least(_ a: Entry, _ b: Entry) -> Entry {
      let isSecond = UInt128(truncatingIfNeeded: b.key < a.key ? -1 : 0)
      return Entry(key: a.key ^ ((a.key ^ b.key) & isSecond))
    }
  }

  private var leaves: RawBuffer<Entry>
  /// The winner below each node: the children of node n are 2n and 2n + 1, the root is node 1, and
  /// the leaves are the last nodes.
  private let tree: RawBuffer<Entry>

  /// Makes an empty tournament for at most `linkCount` links.
  init(linkCount: Int) {
    leaves = RawBuffer(capacity: linkCount)
    tree = RawBuffer(repeating: .none, count: 2 * linkCount + 2)
  }

  /// Removes all links.
  @inline(__always)
  mutating func removeAll() { leaves.removeAll() }

  /// Adds a link; `play` must follow.
  @inline(__always)
  mutating func append(_ link: Int32, share: Double) {
    leaves.append(Entry(share: share, link: link, leaf: leaves.count))
  }

  /// Plays all matches.
  ///
  /// Complexity: O(n).
  func play() {
    let (tree, count) = (tree.base, leaves.count)
    for leaf in 0..<count { tree[count &+ leaf] = leaves.base[leaf] }
    var node = count &- 1
    while node > 0 {
      tree[node] = Entry.least(tree[2 &* node], tree[2 &* node &+ 1])
      node &-= 1
    }
  }

  /// The link with the smallest share.
  ///
  /// - Precondition: a link that was added has not been removed.
  @inline(__always)
  var first: Int {
    assert(!leaves.isEmpty && tree.base[1].shareBits != Entry.none.shareBits)
    return Int(tree.base[1].link)
  }

  /// Whether no other link has a smaller share than this one of the first link.
  ///
  /// Complexity: O(log n).
  @inline(__always)
  func isLeast(_ share: Double) -> Bool {
    if share <= Double(bitPattern: tree.base[1].shareBits) { return true }
    var node = leaves.count &+ tree.base[1].leaf
    var least = UInt64.max
    while node > 1 {
      least = min(least, tree.base[node ^ 1].shareBits)
      node &>>= 1
    }
    return (share + 0).bitPattern <= least
  }

  /// Removes the first link.
  ///
  /// Complexity: O(log n).
  @inline(__always)
  func removeFirst() { replaceFirst(by: .none) }

  /// Changes the share of the first link.
  ///
  /// Complexity: O(log n).
  @inline(__always)
  func setShareOfFirst(_ share: Double) {
    let first = tree.base[1]
    replaceFirst(by: Entry(share: share, link: first.link, leaf: first.leaf))
  }

  @inline(__always)
  private func replaceFirst(by entry: Entry) {
    let tree = tree.base
    var node = leaves.count &+ tree[1].leaf
    var winner = entry
    tree[node] = winner
    while node > 1 {
      winner = Entry.least(winner, tree[node ^ 1])
      node &>>= 1
      tree[node] = winner
    }
  }
}
