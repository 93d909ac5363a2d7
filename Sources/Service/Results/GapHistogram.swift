// Counts of durations in buckets whose width is at most a thousandth of their value, so that the
// millions of gaps between tokens need little memory. Values are exact below 2 ns.
// Source of the layout: HdrHistogram (hdrhistogram.org): powers of two, divided linearly.

import Units

/// A histogram of durations.
package struct GapHistogram: Hashable, Sendable {
  /// log2 of the buckets of each power of two: their width is at most 2^-10 of a value.
  private static let bits = 10
  /// Counts from the first bucket to the last that is not empty.
  private var buckets: [Int] = []
  /// The longest duration counted in each: percentiles are exact where a bucket has one value.
  private var longest: [Int64] = []
  /// Number of durations.
  package private(set) var count = 0
  /// Their exact sum, picoseconds; a sum of 2^63 ps is 106 days of gaps, so it needs more bits.
  package private(set) var sum: Double = 0
  /// The shortest; zero if empty.
  package private(set) var least = SimDuration.zero
  /// The longest; zero if empty.
  package private(set) var greatest = SimDuration.zero

  package init() {}

  /// Counts a duration a number of times.
  ///
  /// - Precondition: the duration is not negative.
  package mutating func add(_ duration: SimDuration, count added: Int = 1) {
    guard added > 0 else { return }
    let bucket = Self.bucket(of: duration.picoseconds)
    if bucket >= buckets.count {
      buckets += repeatElement(0, count: bucket + 1 - buckets.count)
      longest += repeatElement(0, count: bucket + 1 - longest.count)
    }
    buckets[bucket] += added
    longest[bucket] = max(longest[bucket], duration.picoseconds)
    least = count == 0 ? duration : min(least, duration)
    greatest = max(greatest, duration)
    count += added
    sum += Double(duration.picoseconds) * Double(added)
  }

  /// Counts durations that grow evenly from one step to the next.
  ///
  /// Complexity: O(buckets that they cross).
  /// - Precondition: `first` and `growth` are not negative.
  package mutating func add(
    first: SimDuration, growth: SimDuration, steps: Int, count weight: Int
  ) {
    var duration = first.picoseconds
    var left = steps
    while left > 0 {
      let room = Self.greatest(in: Self.bucket(of: duration)) - duration
      let inBucket =
        growth == .zero ? left : min(left, Int(room / growth.picoseconds) + 1)
      let last = duration + growth.picoseconds * Int64(inBucket - 1)
      let sumBefore = sum
      add(SimDuration(picoseconds: duration), count: weight * inBucket)
      let bucket = Self.bucket(of: last)
      longest[bucket] = max(longest[bucket], last)
      greatest = max(greatest, SimDuration(picoseconds: last))
      sum = sumBefore + (Double(duration) + Double(last)) / 2 * Double(weight * inBucket)
      duration = last + growth.picoseconds
      left -= inBucket
    }
  }

  /// The mean, seconds; nil if empty.
  package var mean: Double? { count > 0 ? sum / Double(count) * 1e-12 : nil }

  /// The standard deviation over all durations, seconds, to within 0.1 % of the longest; nil if
  /// empty.
  package var deviation: Double? {
    guard count > 0 else { return nil }
    let mean = sum / Double(count)
    var squares = 0.0
    for (bucket, held) in buckets.enumerated() where held > 0 {
      let distance = Double(longest[bucket]) - mean
      squares += Double(held) * distance * distance
    }
    return (squares / Double(count)).squareRoot() * 1e-12
  }

  /// The least value with at least a share of all durations at or below it, to within 0.1 %; nil
  /// if empty.
  ///
  /// - Precondition: `percent` is in 0...100.
  package func percentile(_ percent: Double) -> SimDuration? {
    precondition((0...100).contains(percent), "a percentile is in 0...100")
    guard count > 0 else { return nil }
    let rank = max(1, Int((Double(count) * percent / 100).rounded(.up)))
    var seen = 0
    for (bucket, held) in buckets.enumerated() where held > 0 {
      seen += held
      if seen >= rank { return SimDuration(picoseconds: longest[bucket]) }
    }
    return greatest
  }

  /// Adds the durations of another histogram.
  package mutating func add(_ other: GapHistogram) {
    guard other.count > 0 else { return }
    if other.buckets.count > buckets.count {
      buckets += repeatElement(0, count: other.buckets.count - buckets.count)
      longest += repeatElement(0, count: other.longest.count - longest.count)
    }
    for (bucket, held) in other.buckets.enumerated() where held > 0 {
      buckets[bucket] += held
      longest[bucket] = max(longest[bucket], other.longest[bucket])
    }
    least = count == 0 ? other.least : min(least, other.least)
    greatest = max(greatest, other.greatest)
    count += other.count
    sum += other.sum
  }

  private static func bucket(of picoseconds: Int64) -> Int {
    precondition(picoseconds >= 0, "a gap is not negative")
    let width = Int64.bitWidth - picoseconds.leadingZeroBitCount
    let shift = max(0, width - bits - 1)
    return shift << bits + Int(picoseconds >> Int64(shift))
  }

  /// The greatest value of a bucket.
  private static func greatest(in bucket: Int) -> Int64 {
    guard bucket >= 2 << bits else { return Int64(bucket) }
    let shift = bucket >> bits - 1
    let place = Int64(bucket - shift << bits)
    return (place + 1) << Int64(shift) - 1
  }
}
