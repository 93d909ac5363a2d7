// The text that the engine trains on: documents of bytes, each of one domain, and the part of every
// document that is held out to measure on.

/// One piece of text.
package struct CorpusDocument: Hashable, Sendable {
  /// Index into the corpus' domains.
  package var domain: Int
  /// The text, a token for each byte.
  package var bytes: [UInt8]

  /// A document of a domain.
  package init(domain: Int, bytes: [UInt8]) {
    self.domain = domain
    self.bytes = bytes
  }
}

/// Documents of several domains.
package struct Corpus: Hashable, Sendable {
  /// Names of the domains, such as `english`.
  package var domains: [String]
  /// Text to train on.
  package var training: [CorpusDocument]
  /// Text that is never trained on.
  package var heldOut: [CorpusDocument]

  /// A corpus that holds out the last tenth of every document.
  package init(domains: [String], documents: [CorpusDocument]) {
    self.domains = domains
    training = documents.map {
      CorpusDocument(
        domain: $0.domain, bytes: Array($0.bytes.dropLast($0.bytes.count / 10)))
    }
    heldOut = documents.map {
      CorpusDocument(domain: $0.domain, bytes: Array($0.bytes.suffix($0.bytes.count / 10)))
    }
  }

  /// What a hash of the corpus is taken over: every domain's name, and every document, with their
  /// lengths.
  package var identity: [UInt8] {
    var bytes = domains.flatMap { Array("\($0.utf8.count) \($0)\n".utf8) }
    for document in training + heldOut {
      bytes += "\(document.domain) \(document.bytes.count)\n".utf8
      bytes += document.bytes
    }
    return bytes
  }

  /// What forbids training on sequences of a length; empty where it can be done.
  package func problems(length: Int) -> [String] {
    domains.indices.flatMap { domain -> [String] in
      [("training", training), ("held-out", heldOut)].compactMap { name, documents in
        let longest = documents.filter { $0.domain == domain }.map(\.bytes.count).max() ?? 0
        guard longest <= length else { return nil }
        return "domain \"\(domains[domain])\": the longest \(name) text has \(longest) bytes,"
          + " a sequence needs \(length + 1)"
      }
    } + (domains.isEmpty ? ["the corpus has no domain"] : [])
  }
}
