import EventKernel
import Testing

@Suite("The fingerprint is XXH64 of the executed events")
struct FingerprintTests {
  private func fingerprint(_ words: [UInt64]) -> Fingerprint {
    var fingerprint = Fingerprint()
    for index in stride(from: 0, to: words.count, by: 2) {
      fingerprint.combine(picoseconds: words[index], word: words[index + 1])
    }
    return fingerprint
  }

  /// Expected values: `xxhash.xxh64(little-endian words, seed=0).hexdigest()` of the Python package
  /// xxhash, which wraps the reference implementation.
  @Test(
    "the fingerprint equals the reference implementation's hash of the same bytes",
    arguments: [
      ([], "ef46db3751d8e999"),
      ([1_000, 7], "c62225c39371e552"),
      ([0, 0, 1, 2], "791d7d777f0e8224"),
      ([5, 1, 5, 2, 1 << 63 - 1, .max], "2781ba4c6b6c80d3"),
      (
        (0..<1_000).flatMap { (i: UInt64) in [i * i * 977, i &* 0x9e37_79b9_7f4a_7c15] },
        "c11142af8c11ddd8"
      ),
    ] as [([UInt64], String)])
  func reference(words: [UInt64], expected: String) {
    #expect(fingerprint(words).hexadecimal == expected)
  }

  @Test("swapping two events or changing the time of one changes the fingerprint")
  func sensitivity() {
    let base = fingerprint([1, 10, 2, 20, 3, 30]).hexadecimal

    #expect(fingerprint([2, 20, 1, 10, 3, 30]).hexadecimal != base)
    #expect(fingerprint([1, 10, 2, 20, 4, 30]).hexadecimal != base)
    #expect(fingerprint([1, 10, 2, 20]).hexadecimal != base)
  }
}
