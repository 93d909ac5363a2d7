// Construction of the V schedules with controllable memory. A pattern of six slots per microbatch
// is laid out on a grid with one row per rank; then cells move into empty slots without raising the
// peak of held chunks over all ranks. Slots have no duration; F, B and W take one slot, a full
// backward two.
//
// Source of the idea: "Pipeline Parallelism with Controllable Memory", arXiv:2405.15362.

/// Cells of a V placement on slots.
struct SlotGrid {
  /// The slots of microbatch 0 on one rank.
  struct Pattern {
    /// Forwards of chunk 0 and 1.
    var forward: [Int]
    /// Input gradients, or first slots of full backwards, of chunk 0 and 1.
    var backward: [Int]
    /// Weight gradients of chunk 0 and 1; nil if the backward is in one piece.
    var weight: [Int]?
  }

  /// The cells that a pass over the grid moves.
  enum Movable { case all, forwards, weights }

  /// Slots from one microbatch to the next.
  static let period = 6

  /// The number of ranks (P).
  let ranks: Int
  /// Microbatches * stages.
  let works: Int
  private let stages: Int
  /// Whether B and W are separate cells.
  let isSplit: Bool
  /// The slot of each cell; a cell is pass * works + microbatch * stages + stage.
  private(set) var slots: [Int]
  /// The content of each slot of each rank: a cell, `empty` or `continued`.
  private(set) var rows: [[Int]]
  /// Chunks held by each rank in each slot, from a chunk's forward to its last cell, inclusive.
  private(set) var held: [[Int]]
  /// Peak of held chunks over all ranks in the pattern; no move may exceed it.
  private(set) var most = 0

  /// An idle slot.
  static let empty = -1
  private static let continued = -2

  /// Lays out one pattern per rank, once per microbatch.
  ///
  /// Precondition: no two cells of a rank share a slot.
  init(patterns: [Pattern], microbatches: Int) {
    ranks = patterns.count
    stages = 2 * ranks
    works = microbatches * stages
    isSplit = patterns.allSatisfy { $0.weight != nil }
    let last = patterns.lazy.flatMap { $0.backward + ($0.weight ?? []) }.max() ?? 0
    let length = last + Self.period * microbatches + 2
    slots = Array(repeating: Self.empty, count: 3 * works)
    rows = patterns.map { _ in Array(repeating: Self.empty, count: length) }
    held = patterns.map { _ in Array(repeating: 0, count: length) }
    for (rank, pattern) in patterns.enumerated() {
      for microbatch in 0..<microbatches {
        let shift = Self.period * microbatch
        for chunk in 0..<2 {
          let work = microbatch * stages + (chunk == 0 ? rank : stages - 1 - rank)
          put(work, at: pattern.forward[chunk] + shift)
          put(works + work, at: pattern.backward[chunk] + shift)
          if let weight = pattern.weight { put(2 * works + work, at: weight[chunk] + shift) }
          let end = (pattern.weight ?? pattern.backward)[chunk] + shift + (isSplit ? 1 : 2)
          for slot in (pattern.forward[chunk] + shift)..<end { held[rank][slot] += 1 }
        }
      }
    }
    most = held.lazy.compactMap { $0.max() }.max() ?? 0
  }

  /// Moves each cell before slot `end`, in order of slots, to the first empty slot allowed by its
  /// inputs, by the order of its chunk and pass, and by the peak of held chunks.
  ///
  /// Complexity: O(slots x ranks + cells x period x ranks).
  mutating func pullEarlier(_ movable: Movable = .all, before end: Int = .max) {
    for slot in 0..<min(end, length) {
      for rank in 0..<ranks where rows[rank][slot] >= 0 {
        let cell = rows[rank][slot]
        let moves =
          switch movable {
          case .all: true
          case .forwards: cell < works
          case .weights: cell >= 2 * works
          }
        if moves { pull(cell, on: rank, from: slot) }
      }
    }
  }

