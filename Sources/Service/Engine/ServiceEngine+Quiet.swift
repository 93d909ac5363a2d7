// Steps in which nothing happens but that every running request makes a token. The instance counts
// them; its requests catch up when something changes. A unit with one instance runs many of them as
// one event, whose time is an exact arithmetic series.

import EventKernel
import Units

extension QuietRun {
  /// Counts steps that have ended.
  mutating func advance(_ steps: Int) {
    left -= steps
    done += steps
    context += rows * steps
  }
}

extension Instance {
  /// The sizes of its next step: planned, or as known.
  var shape: StepShape {
    guard quiet.left > 0 else { return plan.shape }
    var shape = StepShape()
    shape.decodes = quiet.rows
    shape.decodeTokens = quiet.rows
    shape.decodeContext = quiet.context
    return shape
  }

  /// Share of its blocks that are held.
  var cacheUse: Double {
    cache.total > 0 ? Double(cache.total - cache.free) / Double(cache.total) : 0
  }

  /// Steps that will be like the last one, whose rows were exactly the running requests.
  func quietSteps(_ live: [LiveRequest]) -> Int {
    guard drafts == 0, joining.isEmpty, chunked == nil, arrived.isEmpty, admitsNobody(live) else {
      return 0
    }
    if spec.policy == .vllm, running.count > spec.tokenBudget { return 0 }
    // The step that ends a request is planned.
    var steps = Int.max
    for request in running {
      let state = live[request.index]
      steps = min(steps, state.target - state.made - 1)
    }
    while steps > 0, blocksWanted(steps: steps, live) > cache.free { steps /= 2 }
    return steps
  }

  /// Whether no waiting request could be admitted while nothing ends.
  private func admitsNobody(_ live: [LiveRequest]) -> Bool {
    switch spec.policy {
    case .sglang:
      return role == .decode
        ? waiting.isEmpty || running.count >= spec.seats : waiting.isEmpty || isFull
    case .fcfs, .vllm:
      return waiting.isEmpty || running.count >= spec.seats
    }
  }

  private func blocksWanted(steps: Int, _ live: [LiveRequest]) -> Int {
    running.reduce(0) { sum, request in
      let state = live[request.index]
      return sum + max(0, cache.blocks(for: state.computed + steps) - state.held)
    }
  }
}

extension ServiceEngine {
  /// Foresees quiet steps after a planned one.
  mutating func expectQuiet(_ index: Int, _ plan: StepPlan) {
    guard instances[index].drafts == 0, log == nil,
      plan.rows.count == instances[index].running.count
    else {
      return
    }
    guard plan.rows.allSatisfy({ !$0.isPrompt }) else { return }
    let steps = instances[index].quietSteps(live)
    guard steps > 0, !instances[index].running.isEmpty else { return }
    var quiet = QuietRun()
    quiet.left = steps
    quiet.rows = instances[index].running.count
    var counts = Array(repeating: 0, count: setup.classes)
    for request in instances[index].running {
      quiet.context += live[request.index].computed
      counts[requests[request.index].trafficClass] += 1
    }
    instances[index].quiet = quiet
    instances[index].classCounts = counts
  }

  /// Brings the requests of an instance up to date.
  ///
  /// - Precondition: the instance is between steps, or its current step has not been counted.
  mutating func settle(_ index: Int, at time: SimTime? = nil) {
    let steps = instances[index].quiet.done
    guard steps > 0 else { return }
    instances[index].quiet.done = 0
    let time = time ?? now
    extendBlocks(index, steps: steps)
    for request in instances[index].running {
      live[request.index].computed += steps
      live[request.index].made += steps
      outcomes[request.index].tokens += steps
      outcomes[request.index].chunks += steps
      outcomes[request.index].lastToken = time
    }
    shareGaps(of: index)
    if instances[index].spec.policy == .sglang {
      instances[index].estimate.decline(steps: steps)
    }
  }

