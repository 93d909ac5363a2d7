// Saves, and what follows a stop: going back, exchanging nodes, starting again.

extension RunEngine {
  /// The run to its end; nil if it has none.
  mutating func run() -> RunOutcome? {
    _ = pass(process.queue, .queue, isExposed: false)
    var stop = firstStart()
    while true {
      if let found = stop, !recover(from: found) { return nil }
      stop = train()
      if stop == nil { return isEndless ? nil : outcome() }
      if isEndless { return nil }
    }
  }

  private func isExposed(_ part: RunProcess.Exposure) -> Bool {
    switch process.exposure {
    case .always: true
    case .load: part != .always
    case .training: false
    }
  }

  private mutating func firstStart() -> Stop? {
    let times = process.restart
    if let stop = pass(times.container, .startup, isExposed: isExposed(.always)) { return stop }
    if let stop = pass(times.firstLoad, .startup, isExposed: isExposed(.load)) { return stop }
    if let stop = pass(times.communicators, .startup, isExposed: isExposed(.load)) { return stop }
    return pass(times.warmUp, .warmUp, isExposed: isExposed(.load))
  }

  // MARK: Training

  /// Trains until the end of the run or a stop; nil at the end.
  private mutating func train() -> Stop? {
    while true {
      let saved = !dueSaves.isEmpty
      while let level = dueSaves.first {
        if let stop = save(level) { return stop }
        dueSaves.removeFirst()
      }
      if evaluationIsDue, let pauses = process.evaluation {
        if let stop = pass(pauses.seconds, .evaluation, isExposed: true) { return stop }
        evaluatedLeg = leg
        evaluationIsDue = false
      }
      if saved, leg < legs.count, let stop = pauseOrEviction() { return stop }
      guard leg < legs.count, !isEndless else { break }
      if let stop = work() { return stop }
      dueSaves = legs[leg - 1].saves
      evaluationIsDue = legs[leg - 1].isEvaluated
    }
    guard process.savesAtEnd, let last = saves.last?.last else { return nil }
    return wait(until: last.durableAt)
  }

  /// Waits for a save; time up to a stop is lost.
  private mutating func wait(until end: Double) -> Stop? {
    guard end > now else { return nil }
    let start = now
    guard let stop = pass(end - now, .save, isExposed: true) else { return nil }
    lose(now - start, of: .save)
    return stop
  }

  /// Whether a save of a kind is still being written.
  private func isWriting(_ level: Int) -> Bool {
    saves[level].last.map { $0.durableAt > now } ?? false
  }

  private mutating func save(_ level: Int) -> Stop? {
    let spec = process.checkpoints[level]
    // The last step is saved in any case.
    if spec.overlap == .skip, isWriting(level), leg < legs.count { return nil }
    if level == process.checkpoints.count - 1, let seconds = process.verification {
      if let stop = pass(seconds, .verification, isExposed: true) { return stop }
      if let found = corruption {
        return Stop(cause: .corruption(found.index), nodes: corruptNodes(found.index))
      }
    }
    if spec.overlap != .parallel, let last = saves[level].last,
      let stop = wait(until: last.durableAt)
    {
      return stop
    }
    let start = now
    if let stop = pass(spec.stall, .save, isExposed: true) {
      lose(now - start, of: .save)
      return stop
    }
    saves[level].append(
      Save(leg: leg, durableAt: now + RunSeconds.rounded(spec.persist)))
    prune(level)
    if spec.persist > 0, canEvict {
      add(Alarm(time: now + RunSeconds.rounded(spec.persist), kind: .saveIsDurable))
    }
    return nil
  }

  /// What waits for a save: a planned pause whose time has come, or a slow node.
  private mutating func pauseOrEviction() -> Stop? {
    // A save in memory, or one that was left out, would undo the work since the last in storage.
    if let pause = plannedPauses.first, pause.at <= now, let last = saves.last?.last,
      last.leg == leg
    {
      if let stop = wait(until: last.durableAt) { return stop }
      plannedPauses.removeFirst()
      return Stop(cause: .maintenance(pause.seconds), nodes: 0..<0)
    }
    return eviction()
  }

  // MARK: Restart

  /// Starts again after a stop, however often that is interrupted; false if there is no end.
  private mutating func recover(from first: Stop) -> Bool {
    var stop = first
    lostNodes = []
    while !isEndless {
      restarts += 1
      let start = now
      markLost(stop)
      let load = goBack(for: stop)
      let next = startAgain(after: stop, load: load)
      noteResumption(now - start)
      guard let next else {
        lostNodes = []
        return true
      }
      stop = next
    }
    return false
  }

  /// Goes back to a save.
  ///
  /// - Returns: seconds to load it.
  private mutating func goBack(for stop: Stop) -> Double {
    let target = restorePoint(stop.cause)
    if !target.isSave, hasProgress { restartsFromScratch += 1 }
    forgetLost()
    let seconds = goBack(to: target.leg)
    if case .spike = stop.cause { omit(process.spikes?.skippedSteps ?? 0) }
    note(stop, lost: seconds)
    return target.load
  }

  /// Goes back further if nodes that failed while the job waited took the state in their memory
  /// with them.
  ///
  /// - Returns: seconds to load what is left; nil if nothing was lost.
  private mutating func goBackAgain() -> Double? {
    let isLost = saves.indices.contains { level in
      !saves[level].isEmpty && !isLeft(process.checkpoints[level])
    }
    guard isLost else { return nil }
    forgetLost()
    // What is newer than the save from which the run was to go on is gone already.
    let target = restorePoint(.failure(0))
    if !target.isSave { restartsFromScratch += 1 }
    let seconds = goBack(to: target.leg)
    if keepsStops, let last = stops.indices.last {
      stops[last].lostSeconds += seconds
      stops[last].resumedAtStep = legs[leg].start
    }
    return target.load
  }

