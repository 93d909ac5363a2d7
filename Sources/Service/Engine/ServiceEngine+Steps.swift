// Steps of units: their start, their time and their end. The instances of a unit plan apart, start
// together, and end when the slowest has ended.

import EventKernel
import Units

extension ServiceEngine {
  /// Lets a unit look for work at the end of the instant.
  mutating func wake(_ unit: Int) {
    guard !units[unit].isDirty else { return }
    units[unit].isDirty = true
    dirty.append(unit)
  }

  /// Starts steps of the idle units that may have work.
  mutating func startUnits() {
    while !dirty.isEmpty {
      let ready = dirty.sorted()
      dirty.removeAll(keepingCapacity: true)
      for unit in ready {
        units[unit].isDirty = false
        if units[unit].state == .idle { startStep(of: unit) }
        if units[unit].isDraining { leaveIfEmpty(unit) }
      }
    }
  }

  // MARK: Start

  private mutating func startStep(of unit: Int) {
    var hasRows = false
    var load = UnitShape(meanTokens: 0, imbalance: imbalance[unit], hasPrompts: false)
    var tokens = 0
    for index in units[unit].instances {
      form(index)
      let shape = instances[index].shape
      hasRows = hasRows || shape.tokens > 0
      load.hasPrompts = load.hasPrompts || shape.prefillTokens > 0
      tokens += shape.tokens
    }
    guard hasRows else { return }
    load.meanTokens = Double(tokens) / Double(units[unit].instances.count)
    units[unit].state = .stepping
    units[unit].start = now
    units[unit].steps = 1
    units[unit].line = nil
    units[unit].stood = standstill(of: unit)
    var duration =
      units[unit].instances.count == 1
      ? timeAlone(unit, load) : timeTogether(unit, load)
    duration += units[unit].stood.picoseconds
    pools[units[unit].pool].steps += units[unit].steps
    guard let end = moment(after: SimDuration(picoseconds: duration)) else { return }
    units[unit].event = kernel.schedule(at: end, .stepEnd(unit: Int32(unit)))
    logStep(of: unit, end: end, load)
  }

  /// Forms the step of an instance, unless it is known.
  private mutating func form(_ index: Int) {
    if instances[index].quiet.left > 0 { return }
    settle(index)
    if instances[index].isEmpty {
      instances[index].rest()
      return
    }
    meterCache(index)
    var preempted: [RequestID] = []
    while true {
      instances[index].formStep(&live, order, &stores[instances[index].place.pool])
      note(index)
      guard instances[index].plan.rows.isEmpty, !instances[index].plan.preempted.isEmpty else {
        break
      }
      preempted += instances[index].plan.preempted
    }
    if !preempted.isEmpty { instances[index].plan.preempted.insert(contentsOf: preempted, at: 0) }
    meterCache(index)
    writeToStore(index)
  }

  /// Writes the blocks that have become known on an instance to the store of its pool.
  private mutating func writeToStore(_ index: Int) {
    guard !instances[index].storeWrites.isEmpty else { return }
    let pool = instances[index].place.pool
    for hash in instances[index].storeWrites { stores[pool]?.write(hash) }
    instances[index].storeWrites.removeAll(keepingCapacity: true)
  }

  /// Notes what a plan decided.
  private mutating func note(_ index: Int) {
    // Taken out, so that the engine may change while it is read.
    var plan = StepPlan()
    swap(&plan, &instances[index].plan)
    defer { swap(&plan, &instances[index].plan) }
    let pool = instances[index].place.pool
    for request in plan.preempted {
      live[request.index].queuedSince = now
      startTimeout(of: request)
      outcomes[request.index].preemptions += 1
      pools[pool].preemptions += 1
    }
    for (request, cached) in plan.admitted {
      if outcomes[request.index].cachedTokens == nil {
        outcomes[request.index].cachedTokens = cached
      }
      if outcomes[request.index].firstScheduled == nil {
        outcomes[request.index].firstScheduled = now
      }
      if instances[index].role != .decode, !live[request.index].isSwappedIn {
        pools[pool].cachedPromptTokens += cached
      }
      live[request.index].isSwappedIn = false
      countQueueing(of: request, pool)
      cancelTimeout(of: request)
    }
    for (request, tokens) in plan.loads { startLoad(request, tokens: tokens, to: index) }
    for (request, host, store) in plan.tierLoads {
      startTierLoad(request, host: host, store: store, on: index)
    }
    pools[pool].peakUse = max(pools[pool].peakUse, instances[index].cacheUse)
  }

