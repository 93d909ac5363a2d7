// Where a figure of the program comes from, in words that name facts.

/// A text such as `hw.h800.nvlink_total, half of it`, and the facts in it.
///
/// Facts are interpolated as members, so that an id in a text is always one of the register:
///
///     let source: SourceText = "\(.hardware.h800NVLink), half of it"
package struct SourceText: Hashable, Sendable {
  /// The words, with the ids of the facts.
  package private(set) var text: String
  /// The facts that the text names, in its order.
  package private(set) var facts: [Fact]

  /// Words that name no fact: `scenario`.
  package init(words: String) {
    text = words
    facts = []
  }

  /// The first text and the second after it.
  package static func + (first: SourceText, second: SourceText) -> SourceText {
    var sum = first
    sum.text += second.text
    sum.facts += second.facts
    return sum
  }
}

extension SourceText: ExpressibleByStringInterpolation {
  /// Collects the words and the facts of a literal.
  package struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""
    fileprivate var facts: [Fact] = []

    /// Room for a literal.
    package init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + 24 * interpolationCount)
    }

    /// Appends words.
    package mutating func appendLiteral(_ literal: String) { text += literal }

    /// Appends a fact by its id.
    package mutating func appendInterpolation(_ fact: Fact) {
      text += fact.id
      facts.append(fact)
    }
  }

  /// A literal that names no fact.
  package init(stringLiteral words: String) { self.init(words: words) }

  /// A literal with facts.
  package init(stringInterpolation parts: StringInterpolation) {
    text = parts.text
    facts = parts.facts
  }
}
