// A small scribe for orders in which each chunk takes its microbatches in sequence.

/// Writes one rank's cells; each chunk's forwards, backwards and weight gradients count up.
struct RankOrder {
  /// The path stage of each chunk and its first microbatch.
  private let chunks: [(stage: Int, firstMicrobatch: Int)]
  /// The cells so far.
  private(set) var cells: [Cell] = []
  /// How many forwards each chunk has had.
  private(set) var forwards: [Int]
  /// How many backwards, in one piece or not, each chunk has had.
  private(set) var backwards: [Int]
  /// How many weight gradients `weight(_:)` has written for each chunk.
  private(set) var weights: [Int]
  /// Works whose weight gradient is still to be done, oldest first.
  private var pending: [Work] = []
  private var pendingStart = 0

  /// Chunks by path stage and first microbatch.
  init(chunks: [(stage: Int, firstMicrobatch: Int)]) {
    self.chunks = chunks
    forwards = chunks.map { _ in 0 }
    backwards = forwards
    weights = forwards
  }

  /// One chunk, from microbatch 0.
  init(stage: Int) { self.init(chunks: [(stage, 0)]) }

  /// The interleaved chunks of a rank, all from microbatch 0.
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

  /// The next forward of a chunk.
  mutating func forward(_ chunk: Int = 0) { cells.append(.forward(nextForward(chunk))) }

  /// A full backward in one piece.
  mutating func backward(_ chunk: Int = 0) { cells.append(.backward(nextBackward(chunk))) }

  /// An input gradient, whose weight gradient stays pending.
  mutating func backwardInput(_ chunk: Int = 0) {
    let work = nextBackward(chunk)
    pending.append(work)
    cells.append(.backwardInput(work))
  }

  /// The next forward of one chunk together with the next full backward of another.
  mutating func overlapped(forward: Int, backward: Int) {
    let first = nextForward(forward)
    cells.append(.overlapped(forward: first, backward: nextBackward(backward)))
  }

  /// The weight gradient that has been pending longest, over all chunks.
  mutating func oldestWeight() {
    cells.append(.backwardWeight(pending[pendingStart]))
    pendingStart += 1
  }

  /// The next weight gradient of one chunk; not to be mixed with `oldestWeight`.
  mutating func weight(_ chunk: Int) {
    cells.append(.backwardWeight(work(chunk, weights[chunk])))
    weights[chunk] += 1
  }

  /// Whether `oldestWeight` has something to write.
  var hasPendingWeights: Bool { pendingStart < pending.count }
}
