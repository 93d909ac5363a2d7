import Testing

@testable import Text

@Suite("Suggestions for mistyped words")
struct SuggestionTests {
  @Test(
    "the edit distance agrees with worked examples",
    arguments: [
      ("kitten", "sitting", 3), ("", "abc", 3), ("abc", "", 3), ("same", "same", 0),
      ("ab", "ba", 1), ("abcd", "acbd", 1),
    ])
  func distance(first: String, second: String, expected: Int) {
    #expect(
      editDistance(Array(first.unicodeScalars), Array(second.unicodeScalars)) == expected)
  }

  @Test(
    "a mistyped word gets its nearest neighbour, an unrelated one gets none",
    arguments: [
      ("runn", "run"), ("Bubble_Ratio", "bubble-ratio"), ("buble-ratio", "bubble-ratio"),
      ("h8000", "h800-sxm"), ("xyzzy", nil), ("", nil),
    ])
  func nearestWord(word: String, expected: String?) {
    #expect(nearest(to: word, among: ["run", "bubble-ratio", "h800-sxm"]) == expected)
  }

  @Test(
    "a single letter is not near another one, and a number near none",
    arguments: [("Z", nil), ("b", "B"), ("3", nil), ("120", nil), ("ab", "B")])
  func short(word: String, expected: String?) {
    #expect(nearest(to: word, among: ["B", "1", "12"]) == expected)
  }

  @Test("a long list of known words is truncated")
  func known() {
    #expect(knownText(["a", "b"]) == "known: a, b")
    #expect(knownText((1...20).map(String.init)).hasSuffix(", 16 ..."))
  }
}
