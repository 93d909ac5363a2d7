// The least number of servers, nodes or instances with which a noisy objective is met, and how sure
// that is. A search on few replications picks where to look; fresh replications give the verdicts,
// so that no lucky sample both chooses and confirms.

/// One replication of a trial with some count.
package struct ObjectiveSample: Hashable, Sendable {
  /// How far inside its objective the trial is: positive if met, in the objective's unit.
  package var margin: Double
  /// The single events behind the margin, if it is a share of them less a target share.
  package var share: Share?

  /// Makes a sample from a margin.
  package init(margin: Double) { self.margin = margin }

  /// Makes a sample from a share and the share that is asked for.
  package init(share: Share, target: Double) {
    margin = share.value - target
    self.share = share
  }
}

/// A search for the least count.
///
/// Replication i of every count has the same seed. Up from a proven lower bound by doubling, then
/// bisection, on means of 16 replications; then probes on fresh replications: looks after 8, 16,
/// ..., 256, each a two-sided t interval (and, for shares, the Clopper-Pearson interval of all
/// events too) at the level alpha 6/(pi^2 j^2)/6 for probe j, so that all claims of a search hold
/// together with probability 1 - alpha. A probe that does not pass moves up by one; one that
/// passes, down through up to eight undecided ones; a pass there is the new answer, a fail ends.
package struct LeastCount: Sendable {
  /// The probability, at most, that a search claims something wrong.
  package var alpha: Double
  /// The counts that may be tried.
  package var range: ClosedRange<Int>
  /// Replications of the search; those of the verdicts follow.
  package static let searchReplications = 16
  /// The looks of a probe: numbers of fresh replications.
  package static let looks = [8, 16, 32, 64, 128, 256]
  /// Undecided probes below a count that meets the objective before the search ends.
  package static let undecidedBelow = 8

  /// Whether a count meets the objective.
  package enum Verdict: String, Hashable, Sendable {
    /// It does, with confidence.
    case meets
    /// It does not, with confidence.
    case fails
    /// The replications cannot tell.
    case undecided
  }

  /// A count that was probed.
  package struct Probe: Hashable, Sendable {
    /// The count.
    package var count: Int
    /// What the last look says.
    package var verdict: Verdict
    /// Mean margin of the fresh replications.
    package var margin: Double
    /// The margin's interval at the search's own confidence, 1 - alpha, for this count alone.
    package var interval: Interval
    /// Fresh replications used.
    package var replications: Int
  }

  /// What a search found.
  package struct Answer: Hashable, Sendable {
    /// The least count that meets the objective; nil if none in the range is shown to.
    package var least: Probe?
    /// All probes, ascending by count.
    package var probes: [Probe]

    /// The probe of a count.
    package func probe(_ count: Int) -> Probe? { probes.first { $0.count == count } }
  }

  /// - Parameters:
  ///   - range: from the proven lower bound to the most that may be tried.
  ///   - alpha: the probability, at most, that a search claims something wrong.
  /// - Precondition: 0 < `alpha` < 1.
  package init(range: ClosedRange<Int>, alpha: Double = 0.05) {
    precondition(alpha > 0 && alpha < 1, "a level of \(alpha)")
    self.range = range
    self.alpha = alpha
  }

  /// Searches.
  ///
  /// - Parameter samples: the samples of a count for a range of replications, in order.
  /// - Throws: what `samples` throws.
  package func search(
    samples: (_ count: Int, _ replications: Range<Int>) throws -> [ObjectiveSample]
  ) throws -> Answer {
    let start = try candidate { count in
      let found = try samples(count, 0..<Self.searchReplications)
      return SampleMean(found.map(\.margin)).mean >= 0
    }
    var probes: [Probe] = []
    func probe(_ count: Int) throws -> Probe {
      if let known = probes.first(where: { $0.count == count }) { return known }
      let found = try self.probe(count, number: probes.count + 1, samples: samples)
      probes.append(found)
      return found
    }
    var least: Probe?
    for count in start...range.upperBound {
      let found = try probe(count)
      if found.verdict == .meets {
        least = found
        break
      }
    }
    if let top = least {
      var undecided = 0
      for count in (range.lowerBound..<max(top.count, range.lowerBound)).reversed() {
        let found = try probe(count)
        if found.verdict == .meets { (least, undecided) = (found, 0) }
        if found.verdict == .undecided { undecided += 1 }
        if found.verdict == .fails || undecided == Self.undecidedBelow { break }
      }
    }
    return Answer(least: least, probes: probes.sorted { $0.count < $1.count })
  }

  /// Where the means of the search replications first meet the objective, by doubling the distance
  /// from the lower bound and bisection; the upper bound if nowhere.
  private func candidate(meets: (Int) throws -> Bool) throws -> Int {
    guard try !meets(range.lowerBound) else { return range.lowerBound }
    var (fails, step) = (range.lowerBound, max(1, range.lowerBound))
    while step < range.upperBound - fails, try !meets(fails + step) {
      fails += step
      step = step > range.upperBound / 2 ? range.upperBound : 2 * step
    }
    var passes = step < range.upperBound - fails ? fails + step : range.upperBound
    while passes - fails > 1 {
      let middle = fails + (passes - fails) / 2
      if try meets(middle) { passes = middle } else { fails = middle }
    }
    return passes
  }

  /// Judges one count on fresh replications.
  private func probe(
    _ count: Int, number: Int, samples: (Int, Range<Int>) throws -> [ObjectiveSample]
  ) throws -> Probe {
    let level =
      alpha * 6 / (Double.pi * Double.pi * Double(number * number)) / Double(Self.looks.count)
    var found: [ObjectiveSample] = []
    var verdict = Verdict.undecided
    for look in Self.looks where verdict == .undecided {
      let first = Self.searchReplications
      found += try samples(count, first + found.count..<first + look)
      let interval = Self.interval(found, confidence: 1 - level)
      if interval.low >= 0, interval.high > 0 { verdict = .meets }
      if interval.high < 0 { verdict = .fails }
    }
    return Probe(
      count: count, verdict: verdict, margin: SampleMean(found.map(\.margin)).mean,
      interval: Self.interval(found, confidence: 1 - alpha), replications: found.count)
  }

  /// The interval of the mean margin: by Student's t over replications and, for shares, wide enough
  /// for the Clopper-Pearson interval of all events. Replications that happen to agree leave no
  /// spread for t; events of one replication depend on each other, which Clopper-Pearson ignores.
  package static func interval(_ samples: [ObjectiveSample], confidence: Double) -> Interval {
    let sample = SampleMean(samples.map(\.margin))
    let byMeans = sample.interval(confidence: confidence)
    let shares = samples.compactMap(\.share)
    guard shares.count == samples.count, !shares.isEmpty else { return byMeans }
    let all = Share(
      shares.reduce(0) { $0 + $1.successes }, of: shares.reduce(0) { $0 + $1.trials })
    let byEvents = all.clopperPearson(confidence: confidence)
    // Margins are shares less the target.
    let target = SampleMean(zip(shares, samples).map { $0.value - $1.margin }).mean
    // No share is below 0 or above 1.
    return Interval(
      max(min(byMeans.low, byEvents.low - target), -target),
      min(max(byMeans.high, byEvents.high - target), 1 - target))
  }
}
