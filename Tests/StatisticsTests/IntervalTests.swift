// Intervals.

import Testing

@testable import Statistics

@Suite("Interval")
struct IntervalTests {
  @Test("the ends belong to an interval")
  func ends() {
    let interval = Interval(1, 2)

    #expect(interval.contains(1) && interval.contains(2))
    #expect(!interval.contains(2.5))
    #expect(interval.overlaps(Interval(2, 3)))
    #expect(!interval.overlaps(Interval(2.5, 3)))
  }
}
