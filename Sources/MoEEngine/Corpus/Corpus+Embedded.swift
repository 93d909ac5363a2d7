// The corpus that is compiled in: English, Chinese, code and mathematics. Embedded/README.md says
// what the texts are.

import Units

extension Corpus {
  /// Bytes of mathematics: as much as the English text has.
  private static let mathematicsBytes = 64_000
  /// The mathematics is part of the corpus, so it does not follow the seed of a run.
  private static let mathematicsSeed: UInt64 = 1

  /// English, Chinese, code and mathematics, in this order.
  package static var embedded: Corpus {
    func text(_ name: String) -> [UInt8] {
      guard let entry = embeddedTexts.first(where: { $0.name == name }) else {
        preconditionFailure("the text \(name) is compiled in")
      }
      return Array(entry.text.utf8)
    }
    let texts = [
      ("english", text("english")), ("chinese", text("chinese")), ("code", text("code")),
      ("mathematics", Mathematics.lines(bytes: mathematicsBytes, seed: mathematicsSeed)),
    ]
    return Corpus(
      domains: texts.map(\.0),
      documents: texts.enumerated().map { CorpusDocument(domain: $0, bytes: $1.1) })
  }
}

extension RandomPurpose {
  /// Lines of generated mathematics.
  static let corpusMathematics = RandomPurpose("engine.corpus.mathematics")
}
