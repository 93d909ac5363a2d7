// How the engine uses several cores and stays deterministic: work is cut into parts by shapes
// alone, every part writes places of its own, and sums over parts are taken in the order of the
// parts. Who runs the parts is given from outside: this room starts no thread.

/// Runs the parts of an operation, in any order, possibly at once.
public struct Workers: Sendable {
  /// Parts that run at once, at most.
  public let count: Int
  private let perform: @Sendable (_ parts: Int, _ body: (Int) -> Void) -> Void

  /// - Parameter perform: calls the body once for each of 0 ..< parts and returns after the last.
  public init(
    count: Int, perform: @escaping @Sendable (_ parts: Int, _ body: (Int) -> Void) -> Void
  ) {
    self.count = count
    self.perform = perform
  }

  /// The calling thread alone.
  public static var one: Workers {
    Workers(count: 1) { parts, body in for part in 0..<parts { body(part) } }
  }

  /// Runs the body for each of 0 ..< parts.
  func run(_ parts: Int, _ body: (Int) -> Void) {
    if parts == 1 { body(0) } else if parts > 1 { perform(parts, body) }
  }

  /// Runs the body for each block of `size` of 0 ..< count; the last block may be shorter.
  func run(_ count: Int, by size: Int, _ body: (Range<Int>) -> Void) {
    run((count + size - 1) / size) { part in
      body(part * size..<min(count, (part + 1) * size))
    }
  }
}
