// Which text a step trains on: a function of seed and step alone, so that a run continues from a
// checkpoint as if it had never stopped.

import Units

/// Sequences of equal length with their domains.
package struct TokenBatch: Hashable, Sendable {
  /// `[sequences, length + 1]`: the last token of each is only a target.
  package var tokens: [Int32]
  /// The domain of each sequence.
  package var domains: [Int]
}

/// Draws batches from a corpus.
package struct BatchSampler: Sendable {
  /// The text.
  package let corpus: Corpus
  /// Sequences and their length.
  package let shape: BatchShape
  private let seed: UInt64

  /// - Precondition: the corpus has no problems at this length.
  package init(_ corpus: Corpus, _ shape: BatchShape, seed: UInt64) {
    precondition(corpus.problems(length: shape.length).isEmpty, "text enough for a sequence")
    self.corpus = corpus
    self.shape = shape
    self.seed = seed
  }

  /// The batch of a training step: domains in turn, windows at random places of their text.
  package func batch(step: Int) -> TokenBatch {
    var stream = RandomStream(seed: seed, purpose: RandomPurpose("engine.batches"), entity: step)
    var batch = TokenBatch(tokens: [], domains: [])
    for sequence in 0..<shape.sequences {
      let domain = (step * shape.sequences + sequence) % corpus.domains.count
      let windows = windows(corpus.training, domain)
      append(window: stream.index(below: windows.total), of: windows, domain, to: &batch)
    }
    return batch
  }

  /// A batch of held-out text of one domain; batch `index` of `count` has windows spread evenly
  /// over that text.
  package func heldOut(domain: Int, index: Int, of count: Int) -> TokenBatch {
    var batch = TokenBatch(tokens: [], domains: [])
    let windows = windows(corpus.heldOut, domain)
    for sequence in 0..<shape.sequences {
      let place = index * shape.sequences + sequence
      let window = windows.total * place / (count * shape.sequences)
      append(window: window, of: windows, domain, to: &batch)
    }
    return batch
  }

  /// The documents of a domain, and how many windows they have together.
  private func windows(
    _ documents: [CorpusDocument], _ domain: Int
  ) -> (documents: [CorpusDocument], total: Int) {
    let own = documents.filter { $0.domain == domain && $0.bytes.count > shape.length }
    return (own, own.reduce(0) { $0 + $1.bytes.count - shape.length })
  }

  private func append(
    window: Int, of windows: (documents: [CorpusDocument], total: Int), _ domain: Int,
    to batch: inout TokenBatch
  ) {
    var start = window
    for document in windows.documents {
      let count = document.bytes.count - shape.length
      if start < count {
        batch.tokens += document.bytes[start...start + shape.length].map(Int32.init)
        batch.domains.append(domain)
        return
      }
      start -= count
    }
  }
}
