// How often a run goes back to a save, by the means of its inputs: what closed forms need to know.

/// Mean times between the events of a run.
extension RunProcess {
  /// Mean seconds between failures that stop the run, by the mean lives of all components and the
  /// given moments that lie in the run; nil if there are none.
  package var meanTimeBetweenStops: Double? { meanTime { $0 == .stop } }

  /// Mean seconds of steps between corruptions that only a verification finds; nil without.
  package var meanTimeBetweenCorruptions: Double? {
    meanTime { $0 == .corrupt(foundAfter: nil) }
  }

  /// Mean seconds between corruptions that are found after some time; nil without.
  var meanTimeBetweenFoundCorruptions: Double? { meanTime { $0.foundAfter != nil } }

  /// Mean seconds between spikes of the loss; nil without.
  var meanTimeBetweenSpikes: Double? {
    guard let spikes, stepSeconds > 0 else { return nil }
    let tokens = stretches.reduce(0) { $0 + Double($1.steps) * $1.tokensPerStep }
    return tokens > 0 ? spikes.meanTokens * stepSeconds / tokens : nil
  }

  /// Mean seconds between losses of half the work between two saves; nil if nothing is lost.
  ///
  /// A spike that leads several saves back loses an interval more for each further one. Slow nodes
  /// are left out: they are evicted when that pays.
  var meanTimeBetweenReturns: Double? {
    var rate = 0.0
    if let mean = meanTimeBetweenStops { rate += 1 / mean }
    if let mean = meanTimeBetweenFoundCorruptions { rate += 1 / mean }
    if let mean = meanTimeBetweenSpikes, let spikes {
      rate += Double(2 * max(1, spikes.savesBack) - 1) / mean
    }
    return rate > 0 ? 1 / rate : nil
  }

  /// Meta's estimate of the share of time that trains; nil without failures. Saves that wait for
  /// the one before stand still for longer than their stall, and a verification comes before each.
  ///
  /// - Parameters:
  ///   - level: the saves in storage.
  ///   - work: mean seconds of steps between them.
  func estimatedETTR(_ level: CheckpointLevel, workBetweenSaves work: Double) -> Double? {
    guard let mean = meanTimeBetweenStops else { return nil }
    let downtime =
      restart.decision + restart.exchange + restart.container + level.load
      + restart.communicators + restart.warmUp
    let check = verification ?? 0
    let wait = level.overlap == .wait ? max(0, level.persist - work - check) : 0
    return max(0, 1 - (downtime + work / 2) / mean) / (1 + (check + wait + level.stall) / work)
  }

  private func meanTime(_ isCounted: (FailureClass.Effect) -> Bool) -> Double? {
    var rate = 0.0
    for item in failures where isCounted(item.effect) {
      switch item.law {
      case .life(let life):
        rate += Double(nodes.units(item.scope) * item.count) / life.mean
      case .moments(let moments):
        let length = stepSeconds
        guard length > 0 else { continue }
        rate += Double(moments.count { $0 < length }) / length
      }
    }
    return rate > 0 ? 1 / rate : nil
  }
}

extension FailureClass.Effect {
  /// Seconds from a corruption until it is noticed without a verification; nil for other effects.
  var foundAfter: Double? {
    if case .corrupt(let seconds) = self { return seconds }
    return nil
  }
}
