// Deterministic parallelism: an operation is split into parts by its shape alone, parts write
// disjoint memory, and sums over parts are taken in the order of the parts. The caller supplies the
// threads: this module starts none.

/// Runs the parts of an operation, in any order and possibly concurrently.
package struct Workers: Sendable {
  /// The largest number of parts that run concurrently.
  package let count: Int
  private let perform: @Sendable (_ parts: Int, _ body: (Int) -> Void) -> Void

  /// - Parameters:
  ///   - count: the largest number of parts that run concurrently.
  ///   - perform: calls the body once for each of 0 ..< parts and returns after the last.
  package init(
    count: Int, perform: @escaping @Sendable (_ parts: Int, _ body: (Int) -> Void) -> Void
  ) {
    self.count = count
    self.perform = perform
  }

  /// The calling thread alone.
  package static var one: Workers {
    Workers(count: 1) { parts, body in for part in 0..<parts { body(part) } }
  }

  /// Runs the body for each of 0 ..< parts.
  package func run(_ parts: Int, _ body: (Int) -> Void) {
    if parts == 1 { body(0) } else if parts > 1 { perform(parts, body) }
  }

  /// Runs the body for each block of `size` indices in 0 ..< count; the last may be shorter.
  package func run(_ count: Int, by size: Int, _ body: (Range<Int>) -> Void) {
    run((count + size - 1) / size) { part in
      body(part * size..<min(count, (part + 1) * size))
    }
  }

  /// The values of the body for 0 ..< count, in order.
  package func map<Value: Sendable>(_ count: Int, _ body: (Int) -> Value) -> [Value] {
    // All empty arrays are one object, whose count the initialiser would write.
    guard count > 0 else { return [] }
    return [Value](unsafeUninitializedCapacity: count) { values, filled in
      // Each part initialises its own element, and all have ended when `run` returns.
      let elements = values
      run(count) { elements.initializeElement(at: $0, to: body($0)) }
      filled = count
    }
  }
}