  /// Rearranges the cells after each rank's last forward. No chunk is added there, so weight
  /// gradients may wait: input gradients move to the first possible slots, then weight gradients
  /// fill the remaining ones, in their old order or all of chunk 1 first.
  mutating func settleCoolDown(chunkOneFirst: Bool = false) {
    let lastForward = rows.map { row in
      row.lastIndex { 0 <= $0 && $0 < works } ?? 0
    }
    var late: [(cell: Int, rank: Int)] = []
    for slot in 0..<length {
      for rank in 0..<ranks where slot > lastForward[rank] && rows[rank][slot] >= 0 {
        late.append((rows[rank][slot], rank))
      }
    }
    var weights = late.filter { $0.cell >= 2 * works }
    for (cell, _) in weights { take(cell) }
    if chunkOneFirst {
      // A moved weight gradient may be behind the next one of its chunk: sort by microbatch.
      weights.sort { $0.cell < $1.cell }
      weights = weights.filter { isChunkOne($0.cell) } + weights.filter { !isChunkOne($0.cell) }
    }
    for (cell, rank) in late where cell < 2 * works {
      take(cell)
      put(cell, at: firstEmpty(for: cell, on: rank, from: lastForward[rank] + 1))
    }
    for (cell, rank) in weights {
      put(cell, at: firstEmpty(for: cell, on: rank, from: lastForward[rank] + 1))
    }
  }

  /// The cells of each rank in order of slots.
  var cells: [[Cell]] {
    rows.map { row in
      row.filter { $0 >= 0 }.map { cell in
        let (microbatch, stage) = (cell % works).quotientAndRemainder(dividingBy: stages)
        let work = Work(microbatch: microbatch, stage: stage)
        switch cell / works {
        case 0: return .forward(work)
        case 1: return isSplit ? .backwardInput(work) : .backward(work)
        default: return .backwardWeight(work)
        }
      }
    }
  }

  /// Number of slots of each rank.
  var length: Int { rows.first?.count ?? 0 }

  private func isChunkOne(_ cell: Int) -> Bool { cell % stages >= ranks }

  private func length(_ cell: Int) -> Int { !isSplit && cell / works == 1 ? 2 : 1 }

  private func end(_ cell: Int) -> Int { slots[cell] + length(cell) }

  private func rank(_ cell: Int) -> Int {
    let stage = cell % stages
    return stage < ranks ? stage : stages - 1 - stage
  }

  /// Puts a cell into empty slots: two for a full backward, else one.
  mutating func put(_ cell: Int, at slot: Int) {
    slots[cell] = slot
    rows[rank(cell)][slot] = cell
    if length(cell) == 2 { rows[rank(cell)][slot + 1] = Self.continued }
  }

  /// Empties a cell's slots.
  mutating func take(_ cell: Int) {
    for slot in slots[cell]..<end(cell) { rows[rank(cell)][slot] = Self.empty }
  }

  private func isEmpty(_ rank: Int, _ slot: Int, _ length: Int) -> Bool {
    (slot..<slot + length).allSatisfy { rows[rank][$0] == Self.empty }
  }

  private func firstEmpty(for cell: Int, on rank: Int, from start: Int) -> Int {
    var slot = max(earliest(cell), start)
    while !isEmpty(rank, slot, length(cell)) { slot += 1 }
    return slot
  }

  /// The earliest slot of a cell: the end of its latest input, or of the previous cell of its chunk
  /// and pass.
  func earliest(_ cell: Int) -> Int {
    let (pass, work) = cell.quotientAndRemainder(dividingBy: works)
    let stage = work % stages
    var slot = work >= stages ? end(cell - stages) : 0
    if pass == 0 {
      if stage > 0 { slot = max(slot, end(cell - 1)) }
    } else {
      slot = max(slot, end(cell - works))
      if pass == 1, stage + 1 < stages { slot = max(slot, end(cell + 1)) }
    }
    return slot
  }

  /// Recounts the chunks held by each rank, if all cells take one slot.
  mutating func recount() {
    for rank in 0..<ranks {
      var count = 0
      for slot in 0..<length {
        let cell = rows[rank][slot]
        if 0 <= cell, cell < works { count += 1 }
        held[rank][slot] = count
        if cell >= 2 * works { count -= 1 }
      }
    }
  }

  /// Adds to the number of chunks that a rank holds in some slots.
  mutating func hold(_ chunks: Int, on rank: Int, in slots: Range<Int>) {
    for slot in slots { held[rank][slot] += chunks }
  }

  private mutating func pull(_ cell: Int, on rank: Int, from slot: Int) {
    let pass = cell / works
    take(cell)
    var target = earliest(cell)
    if pass == 0 {
      // A moved forward holds its chunk from its new slot on, so it cannot cross a full slot.
      for between in target..<max(target, slot) where held[rank][between] >= most {
        target = between + 1
      }
    }
    while target < slot, !isEmpty(rank, target, length(cell)) { target += 1 }
    target = min(target, slot)
    put(cell, at: target)
    let frees = pass == 2 || (pass == 1 && !isSplit)
    for between in target..<slot {
      if pass == 0 { held[rank][between] += 1 }
      if frees { held[rank][between + length(cell)] -= 1 }
    }
  }
}
