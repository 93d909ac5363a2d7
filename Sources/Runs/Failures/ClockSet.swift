// The clocks of several classes that run in the same time, and the earliest failure among them.

/// The clocks of some classes.
struct ClockSet {
  /// The index of each clock's class.
  private let classes: [Int]
  private var clocks: [ClassClock]
  /// The clock with the next failure, and its time; nil if there is none.
  private(set) var next: (clock: Int, time: Double)?

  init(_ clocks: [(index: Int, clock: ClassClock)]) {
    classes = clocks.map(\.index)
    self.clocks = clocks.map(\.clock)
    next = earliest
  }

  /// Takes the next failure: its class and its component.
  mutating func pop() -> (index: Int, component: Int) {
    guard let first = next else { preconditionFailure("clocks without failures are not read") }
    let failure = clocks[first.clock].pop()
    next = earliest
    return (classes[first.clock], failure.component)
  }

  /// The first of equal ones, in the order of classes.
  private var earliest: (clock: Int, time: Double)? {
    var best: (clock: Int, time: Double)?
    for index in clocks.indices {
      guard let time = clocks[index].next else { continue }
      if best.map({ time < $0.time }) ?? true { best = (index, time) }
    }
    return best
  }
}
