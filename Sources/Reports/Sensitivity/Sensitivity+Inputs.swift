// The figures of each input, by the rule of the experiment, the most influential input first.

import Recording
import ResultsStore
import Statistics

extension Sensitivity {
  /// The values of an input beside the results there.
  struct Bar: Sendable {
    /// The input.
    var name: String
    /// The values of the input where the result is `low` and `high`.
    var labels: (low: String, high: String)
    /// The results; nil if that trial has none.
    var low: Double?
    var high: Double?
    /// From the least to the largest result; nil if there are no two.
    var swing: Double?
    /// The 95 % interval of `high` less `low` over replications, which have the same seeds at all
    /// points; nil for fewer than two.
    var difference: Interval?
  }

  /// The bars of a group around its base line, the widest first; nil for rules without bars.
  func bars(_ group: Group) -> (base: Double?, bars: [Bar])? {
    switch method {
    case .tornado: tornado(group).map { ($0.base, $0.bars) }
    case .levels:
      (
        SampleMean(group.points.compactMap(\.mean)).mean,
        levels(group).map { level in
          Bar(
            name: level.name, labels: (level.least.label, level.most.label),
            low: level.least.mean, high: level.most.mean, swing: level.range)
        }
      )
    case .morris, .sobol, .rankCorrelation: nil
    }
  }

  /// The bars of a tornado; `baseLabels` are the values in the middle, in the order of the bars.
  func tornado(_ group: Group) -> (base: Double?, baseLabels: [String], bars: [Bar])? {
    guard let design else { return nil }
    let tornado = Tornado(dimensions: design.ranges.count)
    let means = group.points.map(\.mean)
    let (ends, swings) = (tornado.ends(means), tornado.swings(means))
    func label(_ point: Int, _ input: Int) -> String {
      let key = design.ranges[input].key
      return group.points[point].parameters.first { $0.key == key }?.value ?? "?"
    }
    let bars = design.ranges.indices.map { input in
      Bar(
        name: design.ranges[input].key,
        labels: (label(2 * input + 1, input), label(2 * input + 2, input)),
        low: ends[input].low, high: ends[input].high, swing: swings[input],
        difference: difference(group.points[2 * input + 1], group.points[2 * input + 2]))
    }
    let order = ranked(bars.map(\.swing))
    return (means[0], order.map { label(0, $0) }, order.map { bars[$0] })
  }

  private func difference(_ low: Point, _ high: Point) -> Interval? {
    let pairs = zip(high.replications, low.replications).compactMap { high, low in
      high.flatMap { high in low.map { high - $0 } }
    }
    return pairs.count > 1 ? SampleMean(pairs).interval(confidence: 0.95) : nil
  }

  /// The means of the results at each level of an axis of listed values.
  struct Levels: Sendable {
    /// The keys that vary together.
    var name: String
    /// Number of levels.
    var count: Int
    /// The levels with the least and the largest mean.
    var least: (label: String, mean: Double)
    var most: (label: String, mean: Double)
    /// The share of the results' variance that lies between the levels; nil if they are equal.
    var share: Double?

    /// The largest mean less the least.
    var range: Double { most.mean - least.mean }
  }

  /// The inputs of listed values; those that no result tells apart are left out.
  func levels(_ group: Group) -> [Levels] {
    let points = group.points.filter { $0.mean != nil }
    let all = points.compactMap(\.mean)
    let centre = SampleMean(all).mean
    let total = all.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
    let found = axes.filter { $0.points > 1 && !$0.isReplication }.compactMap { axis -> Levels? in
      var labels: [String] = []
      var values: [[Double]] = []
      var places: [String: Int] = [:]
      for point in points {
        let label = point.parameters.filter { axis.keys.contains($0.key) }.map(\.value)
          .joined(separator: " ")
        if places[label] == nil {
          places[label] = labels.count
          labels.append(label)
          values.append([])
        }
        if let place = places[label], let mean = point.mean { values[place].append(mean) }
      }
      let means = values.map { SampleMean($0).mean }
      let order = means.indices.sorted { (means[$0], $0) < (means[$1], $1) }
      guard let least = order.first, let most = order.last else { return nil }
      let between = zip(values, means).reduce(0) { sum, level in
        sum + Double(level.0.count) * (level.1 - centre) * (level.1 - centre)
      }
      return Levels(
        name: axis.keys.joined(separator: " + "), count: labels.count,
        least: (labels[least], means[least]), most: (labels[most], means[most]),
        share: total > 0 ? between / total : nil)
    }
    return ranked(found.map(\.range)).map { found[$0] }
  }

  /// The effects of a Morris design, by falling mu*.
  func morris(_ group: Group) -> [(range: DesignRecord.Range, effect: Morris.Effect)] {
    guard let design else { return [] }
    let rule = Morris(
      dimensions: design.ranges.count, trajectories: design.size, seed: design.seed)
    let effects = rule.effects(
      group.points.map(\.mean), at: realised(rule.points, of: group))
    return ranked(effects.map { $0.count > 0 ? $0.meanSize : nil })
      .map { (design.ranges[$0], effects[$0]) }
  }

  /// The indices of a Sobol design, by falling total index, and the number of rows that they use.
  func sobol(
    _ group: Group
  ) -> (rows: Int, inputs: [(range: DesignRecord.Range, index: Sobol.Index)]) {
    guard let design else { return (0, []) }
    let rule = Sobol(dimensions: design.ranges.count, rows: design.size, seed: design.seed)
    let means = group.points.map(\.mean)
    let indices = rule.indices(means)
    return (
      rule.wholeRows(means).count,
      ranked(indices.map(\.total)).map { (design.ranges[$0], indices[$0]) }
    )
  }

  /// The rank correlations of a Latin hypercube, the strongest first; nil where nothing varies.
  func correlations(
    _ group: Group
  ) -> [(range: DesignRecord.Range, correlation: Double?, points: Int)] {
    guard let design else { return [] }
    let hypercube = LatinHypercube(
      count: design.size, dimensions: design.ranges.count, seed: design.seed)
    let points = realised(hypercube.points, of: group)
    let known = group.points.indices.filter { group.points[$0].mean != nil }
    let means = known.compactMap { group.points[$0].mean }
    let found = design.ranges.indices.map { input in
      rankCorrelation(known.map { points[$0][input] }, means)
    }
    return ranked(found.map { $0.map(abs) }).map { (design.ranges[$0], found[$0], known.count) }
  }

  /// Positions by falling value, equal ones in their order, unknown ones last.
  private func ranked(_ values: [Double?]) -> [Int] {
    values.indices.sorted {
      let (a, b) = (values[$0] ?? -.infinity, values[$1] ?? -.infinity)
      return a != b ? a > b : $0 < $1
    }
  }
}
