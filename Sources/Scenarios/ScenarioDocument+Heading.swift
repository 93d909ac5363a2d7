// What a scenario is about, without resolving it: for lists of scenarios.

extension ScenarioDocument {
  /// The key of the question, for example `training`; nil if the file has none.
  package var questionKey: String? {
    QuestionResolver.all.map(\.key.name).first { root.node(at: $0) != nil }
  }

  /// The first sentence of the comment that the file begins with; empty if it has none.
  package var heading: String {
    let comment = text.split(separator: "\n").prefix { $0.hasPrefix("# ") }
    var words: [Substring] = []
    for word in comment.joined(separator: " ").split(separator: " ") where word != "#" {
      words.append(word)
      if word.hasSuffix("?") || word.hasSuffix(".") { break }
    }
    return words.joined(separator: " ")
  }
}
