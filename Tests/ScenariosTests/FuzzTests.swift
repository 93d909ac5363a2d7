import Testing

@testable import Scenarios

@Suite("No text crashes the reader")
struct FuzzTests {
  @Test("every prefix of the main scenario is read, or refused with a place")
  func prefixes() throws {
    let bytes = Array(try shippedText().utf8)

    for length in stride(from: 0, through: bytes.count, by: 3) {
      let found = problems(String(decoding: bytes.prefix(length), as: UTF8.self))

      #expect(found.allSatisfy { !$0.message.isEmpty && $0.source == "a.yaml" })
    }
  }

  @Test("scenarios with random byte edits are read or refused", arguments: [1 as UInt64, 2, 3])
  func edits(seed: UInt64) throws {
    let original = Array(try shippedText("tiny-16gpu").utf8)
    let marks = Array("[]{}:,-?&*!|>'\"%@`#\n \t0\u{0}\u{85}\u{2028}~<".utf8)
    var random = Generator(state: seed)
    var refused = 0

    for _ in 0..<300 {
      var bytes = original
      for _ in 0...Int(random.next() % 4) {
        let index = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[index] = UInt8(truncatingIfNeeded: random.next() >> 8)
        case 1: bytes.insert(marks[Int(random.next() % UInt64(marks.count))], at: index)
        default: bytes.remove(at: index)
        }
      }
      if !problems(String(decoding: bytes, as: UTF8.self)).isEmpty { refused += 1 }
    }

    #expect(refused > 100, "seed \(seed)")
  }

  /// Marsaglia's 64-bit xorshift generator.
  struct Generator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }
}
