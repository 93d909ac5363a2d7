// Training: the legs of a run, what disturbs them, and going back.

import Units

extension RunEngine {
  /// Seconds of a step of a leg on the slowest node.
  private func stepSeconds(_ leg: RunLeg) -> Double {
    let factor = slowNodes.reduce(1) { max($0, $1.factor) }
    let step = factor == 1 ? leg.stepSeconds : RunSeconds.positive(leg.stepSeconds * factor)
    return step + leg.stallSeconds
  }

  /// Runs the steps of the present leg, until its end or a stop.
  mutating func work() -> Stop? {
    let item = legs[leg]
    omitted[leg] = min(item.steps, max(0, omitsUntil - item.start))
    spent[leg] = 0
    var step = stepSeconds(item)
    var rest = Double(item.steps - omitted[leg]) * step
    while true {
      let gap = nextGap(item, step)
      guard gap.seconds < rest else { break }
      elapse(gap.seconds, item, step)
      rest -= gap.seconds
      var stop: Stop?
      switch gap.source {
      case .hardware: stop = strike()
      case .working: disturb()
      case .alarm: stop = ring()
      case .spike: stop = spike()
      }
      if let stop { return stop }
      // A new speed begins with the next step.
      let changed = stepSeconds(item)
      if changed != step {
        let part = rest.truncatingRemainder(dividingBy: step)
        rest = part + ((rest - part) / step).rounded() * changed
        step = changed
      }
    }
    elapse(rest, item, step)
    leg += 1
    return nil
  }

  /// What happens next in a step.
  private enum Source {
    case hardware, working, alarm, spike
  }

  /// The seconds until something happens, and what; the first of equal ones.
  private func nextGap(_ item: RunLeg, _ step: Double) -> (seconds: Double, source: Source) {
    var gap = (seconds: Double.infinity, source: Source.hardware)
    func meet(_ seconds: Double, _ source: Source) {
      if max(0, seconds) < gap.seconds { gap = (max(0, seconds), source) }
    }
    if let next = hardware.next { meet(next.time - exposed, .hardware) }
    if let next = working.next { meet(next.time - worked, .working) }
    if let alarm = alarms.first { meet(alarm.time - now, .alarm) }
    if let nextSpike {
      meet(RunSeconds.rounded((nextSpike - consumed) / item.tokensPerStep * step), .spike)
    }
    return gap
  }

  private mutating func elapse(_ seconds: Double, _ item: RunLeg, _ step: Double) {
    now += seconds
    exposed += seconds
    worked += seconds
    spent[leg] += seconds
    consumed += seconds / step * item.tokensPerStep
  }

  /// The next event of working time: a corruption or a slow node.
  private mutating func disturb() {
    let (index, component) = working.pop()
    failures[index] += 1
    let item = process.failures[index]
    let node = item.scope.isOnNode ? component / max(1, item.count) : 0
    switch item.effect {
    case .stop: preconditionFailure("stopping failures have exposed clocks")
    case .corrupt(let foundAfter):
      guard corruption == nil else { return }
      corruption = (leg, index)
      if let foundAfter {
        add(Alarm(time: now + RunSeconds.rounded(foundAfter), kind: .corruptionFound))
      }
    case .slow(let factor, let seconds):
      slowCount += 1
      let end = seconds.map { now + RunSeconds.rounded($0) }
      slowNodes.append(
        SlowNode(identity: slowCount, index: index, node: node, factor: factor, endsAt: end))
      if let end { add(Alarm(time: end, kind: .slowNodeEnds(slowCount))) }
      let known = now + RunSeconds.rounded(item.detection ?? process.restart.detection)
      if process.evictsSlowNodes { add(Alarm(time: known, kind: .slowNodeKnown(slowCount))) }
    }
  }

  mutating func add(_ alarm: Alarm) {
    let place = alarms.firstIndex { $0.time > alarm.time } ?? alarms.count
    alarms.insert(alarm, at: place)
  }

  private mutating func ring() -> Stop? {
    let alarm = alarms.removeFirst()
    switch alarm.kind {
    case .corruptionFound:
      return corruption.map { Stop(cause: .corruption($0.index), nodes: corruptNodes($0.index)) }
    case .slowNodeEnds(let identity):
      slowNodes.removeAll { $0.identity == identity }
      return nil
    case .slowNodeKnown(let identity):
      guard let place = slowNodes.firstIndex(where: { $0.identity == identity }) else {
        return nil
      }
      slowNodes[place].isKnown = true
      return eviction()
    case .saveIsDurable: return eviction()
    }
  }

  private mutating func spike() -> Stop? {
    guard let spec = process.spikes else { return nil }
    nextSpike = consumed + spikes.exponential(mean: spec.meanTokens)
    return Stop(cause: .spike, nodes: 0..<0)
  }

  /// The nodes to exchange for a corrupted state: the one that computes wrongly.
  func corruptNodes(_ index: Int) -> Range<Int> {
    process.failures[index].replacesNodes ? 0..<1 : 0..<0
  }

  /// Seconds of steps since the start of a leg.
  private func spentSince(_ target: Int) -> Double {
    spent[target..<max(target, min(leg + 1, legs.count))].reduce(0, +)
  }

  /// Whether less work would be undone once a save is durable that is being written.
  private func isSaving(insteadOf loss: Double) -> Bool {
    saves.joined().contains {
      $0.durableAt > now && spentSince($0.leg) + $0.durableAt - now < loss
    }
  }

  /// The eviction of a slow node that is known, if it pays: what it costs in the rest of the run is
  /// more than a restart and the work that it undoes.
  func eviction() -> Stop? {
    guard slowNodes.contains(where: \.isKnown) else { return nil }
    let loss = spentSince(restorePoint(.eviction(0)).leg)
    if isSaving(insteadOf: loss) { return nil }
    let times = process.restart
    let restart =
      times.decision + times.exchange + times.container + times.communicators + times.warmUp
      + (process.checkpoints.last?.load ?? 0)
    for slow in slowNodes where slow.isKnown {
      let rest = min(secondsFrom[min(leg, legs.count)], slow.endsAt.map { $0 - now } ?? .infinity)
      if (slow.factor - 1) * rest > restart + loss {
        return Stop(cause: .eviction(slow.identity), nodes: slow.node..<slow.node + 1)
      }
    }
    return nil
  }

  // MARK: Going back

  /// Goes back to a leg: the steps since then are lost.
  ///
  /// - Returns: the seconds lost.
  mutating func goBack(to target: Int) -> Double {
    var lost = 0.0
    for index in target..<max(target, min(leg + 1, legs.count)) {
      account(spent[index], .lostWork, legs[index].phase)
      lost += spent[index]
      spent[index] = 0
      omitted[index] = 0
    }
    leg = min(leg, target)
    for level in saves.indices {
      prune(level)
      saves[level].removeAll { $0.leg > target || $0.durableAt > now }
    }
    dueSaves =
      target == 0
      ? []
      : legs[target - 1].saves.filter { level in
        !saves[level].contains { $0.leg == target }
      }
    evaluatedLeg = min(evaluatedLeg, target)
    evaluationIsDue = target > 0 && legs[target - 1].isEvaluated && evaluatedLeg < target
    if let found = corruption, target <= found.leg {
      corruption = nil
      alarms.removeAll { if case .corruptionFound = $0.kind { true } else { false } }
    }
    return lost
  }

  /// Leaves out the data of some steps from here on.
  mutating func omit(_ steps: Int) {
    omitsUntil = leg < legs.count ? legs[leg].start + steps : 0
  }
}
