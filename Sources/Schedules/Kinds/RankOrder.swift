// A builder of orders in which each chunk processes its microbatches in sequence.

/// Builds the cells of one rank; each pass of a chunk takes microbatches in ascending order.
struct RankOrder {
  /// The path stage of each chunk and its first microbatch.
  private let chunks: [(stage: Int, firstMicrobatch: Int)]
  /// The cells so far.
  private(set) var cells: [Cell] = []
  /// Number of forwards of each chunk so far.
  private(set) var forwards: [Int]
  /// Number of backwards of each chunk so far, split or in one piece.
  private(set) var backwards: [Int]
  /// Number of weight gradients of each chunk that `weight(_:)` has appended.
  private(set) var weights: [Int]
  /// Works whose weight gradient is pending, oldest first.
  private var pending: [Work] = []
  private var pendingStart = 0

  /// Creates an order for chunks given by path stage and first microbatch.
  init(chunks: [(stage: Int, firstMicrobatch: Int)]) {
    self.chunks = chunks
    forwards = chunks.map { _ in 0 }
    backwards = forwards
    weights = forwards
  }

  /// Creates an order for one chunk, from microbatch 0.
  init(stage: Int) { self.init(chunks: [(stage, 0)]) }

  /// Creates an order for the interleaved chunks of a rank, all from microbatch 0.
  init(rank: Int, ranks: Int, chunks: Int) {
    self.init(chunks: (0..<chunks).map { (stage: $0 * ranks + rank, firstMicrobatch: 0) })
  }

  private func work(_ chunk: Int, _ count: Int) -> Work {
    Work(microbatch: chunks[chunk].firstMicrobatch + count, stage: chunks[chunk].stage)
  }

  private mutating func nextForward(_ chunk: Int) -> Work {
    forwards[chunk] += 1
    return work(chunk, forwards[chunk] - 1)
  }

  private mutating func nextBackward(_ chunk: Int) -> Work {
    backwards[chunk] += 1
    return work(chunk, backwards[chunk] - 1)
  }

  /// Appends the next forward of a chunk.
  mutating func forward(_ chunk: Int = 0) { cells.append(.forward(nextForward(chunk))) }

  /// Appends the next full backward of a chunk, in one piece.
  mutating func backward(_ chunk: Int = 0) { cells.append(.backward(nextBackward(chunk))) }

  /// Appends the next input gradient of a chunk; its weight gradient stays pending.
  mutating func backwardInput(_ chunk: Int = 0) {
    let work = nextBackward(chunk)
    pending.append(work)
    cells.append(.backwardInput(work))
  }

  /// Appends the next forward of one chunk overlapped with the next full backward of another.
  mutating func overlapped(forward: Int, backward: Int) {
    let first = nextForward(forward)
    cells.append(.overlapped(forward: first, backward: nextBackward(backward)))
  }

  /// Appends the oldest pending weight gradient of all chunks.
  mutating func oldestWeight() {
    cells.append(.backwardWeight(pending[pendingStart]))
    pendingStart += 1
  }

  /// Appends the next weight gradient of one chunk; do not mix with `oldestWeight`.
  mutating func weight(_ chunk: Int) {
    cells.append(.backwardWeight(work(chunk, weights[chunk])))
    weights[chunk] += 1
  }

  /// Whether a weight gradient is pending for `oldestWeight`.
  var hasPendingWeights: Bool { pendingStart < pending.count }
}
