// Failures of units. A fault stops the step; nobody knows until it is detected. Then everything in
// the unit is gone: its requests are lost, or start again elsewhere, and its caches are empty when
// it returns.

import EventKernel
import Units

extension ServiceEngine {
  /// A fault stops a unit.
  mutating func fail(_ unit: Int) {
    units[unit].faultEvent = nil
    guard units[unit].isServing else { return }
    stopBetweenSteps(unit)
    catchUp(unit)
    if let event = units[unit].event { kernel.cancel(event) }
    units[unit].event = nil
    if units[unit].state == .stepping { abortStep(of: unit) }
    for index in units[unit].instances {
      instances[index].quiet = QuietRun()
      instances[index].plan.clear()
      meterCache(index)
    }
    countUp(unit)
    units[unit].stall = .zero
    units[unit].standsUntil = .zero
    units[unit].state = .failed
    // What was on its way has no end there any more; its requests wait until the fault is detected.
    for index in live.indices where isSending(live[index], with: unit) {
      cancelTransfers(of: RequestID(index))
    }
    schedule(after: setup.failures.detection, .detection(unit: Int32(unit)))
  }

  /// Whether a part of a request's cache is on its way to or from a unit.
  private func isSending(_ state: LiveRequest, with unit: Int) -> Bool {
    guard let transfer = state.moving else { return false }
    return [transfers[transfer].source, transfers[transfer].target].contains { unitOf[$0] == unit }
  }

  private mutating func abortStep(of unit: Int) {
    let pool = units[unit].pool
    pools[pool].steps -= units[unit].steps - 1
    countBusy(unit)
    guard let steps = log?.steps.indices else { return }
    for step in steps.reversed() where log?.steps[step].start == units[unit].start {
      guard let index = log?.steps[step].instance, unitOf[index] == unit else { continue }
      log?.steps[step].aborted = now
    }
  }

  /// A failure is detected: its requests leave the unit.
  mutating func detectFailure(of unit: Int) {
    units[unit].state = .down
    upCache.removeAll()
    for index in live.indices where concerns(live[index], unit) {
      evacuate(RequestID(index))
    }
    for index in units[unit].instances {
      instances[index].cache.clear()
      instances[index].host?.clear()
      instances[index].isFull = false
      instances[index].estimate.reset()
    }
    replaceHost(of: unit)
    if units[unit].isDraining { leaveIfEmpty(unit) }
  }

  /// A unit returns with empty caches.
  mutating func recover(_ unit: Int) {
    guard units[unit].state == .down else { return }
    begin(unit)
  }

  /// Whether a part of a request is in a unit.
  private mutating func concerns(_ state: LiveRequest, _ unit: Int) -> Bool {
    switch state.state {
    case .ended, .held, .retrying: return false
    case .reserving, .waiting, .running, .preempted, .moving: break
    }
    let places = [state.instance, state.decodeInstance, state.exported?.instance]
    return places.contains { $0.map { unitOf[$0] == unit } ?? false }
  }

  /// Takes a request out of every instance that has a part of it, and applies the rule for it.
  private mutating func evacuate(_ request: RequestID) {
    leaveInstances(request)
    switch setup.failures.rule {
    case .lost:
      end(request, .lost(.instanceFailed))
    case .retry, .migrate:
      retry(request)
    }
  }

  /// Takes a request out of every instance that has a part of it, if there is one.
  mutating func leaveInstances(_ request: RequestID) {
    countQueueingInVain(of: request)
    cancelTransfers(of: request)
    releaseExport(of: request)
    let state = live[request.index]
    if let index = state.instance {
      // Blocks are given back in the order in which they were taken and freed.
      catchUp(instance: index)
      router.release(request, from: index)
      instances[index].remove(request)
      if state.isLoading { instances[index].loading -= 1 }
      if state.state == .reserving { instances[index].assigned -= 1 }
      meterCache(index)
      instances[index].release(request, &live)
      meterCache(index)
      wake(unitOf[index])
    }
    guard let decode = state.decodeInstance else { return }
    if decode != state.instance {
      router.release(request, from: decode)
      instances[decode].assigned -= 1
      instances[decode].reserving.remove(request)
    }
    guard setup.handover == .push else { return }
    if state.reserved > 0 {
      meterCache(decode)
      instances[decode].cache.release([], count: state.reserved)
      meterCache(decode)
      live[request.index].reserved = 0
    }
    if state.reserved > 0 || decode == state.instance { instances[decode].holders -= 1 }
    reservers.append(decode)
  }

  private mutating func retry(_ request: RequestID) {
    let index = request.index
    if let limit = setup.failures.retryLimit, outcomes[index].retries >= limit {
      end(request, .lost(.instanceFailed))
      return
    }
    let delay = setup.failures.delay(ofRetry: outcomes[index].retries)
    outcomes[index].retries += 1
    var state = LiveRequest(requests[index])
    state.hasArrived = true
    state.verifications = live[index].verifications
    state.timeout = live[index].timeout
    if setup.failures.rule == .migrate {
      // A token that prefill made and nobody has seen is gone.
      state.made = outcomes[index].tokens
    } else {
      outcomes[index].firstToken = nil
      outcomes[index].lastToken = nil
      outcomes[index].tokens = 0
      outcomes[index].chunks = 0
      closeGaps(of: request, count: false)
      if !moments.isEmpty { moments[index].removeAll() }
      log?.chunks.removeAll { $0.request == request }
    }
    state.state = .retrying
    live[index] = state
    startTimeout(of: request)
    if delay == .zero {
      instant.returning.append(request)
    } else {
      schedule(after: delay, .returning(request: Int32(index)))
    }
  }
}

extension Instance {
  /// Removes a request from queues, running requests and the step that runs.
  mutating func remove(_ request: RequestID) {
    waiting.remove(request)
    arrived.remove(request)
    running.removeAll { $0 == request }
    joining.removeAll { $0 == request }
    plan.rows.removeAll { $0.request == request }
    if chunked == request { chunked = nil }
  }
}

extension FailureSpec {
  /// The wait before a retry, from 0 on.
  func delay(ofRetry number: Int) -> SimDuration {
    var delay = backoff
    for _ in 0..<number where delay < longestBackoff {
      let next = Double(delay.picoseconds) * backoffFactor
      delay =
        next < Double(longestBackoff.picoseconds)
        ? SimDuration(picoseconds: Int64(next)) : longestBackoff
    }
    return min(delay, max(longestBackoff, backoff))
  }
}