  /// The time of the step of a unit's only instance; of several steps if they are alike.
  private mutating func timeAlone(_ unit: Int, _ load: UnitShape) -> Int64 {
    let index = units[unit].instances.lowerBound
    let shape = instances[index].shape
    let pool = units[unit].pool
    let quiet = instances[index].quiet
    guard quiet.left > 1, units[unit].stood == .zero else {
      let time = laws[pool].time(of: shape, in: load)
      units[unit].slowest = time
      units[unit].mean = Double(time)
      return time
    }
    let line = laws[pool].line(of: shape, in: load)
    units[unit].line = line
    let steps = min(quiet.left, max(1, (line.limit - quiet.context) / max(1, quiet.rows) + 1))
    units[unit].steps = line.steps(upTo: steps, rows: quiet.rows, in: ServiceClock.end - now)
    return line.total(steps: units[unit].steps, rows: quiet.rows)
  }

  /// The longest time of a unit's instances; only those are asked for that no other exceeds in
  /// every size.
  private mutating func timeTogether(_ unit: Int, _ load: UnitShape) -> Int64 {
    largest.removeAll(keepingCapacity: true)
    var sum = StepShape()
    for index in units[unit].instances {
      let shape = instances[index].shape
      guard shape.tokens > 0 else { continue }
      sum.add(shape)
      if largest.contains(where: { $0.covers(shape) }) { continue }
      largest.removeAll { shape.covers($0) }
      largest.append(shape)
    }
    let pool = units[unit].pool
    var slowest: Int64 = 0
    for shape in largest { slowest = max(slowest, laws[pool].time(of: shape, in: load)) }
    units[unit].slowest = slowest
    // Times of prompts are dear: of their steps every fourth is compared.
    let isCompared = !load.hasPrompts || pools[pool].steps % 4 == 0
    let even = sum.divided(by: units[unit].instances.count)
    units[unit].mean =
      isCompared && even.tokens > 0 ? Double(laws[pool].time(of: even, in: load)) : nil
    return slowest
  }

  private mutating func logStep(of unit: Int, end: SimTime, _ load: UnitShape) {
    guard log != nil else { return }
    let together = units[unit].instances.count > 1
    for index in units[unit].instances where !instances[index].plan.rows.isEmpty {
      let instance = instances[index]
      let own = laws[units[unit].pool].time(of: instance.shape, in: load)
      log?.steps.append(
        StepLog.Step(
          instance: index, start: now, end: end, rows: instance.plan.rows,
          admitted: instance.plan.admitted, preempted: instance.plan.preempted,
          freeBlocks: instance.cache.free,
          ownTime: together ? SimDuration(picoseconds: own) : nil))
    }
  }

  // MARK: End

  /// Ends the step of a unit, or the last of several alike.
  mutating func endStep(of unit: Int) {
    units[unit].event = nil
    units[unit].state = .idle
    let pool = units[unit].pool
    countBusy(unit)
    if units[unit].line == nil, let mean = units[unit].mean {
      pools[pool].slowestSeconds += Double(units[unit].slowest) * 1e-12
      pools[pool].evenSeconds += mean * 1e-12
    }
    for index in units[unit].instances {
      if instances[index].quiet.left > 0 {
        endQuietSteps(of: index, unit)
      } else {
        endPlannedStep(of: index)
      }
    }
    units[unit].line = nil
    units[unit].standsUntil = now + units[unit].stall
    units[unit].stall = .zero
    wake(unit)
  }

  /// Counts the time for which a step has run.
  mutating func countBusy(_ unit: Int) {
    let passed = now - units[unit].start
    let busy = max(.zero, passed - units[unit].stood)
    pools[units[unit].pool].busyGPUSeconds +=
      busy.seconds * Double(pools[units[unit].pool].gpusPerUnit)
  }

  private mutating func endQuietSteps(of index: Int, _ unit: Int) {
    let steps = units[unit].steps
    account(index, from: units[unit].start, steps: steps, line: units[unit].line)
    instances[index].quiet.advance(steps)
  }

  /// Counts the tokens and gaps of quiet steps that end now or, with a line, one after another.
  mutating func account(_ index: Int, from start: SimTime, steps: Int, line: StepSeries?) {
    let quiet = instances[index].quiet
    let pool = instances[index].place.pool
    pools[pool].outputTokens += quiet.rows * steps
    sample.outputTokens += quiet.rows * steps
    if !moments.isEmpty { keepMoments(index, from: start, steps: steps, line: line) }
    var series = GapSeries(first: now - start)
    if let line {
      series.first = SimDuration(picoseconds: line.start)
      series.growth = SimDuration(picoseconds: line.perToken * Int64(quiet.rows))
      series.steps = steps
    }
    keepGaps(series, of: index)
    if let line {
      let seconds = Double(line.total(steps: steps, rows: quiet.rows)) * 1e-12
      pools[pool].slowestSeconds += seconds
      pools[pool].evenSeconds += seconds
    }
  }