  /// Allocates the blocks of quiet steps in the order in which they were needed.
  private mutating func extendBlocks(_ index: Int, steps: Int) {
    guard instances[index].cache.isCaching else {
      for place in instances[index].running.indices {
        let request = instances[index].running[place]
        let tokens = live[request.index].computed + steps
        instances[index].extend(request, to: tokens, &live)
      }
      return
    }
    let running = instances[index].running
    let size = instances[index].cache.blockSize
    var crossings: [(step: Int, place: Int)] = []
    for (place, request) in running.enumerated() {
      let computed = live[request.index].computed
      var next = (computed / size + 1) * size
      if computed % size == 0 { next = computed + 1 } else { next += 1 }
      while next <= computed + steps {
        crossings.append((next - computed, place))
        next += size
      }
    }
    crossings.sort { ($0.step, $0.place) < ($1.step, $1.place) }
    for (step, place) in crossings {
      let request = running[place]
      let tokens = live[request.index].computed + step
      register(request, index, filled: tokens - 1)
      instances[index].extend(request, to: tokens, &live)
    }
    for request in running {
      register(request, index, filled: live[request.index].computed + steps)
    }
  }

  private mutating func register(_ request: RequestID, _ index: Int, filled: Int) {
    instances[index].register(
      request, filled: filled, &live, requests[request.index].content)
  }

  /// Brings all instances of a unit up to date.
  mutating func catchUp(_ unit: Int) {
    for index in units[unit].instances { catchUp(instance: index) }
  }

  /// Brings an instance up to date: steps that have ended are counted, and the one that runs has
  /// its blocks.
  mutating func catchUp(instance index: Int) {
    let unit = unitOf[index]
    countEndedSteps(of: index, unit)
    guard units[unit].state == .stepping, units[unit].start < now else { return }
    if instances[index].quiet.left > 0 { extendBlocks(index, steps: 1) }
  }

  /// Splits steps that run as one.
  private mutating func countEndedSteps(of index: Int, _ unit: Int) {
    guard units[unit].state == .stepping, let line = units[unit].line else {
      settle(index, at: units[unit].state == .stepping ? units[unit].start : now)
      return
    }
    let rows = instances[index].quiet.rows
    let elapsed = (now - units[unit].start).picoseconds
    var (low, high) = (0, units[unit].steps)
    while low + 1 < high {
      let middle = (low + high) / 2
      if line.total(steps: middle, rows: rows) <= elapsed { low = middle } else { high = middle }
    }
    guard low > 0 else {
      settle(index, at: units[unit].start)
      return
    }
    let passed = SimDuration(picoseconds: line.total(steps: low, rows: rows))
    account(index, from: units[unit].start, steps: low, line: line)
    instances[index].quiet.advance(low)
    let pool = units[unit].pool
    pools[pool].busyGPUSeconds += passed.seconds * Double(pools[pool].gpusPerUnit)
    units[unit].start = units[unit].start + passed
    units[unit].steps -= low
    units[unit].line?.start += line.perToken * Int64(rows) * Int64(low)
    settle(index, at: units[unit].start)
  }

  /// Ends quiet steps of an instance with the one that runs now: something is to be planned.
  mutating func interrupt(_ index: Int) {
    guard instances[index].quiet.left > 0 else { return }
    let unit = unitOf[index]
    stopBetweenSteps(unit)
    guard units[unit].state == .stepping else {
      instances[index].quiet.left = 0
      return
    }
    if units[unit].steps > 1, let line = units[unit].line {
      pools[units[unit].pool].steps -= units[unit].steps - 1
      units[unit].steps = 1
      kernel.reschedule(
        &units[unit].event, at: units[unit].start + SimDuration(picoseconds: line.start),
        .stepEnd(unit: Int32(unit)))
    }
    instances[index].quiet.left = min(1, instances[index].quiet.left)
  }

  /// Counts the steps that have ended; if the next of several would start now, it is to be planned.
  mutating func stopBetweenSteps(_ unit: Int) {
    guard units[unit].state == .stepping, units[unit].line != nil else { return }
    catchUp(unit)
    guard units[unit].start == now else { return }
    if let event = units[unit].event { kernel.cancel(event) }
    units[unit].event = nil
    pools[units[unit].pool].steps -= units[unit].steps
    units[unit].state = .idle
    units[unit].line = nil
    wake(unit)
  }
}
