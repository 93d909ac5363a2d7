// From arrival to the queue of an instance.

import Units

extension ServiceEngine {
  /// A request arrives, or returns after a failure.
  mutating func enter(_ request: RequestID) {
    if !live[request.index].hasArrived {
      live[request.index].hasArrived = true
      sample.arrived += 1
      startTimeout(of: request)
    }
    if let reason = refusal(of: request) {
      // What was accepted and no longer fits, with the tokens it has made, is not rejected.
      let isReturning = outcomes[request.index].retries > 0
      end(request, isReturning ? .lost(.instanceFailed) : .rejected(reason))
      return
    }
    let isApart = setup.pools.count > 1
    let up = candidates(isApart ? .prefill : .colocated)
    let decodesUp = isApart ? candidates(.decode) : up
    guard !up.isEmpty, !decodesUp.isEmpty else {
      live[request.index].state = .held
      live[request.index].missingPool = up.isEmpty ? 0 : 1
      live[request.index].queuedSince = now
      held.append(request)
      return
    }
    let first = choose(request, among: up, pool: 0)
    if let limit = instances[first].spec.queueLimit, instances[first].waitingCount >= limit {
      router.release(request, from: first)
      end(request, .rejected(.queueFull))
      return
    }
    live[request.index].instance = first
    guard isApart else {
      enqueue(request)
      return
    }
    outcomes[request.index].prefillInstance = first
    let decode = choose(request, among: decodesUp, pool: 1)
    live[request.index].decodeInstance = decode
    live[request.index].target = live[request.index].made + 1
    instances[decode].assigned += 1
    switch setup.handover {
    case .pull: enqueue(request)
    case .push:
      live[request.index].state = .reserving
      live[request.index].queuedSince = now
      // Others that choose at this instant are to see it there.
      instances[first].assigned += 1
      instances[decode].reserving.append(request)
      reservers.append(decode)
    }
  }

  /// Puts a request into the queue of its instance.
  mutating func enqueue(_ request: RequestID) {
    guard let index = live[request.index].instance else { return }
    live[request.index].state = .waiting
    addWaiting(request, to: index)
  }

  /// Puts a request into the queue of an instance.
  mutating func addWaiting(_ request: RequestID, to index: Int) {
    live[request.index].queuedSince = now
    startTimeout(of: request)
    if instances[index].spec.usesPriority {
      instances[index].waiting.insert(request, order.comesBefore)
    } else {
      instances[index].waiting.append(request)
    }
    interruptIfAdmissible(index)
    wake(unitOf[index])
  }

  /// Ends quiet steps if a seat is free for somebody who has just come.
  mutating func interruptIfAdmissible(_ index: Int) {
    guard instances[index].quiet.left > 0 else { return }
    if instances[index].running.count < instances[index].spec.seats { interrupt(index) }
  }

  /// Instances of a role that take requests, as far as is known.
  private mutating func candidates(_ role: PoolSpec.Role) -> [Int] {
    upCache[role] ?? findCandidates(role)
  }

  private mutating func findCandidates(_ role: PoolSpec.Role) -> [Int] {
    let up = instances.indices.filter { index in
      let unit = units[unitOf[index]]
      return instances[index].role == role && unit.isUp && !unit.isDraining
    }
    upCache[role] = up
    return up
  }

  private mutating func choose(_ request: RequestID, among up: [Int], pool: Int) -> Int {
    if router.readsCaches { for index in up { catchUp(instance: index) } }
    let choice = router.choose(
      request, live[request.index], requests[request.index], among: up, pool: pool, instances)
    router.take(
      request, live[request.index], requests[request.index], instances[choice.instance])
    log?.choices.append(
      StepLog.Choice(request: request, scores: choice.fractions, instance: choice.instance))
    return choice.instance
  }

  // MARK: Refusals

  /// Why a request can never be served; nil if it can.
  private mutating func refusal(of request: RequestID) -> RequestOutcome.Rejection? {
    let state = live[request.index]
    for kind in kinds {
      let longest = kind.scheduler.longest ?? Int.max
      if state.prompt + state.output > longest { return .tooLong }
    }
    for kind in kinds where exceeds(kind, state) {
      return .neverFits
    }
    return nil
  }

  /// Whether a request alone needs more than the cache of an instance. What it made before a
  /// failure is computed again like its prompt; prefill makes one token after that.
  private mutating func exceeds(_ each: ServiceSetup.InstanceSetup, _ state: LiveRequest) -> Bool {
    let prompt = state.tokens
    let output = each.role == .prefill ? 1 : state.output - state.made + each.drafts
    let size = each.blockSize
    let room = each.blocks * size
    switch each.scheduler.policy {
    case .fcfs:
      return (prompt + output + size - 1) / size > each.blocks
    case .vllm:
      let reach = min(prompt + output + each.drafts, each.scheduler.longest ?? Int.max)
      return (reach + size - 1) / size > each.blocks
    case .sglang:
      if each.role == .decode {
        return prompt + max(each.scheduler.reservedTokens, output) > room
      }
      return prompt + min(output, OutputEstimate.longest) + size >= room
        || prompt + output > room
    }
  }
}
