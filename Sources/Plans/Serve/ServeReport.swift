// What a plan says about its answer: the verdict, how the sizes above do, what binds, and how much
// more load the answer takes.

import Recording
import Statistics
import Text
import Units

/// The remarks on the best layout.
struct ServeReport {
  let question: ServeQuestion
  let trials: ServeTrials
  let best: ServeSearch.Found
  private var ladder: ServeLadder

  init(question: ServeQuestion, trials: ServeTrials, best: ServeSearch.Found) {
    self.question = question
    self.trials = trials
    self.best = best
    ladder = best.ladder
  }

  /// Times that requests stay, at least, for which they arrive: the start is empty and no steady
  /// state is seen before the first have left.
  private static let settledSpans = 5.0
  /// Factors of the load that are tried on the answer.
  private static let factors = [1.1, 1.25, 1.5, 2]
  /// Fresh replications of a size above the answer, as many as the first look of a verdict.
  private static let probes =
    LeastCount.searchReplications..<LeastCount.searchReplications + LeastCount.looks[0]

  /// The settings of the answer with its redundancy.
  var winner: [Setting] {
    ladder.layout.settings(best.steps.map { $0 + question.redundancy })
  }

  /// The lines.
  mutating func notes() throws -> [String] {
    let layout = ladder.layout
    var lines = [sentence, layout.words(best.steps)]
    if question.redundancy > 0 {
      let steps = best.steps.map { $0 + question.redundancy }
      let out = layout.pools.map { $0.words($0.units * question.redundancy) }
      lines.append(
        "with redundancy, \(layout.words(steps)): meets it with \(out.joined(separator: " and "))"
          + " out")
    }
    lines += try above() + [try binding()]
    if let line = try headroom() { lines.append(line) }
    if let line = try shortness() { lines.append(line) }
    lines.append("\(trials.count) trials; verdicts from replications that the search did not see")
    return lines
  }

  /// The verdict with nodes for rungs.
  private var sentence: String {
    let confidence = percentText(1 - question.alpha)
    let isShare = question.objective.share > 0
    return best.answer.sentence(
      confidence: confidence, unit: isShare ? " points" : " %",
      count: { "\(ladder.totals[$0 - 1])" },
      margin: { significantText(($0 * 1000).rounded() / 10) })
  }

  /// Sizes above the answer: more nodes usually help, but no rule says so.
  private mutating func above() throws -> [String] {
    let rungs = (best.probe.count + 1...best.probe.count + 2).filter { $0 <= ladder.totals.count }
    return try rungs.map { rung in
      let (trials, layout) = (trials, ladder.layout)
      let steps = try ladder.steps(rung) { try trials.searchMean(layout.settings($0)) }
      let samples = try trials.replications(layout.settings(steps), Self.probes).map(\.sample)
      let interval = LeastCount.interval(samples, confidence: 1 - question.alpha)
      let verdict = interval.low >= 0 ? "meets it" : interval.high < 0 ? "misses it" : "may meet it"
      let mean = SampleMean(samples.map(\.margin)).mean
      return "\(layout.words(steps)): \(verdict) (margin \(text(mean)))"
    }
  }

  /// The nearest bound and the busiest pool, means over the verdict's replications.
  private func binding() throws -> String {
    let first = LeastCount.searchReplications
    let found = try trials.replications(
      ladder.layout.settings(best.steps), first..<first + best.probe.replications)
    guard let sample = found.first else { return "" }
    func mean(_ value: (ServeTrials.Replication) -> Double) -> Double {
      SampleMean(found.map(value)).mean
    }
    let bounds = sample.tightness.indices.map { index in
      (label: sample.tightness[index].label, share: mean { $0.tightness[index].share })
    }.sorted { $0.share > $1.share }
    let pools = sample.pools.indices.map { index in
      "\(sample.pools[index].name) is busy to \(percentText(mean { $0.pools[index].busy })), its"
        + " cache full to \(percentText(mean { $0.pools[index].cache }))"
    }
    // Requests of one token have no time per token.
    let nearest = bounds.filter { $0.share > 0 }.map {
      "\($0.label) takes \(percentText($0.share)) of its bound"
    }
    return "what binds: " + (nearest + pools).joined(separator: "; ")
  }

  /// The largest of some factors of the load under which the mean margin of the answer is positive.
  private func headroom() throws -> String? {
    let settings = ladder.layout.settings(best.steps)
    guard let rate = question.document.words(of: "service.load.rate", question.changes),
      let number = Double(rate.prefix { $0.isNumber || $0 == "." })
    else { return nil }
    let unit = rate.drop { $0.isNumber || $0 == "." }
    var (holds, fails): (Double, Double?) = (1, nil)
    for factor in Self.factors where fails == nil {
      let more = settings + [Setting("service.load.rate", "\(number * factor)\(unit)")]
      let found = try trials.replications(more, 0..<LeastCount.looks[0])
      if SampleMean(found.map(\.sample.margin)).mean >= 0 { holds = factor } else { fails = factor }
    }
    let words = { (factor: Double) in "\(significantText(factor)) x the load" }
    let start = holds > 1 ? "headroom: on average still met at \(words(holds))" : "headroom: little"
    return start + (fails.map { ", not at \(words($0))" } ?? "")
  }

  /// A warning if the replications end before the service has settled.
  private func shortness() throws -> String? {
    let settings = ladder.layout.settings(best.steps)
    guard let service = try trials.scenario(settings).service,
      case .open = service.load.arrivals,
      let first = service.load.requests.map(\.arrival).min(),
      let last = service.load.requests.map(\.arrival).max()
    else { return nil }
    let span = (last - first).seconds
    let found = try trials.replications(settings, 0..<LeastCount.searchReplications)
    let stay = SampleMean(found.map(\.stay)).mean
    guard span < Self.settledSpans * stay else { return nil }
    return "replications are short: requests arrive for \(durationText(seconds: span)) and stay for"
      + " \(durationText(seconds: stay)); more --requests show how a long load fares"
  }

  private func text(_ margin: Double) -> String {
    significantText((margin * 1000).rounded() / 10)
      + (question.objective.share > 0 ? " points" : " %")
  }
}