  /// Keeps the moments at which the requests of quiet steps were shown tokens.
  private mutating func keepMoments(
    _ index: Int, from start: SimTime, steps: Int, line: StepSeries?
  ) {
    let rows = instances[index].quiet.rows
    for step in 1...steps {
      let passed = line.map { SimDuration(picoseconds: $0.total(steps: step, rows: rows)) }
      let time = passed.map { start + $0 } ?? now
      for request in instances[index].running { moments[request.index].append(time) }
    }
  }

  private mutating func endPlannedStep(of index: Int) {
    guard !instances[index].plan.rows.isEmpty else { return }
    var plan = StepPlan()
    swap(&plan, &instances[index].plan)
    let pool = instances[index].place.pool
    meterCache(index)
    var ended = false
    for row in plan.rows {
      let request = row.request
      if row.isPrompt { pools[pool].computedPromptTokens += row.tokens }
      let before = live[request.index].tokens
      live[request.index].computed += row.tokens
      let isSampled = row.context + row.tokens >= before
      if isSampled { ended = sampleTokens(row, index) || ended }
      if setup.handover == .push, instances[index].role == .prefill {
        sendPiece(row, from: index, isLast: isSampled)
      }
    }
    if ended {
      instances[index].running.removeAll { request in
        live[request.index].state != .running || live[request.index].instance != index
      }
      instances[index].isFull = false
    }
    meterCache(index)
    expectQuiet(index, plan)
    plan.rows.removeAll(keepingCapacity: true)
    swap(&plan, &instances[index].plan)
  }

  /// Counts the use of an instance's cache since the last time: the mean of then and now, because
  /// it grows evenly in quiet steps. What changes it at once counts it before and after.
  mutating func meterCache(_ index: Int) {
    let (time, blocks) = instances[index].metered
    let held = instances[index].cache.total - instances[index].cache.free
    if time < now {
      pools[instances[index].place.pool].usedTokenSeconds +=
        Double((blocks + held) * instances[index].cache.blockSize) / 2 * (now - time).seconds
    }
    instances[index].metered = (now, held)
  }

  /// Counts a request's time in a queue that it leaves.
  mutating func countQueueing(of request: RequestID, _ pool: Int) {
    pools[pool].queuedRequestSeconds += (now - live[request.index].queuedSince).seconds
  }

  /// Counts a request's time in the queue where it is, if it is in one, or without a unit: it is
  /// not served there.
  mutating func countQueueingInVain(of request: RequestID) {
    let state = live[request.index]
    let pool: Int?
    switch state.state {
    case .held: pool = state.missingPool
    case .reserving: pool = state.decodeInstance.map { instances[$0].place.pool }
    case .waiting, .preempted:
      pool = state.isLoading ? nil : state.instance.map { instances[$0].place.pool }
    case .running, .moving, .retrying, .ended: pool = nil
    }
    if let pool { countQueueing(of: request, pool) }
  }

  /// Makes the tokens of a row whose sequence is computed; whether the request has ended here.
  private mutating func sampleTokens(_ row: StepPlan.Row, _ index: Int) -> Bool {
    let request = row.request
    var made = 1
    if row.drafts > 0 {
      let accepted = min(acceptedDrafts(request), row.drafts)
      outcomes[request.index].drafted += row.drafts
      outcomes[request.index].acceptedDrafts += accepted
      made += accepted
      live[request.index].computed -= row.drafts - accepted
    }
    made = min(made, live[request.index].target - live[request.index].made)
    live[request.index].made += made
    live[request.index].drafts = instances[index].drafts
    router.finishPrompt(request, on: index)
    let isDone = live[request.index].made == live[request.index].target
    if instances[index].role == .prefill {
      if setup.handover == .pull { offer(request, from: index) }
      return true
    }
    pools[instances[index].place.pool].outputTokens += made
    outcomes[request.index].decodeInstance = index
    show(request, tokens: made)
    if isDone {
      instances[index].release(request, &live)
      leaveDecode(request, index)
      end(request, .finished)
    } else if row.isPrompt, instances[index].spec.policy == .sglang {
      instances[index].joining.append(request)
    }
    return isDone
  }
}
