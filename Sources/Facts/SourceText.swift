// A description of a figure's source, as text that names facts.

/// A text such as `hw.h800.nvlink_total, half of it`, and the facts in it.
///
/// Facts are interpolated as members, so every id in a text is in the register:
///
///     let source: SourceText = "\(.hardware.h800NVLink), half of it"
package struct SourceText: Hashable, Sendable {
  /// The text, with the ids of the facts.
  package private(set) var text: String
  /// The facts named in the text, in order.
  package private(set) var facts: [Fact]

  /// Makes a text without facts: `scenario`.
  package init(words: String) {
    text = words
    facts = []
  }

  /// Returns the concatenation of two texts.
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

    /// Reserves room for a literal.
    package init(literalCapacity: Int, interpolationCount: Int) {
      text.reserveCapacity(literalCapacity + 24 * interpolationCount)
    }

    /// Appends text.
    package mutating func appendLiteral(_ literal: String) { text += literal }

    /// Appends a fact by its id.
    package mutating func appendInterpolation(_ fact: Fact) {
      text += fact.id
      facts.append(fact)
    }
  }

  /// Makes a text from a literal without facts.
  package init(stringLiteral words: String) { self.init(words: words) }

  /// Makes a text from a literal with facts.
  package init(stringInterpolation parts: StringInterpolation) {
    text = parts.text
    facts = parts.facts
  }
}
