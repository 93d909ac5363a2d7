// Gaps between the tokens of a request. They count once it has ended: a request that is lost, or
// starts again from its prompt, takes its gaps with it. Where neither can happen they are counted
// at once, which needs no memory.

import EventKernel
import Units

/// Gaps of steps that follow one another and grow evenly.
struct GapSeries {
  var first: SimDuration
  var growth = SimDuration.zero
  var steps = 1
}

/// The gaps of a request that has not ended.
struct OpenGaps {
  private var single: [SimDuration] = []
  /// Those of quiet steps, which all running requests of an instance have in common: their lists
  /// share memory.
  private var series: [[GapSeries]] = []

  mutating func add(_ gap: SimDuration) { single.append(gap) }

  mutating func add(_ shared: [GapSeries]) { series.append(shared) }

  /// Counts them.
  func count(in histogram: inout GapHistogram) {
    for gap in single { histogram.add(gap) }
    for each in series.joined() {
      histogram.add(first: each.first, growth: each.growth, steps: each.steps, count: 1)
    }
  }
}

extension ServiceEngine {
  /// A request has been shown tokens for the second time, or later.
  mutating func keepGap(_ gap: SimDuration, of request: RequestID) {
    if openGaps.isEmpty {
      gaps[requests[request.index].trafficClass].add(gap)
    } else {
      openGaps[request.index].add(gap)
    }
  }

  /// The running requests of an instance have been shown a token at the end of each quiet step.
  mutating func keepGaps(_ series: GapSeries, of index: Int) {
    guard openGaps.isEmpty else {
      instances[index].quietGaps.append(series)
      return
    }
    for (place, count) in instances[index].classCounts.enumerated() where count > 0 {
      gaps[place].add(
        first: series.first, growth: series.growth, steps: series.steps, count: count)
    }
  }

  /// Gives the gaps of quiet steps to the requests that had them.
  mutating func shareGaps(of index: Int) {
    guard !openGaps.isEmpty else { return }
    let series = instances[index].quietGaps
    instances[index].quietGaps = []
    for request in instances[index].running { openGaps[request.index].add(series) }
  }

  /// Counts the gaps of a request, or drops them if they do not count.
  mutating func closeGaps(of request: RequestID, count: Bool) {
    guard !openGaps.isEmpty else { return }
    if count {
      openGaps[request.index].count(in: &gaps[requests[request.index].trafficClass])
    }
    openGaps[request.index] = OpenGaps()
  }
}