  /// The save from which the run goes on: the newest one that is durable, and clean after a
  /// corruption that was found; of equal ones the quickest to load.
  func restorePoint(_ cause: Stop.Cause) -> (leg: Int, load: Double, isSave: Bool) {
    var best = (leg: 0, load: process.restart.firstLoad, isSave: false)
    var limit = Int.max
    switch cause {
    case .corruption: limit = corruption?.leg ?? .max
    case .spike: limit = limitOfSpike
    case .failure, .eviction, .maintenance: break
    }
    for (level, spec) in process.checkpoints.enumerated() where isLeft(spec) {
      guard let save = durableSaves(level).last(where: { $0.leg <= limit }) else { continue }
      if !best.isSave || save.leg > best.leg || (save.leg == best.leg && spec.load < best.load) {
        best = (save.leg, spec.load, true)
      }
    }
    return best
  }

  /// The saves of a kind that are kept, ascending: the newest durable ones. One that is being
  /// written pushes out none before it is durable.
  private func durableSaves(_ level: Int) -> ArraySlice<Save> {
    let list = saves[level]
    var end = list.endIndex
    while end > 0, list[end - 1].durableAt > now { end -= 1 }
    return list[..<end].suffix(process.checkpoints[level].keeps)
  }

  /// Removes the saves of a kind that newer durable ones have pushed out.
  mutating func prune(_ level: Int) {
    guard saves[level].count > process.checkpoints[level].keeps else { return }
    saves[level].removeFirst(durableSaves(level).startIndex)
  }

  /// The leg of the save to which a loss spike leads, counted among all durable ones.
  private var limitOfSpike: Int {
    let back = process.spikes?.savesBack ?? 1
    let legs = saves.indices.flatMap { durableSaves($0).map(\.leg) }.sorted()
    let different = legs.enumerated().filter { $0 == 0 || legs[$0 - 1] != $1 }.map(\.element)
    return different.count < back ? 0 : different[different.count - back]
  }

  /// The class whose nodes a stop exchanges; nil if it exchanges none.
  private func exchange(_ stop: Stop) -> Int? {
    var index: Int?
    switch stop.cause {
    case .failure(let found), .corruption(let found): index = found
    case .eviction(let identity): index = slowNodes.first { $0.identity == identity }?.index
    case .spike, .maintenance: break
    }
    return index.flatMap { process.failures[$0].replacesNodes ? $0 : nil }
  }

  /// Marks the nodes that a stop exchanges as lost since training stopped. The others keep what is
  /// in their memory, as Gemini's (SOSP 2023) does when software fails.
  private mutating func markLost(_ stop: Stop) {
    guard exchange(stop) != nil, !stop.nodes.isEmpty else { return }
    if lostNodes.isEmpty { lostNodes = Array(repeating: false, count: process.nodes.count) }
    for node in stop.nodes { lostNodes[node] = true }
  }

  /// Whether saves of a kind survive the loss of these nodes.
  private func isLeft(_ spec: CheckpointLevel) -> Bool {
    spec.survival == .all || lostNodes.isEmpty || spec.survives(lostNodes)
  }

  /// Removes the saves that were lost with nodes.
  private mutating func forgetLost() {
    for level in saves.indices where !isLeft(process.checkpoints[level]) { saves[level] = [] }
  }

  /// From a stop until training goes on; returns the failure that interrupts it.
  private mutating func startAgain(
    after stop: Stop, load: Double
  ) -> Stop? {
    let times = process.restart
    let early = isExposed(.always)
    replace(stop)
    switch stop.cause {
    case .failure(let found):
      let seconds = process.failures[found].detection ?? times.detection
      if let stop = pass(seconds, .detection, isExposed: early) { return stop }
    case .eviction(let identity): slowNodes.removeAll { $0.identity == identity }
    case .corruption, .spike: break
    case .maintenance(let seconds): _ = pass(seconds, .maintenance, isExposed: false)
    }
    if case .maintenance = stop.cause {
    } else if let stop = pass(times.decision, .rescheduling, isExposed: early) {
      return stop
    }
    let load = waitForNodes() ? goBackAgain() ?? load : load
    if isExchangeDue {
      if let stop = pass(times.exchange, .rescheduling, isExposed: early) { return stop }
      isExchangeDue = false
    }
    if let stop = pass(times.container, .rescheduling, isExposed: early) { return stop }
    let late = isExposed(.load)
    if let stop = pass(load, .load, isExposed: late) { return stop }
    if let stop = pass(times.communicators, .communicators, isExposed: late) { return stop }
    return pass(times.warmUp, .warmUp, isExposed: late)
  }

  /// The nodes that a stop exchanges leave for repair, and with them what made them slow.
  private mutating func replace(_ stop: Stop) {
    guard let index = exchange(stop), !stop.nodes.isEmpty else { return }
    pool.lose(stop.nodes.count, at: now, repair: process.failures[index].repair)
    isExchangeDue = true
    let gone = slowNodes.filter { stop.nodes.contains($0.node) }.map(\.identity)
    slowNodes.removeAll { gone.contains($0.identity) }
    alarms.removeAll { $0.kind.slowNode.map(gone.contains) ?? false }
  }

  /// Waits until no node is missing; returns whether others failed meanwhile.
  private mutating func waitForNodes() -> Bool {
    var areLost = false
    pool.settle(until: now)
    while pool.missing > 0, let end = pool.nextReturn, !isEndless {
      let failing = process.spares?.failWhileWaiting == true
      if let stop = pass(end - now, .waiting, isExposed: failing) {
        markLost(stop)
        replace(stop)
        areLost = true
      }
      pool.settle(until: now)
    }
    return areLost
  }
}
