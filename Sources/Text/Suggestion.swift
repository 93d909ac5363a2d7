// "Did you mean": the nearest known word by edit distance.

/// The known word nearest to `word`; nil if none is near.
///
/// A known word is near if at most a third as many edits as `word` has letters (at least one, at
/// most three, never all of its letters) turn `word` into it or into its start: `h8000` is near
/// `h800-sxm`. No word is near a number, which is rarely mistyped.
public func nearest(to word: String, among known: [String]) -> String? {
  let isNumber = Double(word) != nil && word.contains(where: \.isNumber)
  let limit = isNumber ? 0 : min(3, max(1, word.count / 3), word.count - 1)
  let typed = Array(normalised(word).unicodeScalars.prefix(64))
  var best: (word: String, rank: (Int, Int, Int))?
  for candidate in known {
    let letters = Array(normalised(candidate).unicodeScalars)
    let whole = editDistance(typed, letters)
    let start =
      typed.count >= 3 && typed.count < letters.count
      ? editDistance(typed, Array(letters.prefix(typed.count))) : whole
    let distance = min(whole, start)
    // Among equally near words, prefer a match of the whole word, then one of similar length:
    // letters are mistyped more often than omitted.
    let rank = (distance, whole == distance ? 0 : 1, abs(letters.count - typed.count))
    if distance <= limit && rank < best?.rank ?? (Int.max, 0, 0) { best = (candidate, rank) }
  }
  return best?.word
}

/// The word without differences of case and separator, which do not count as edits.
private func normalised(_ word: String) -> String {
  String(word.lowercased().map { $0 == "-" || $0 == " " ? "_" : $0 })
}

/// Number of insertions, deletions, replacements and swaps of adjacent letters that turn one word
/// into the other (optimal string alignment).
///
/// - Complexity: O(a x b).
func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
        cost = min(cost, beforeLast[j - 1] + 1)
      }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}

/// Advice for an unknown word: the known words, and the one that was probably meant.
public func knownText(_ words: [String], insteadOf word: String) -> String {
  knownText(words)
    + (nearest(to: word, among: words).map { "   did you mean \(quoted($0))?" } ?? "")
}

/// A list of known words for a message, truncated if it is long.
public func knownText(_ words: [String]) -> String {
  let shown = 16
  let tail = words.count > shown ? " ..." : ""
  return "known: " + words.prefix(shown).joined(separator: ", ") + tail
}
