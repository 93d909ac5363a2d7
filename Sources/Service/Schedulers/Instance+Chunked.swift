// vLLM V1's scheduler: one step computes decodes and pieces of prompts up to a budget of tokens.
// Running requests come first, and take blocks from the last of them if none is free; then waiting
// requests are admitted as far as budget, seats and blocks last.
//
// Source: vLLM, vllm/v1/core/sched/scheduler.py.

extension Instance {
  mutating func planChunked(
    _ live: inout [LiveRequest], _ order: RequestOrder, _ store: inout CacheTier?
  ) {
    var budget = spec.tokenBudget
    planRunning(&live, order, &budget)
    // While memory is short, nobody enters.
    guard plan.preempted.isEmpty else { return }
    while budget > 0, running.count < spec.seats {
      if let loaded = arrived.first {
        arrived.removeFirst()
        let tokens = min(limited(live[loaded.index].behind), budget)
        run(loaded, cached: live[loaded.index].computed, tokens: tokens, &live, order, &budget)
        continue
      }
      guard let head = waiting.first else { break }
      if loadFromTiers(head, &live, order, &store) { continue }
      guard admitHead(head, &live, order, &budget) else { break }
    }
  }

  // MARK: Running requests

  private mutating func planRunning(
    _ live: inout [LiveRequest], _ order: RequestOrder, _ budget: inout Int
  ) {
    var position = 0
    while position < running.count, budget > 0 {
      let request = running[position]
      let state = live[request.index]
      var tokens = limited(state.behind + state.drafts)
      tokens = min(tokens, budget, longest - 1 - state.computed)
      guard tokens > 0 else {
        position += 1
        continue
      }
      // Drafts count twice: as tokens, and as the look-ahead of the next step's drafts.
      let reach = min(state.computed + tokens + drafts, longest)
      let wanted = cache.blocks(for: reach) - state.held
      while wanted > cache.free {
        let victim = removeVictim(&live, order, &budget, &position)
        if victim == request { return }
      }
      extend(request, to: reach, &live)
      register(
        request, filled: min(state.computed + tokens, state.tokens), &live,
        order.requests[request.index].content)
      plan.rows.append(
        StepPlan.Row(
          request: request, tokens: tokens, context: state.computed, isPrompt: state.behind != 1,
          drafts: max(0, tokens - state.behind)))
      budget -= tokens
      position += 1
    }
  }

  /// Preempts the last request, or the least urgent; tokens that it had in this step return to the
  /// budget.
  private mutating func removeVictim(
    _ live: inout [LiveRequest], _ order: RequestOrder, _ budget: inout Int,
    _ position: inout Int
  ) -> RequestID {
    var place = running.count - 1
    if spec.usesPriority {
      place = 0
      for other in running.indices.dropFirst()
      where order.comesBefore(running[place], running[other]) {
        place = other
      }
    }
    let victim = running.remove(at: place)
    if let row = plan.rows.firstIndex(where: { $0.request == victim }) {
      budget += plan.rows[row].tokens
      plan.rows.remove(at: row)
    }
    if place < position { position -= 1 }
    preempt(victim, &live)
    if spec.usesPriority {
      waiting.insert(victim, order.comesBefore)
    } else {
      waiting.prepend(victim)
    }
    return victim
  }

  /// Tokens of one request in a step, at most.
  func limited(_ tokens: Int) -> Int {
    spec.longPromptThreshold > 0 ? min(tokens, spec.longPromptThreshold) : tokens
  }

  // MARK: Waiting requests

  /// Admits the head of the queue, or starts to load its cache; false if it does not fit.
  private mutating func admitHead(
    _ head: RequestID, _ live: inout [LiveRequest], _ order: RequestOrder, _ budget: inout Int
  ) -> Bool {
    let state = live[head.index]
    let loads = role == .decode && state.state == .waiting
    let hits = self.hits(head, live, order)
    let cached = hits.count * cache.blockSize
    var tokens = loads ? state.tokens - cached : limited(state.tokens - cached)
    if !loads {
      if !spec.chunksPrompts, tokens > budget { return false }
      tokens = min(tokens, budget)
    }
    let taken = cache.freeCount(of: hits)
    let wanted = cache.blocks(for: cached + tokens) - hits.count + taken
    guard wanted <= cache.free else { return false }
    if spec.reservesFullPrompt, !loads {
      let whole = cache.blocks(for: state.tokens) - hits.count + taken
      guard whole <= cache.free else { return false }
    }
    waiting.removeFirst()
    cache.hold(hits)
    live[head.index].blocks = hits
    live[head.index].held = hits.count
    rememberHits(head, hits.count, &live, order)
    if loads {
      extend(head, to: state.tokens, &live)
      live[head.index].state = .moving
      live[head.index].isLoading = true
      loading += 1
      plan.loads.append((head, tokens))
    } else {
      live[head.index].computed = cached
      run(head, cached: cached, tokens: tokens, &live, order, &budget)
    }
    return true
  }

  /// Adds a row for a request that begins to run.
  private mutating func run(
    _ request: RequestID, cached: Int, tokens: Int, _ live: inout [LiveRequest],
    _ order: RequestOrder, _ budget: inout Int
  ) {
    extend(request, to: cached + tokens, &live)
    register(
      request, filled: cached + tokens, &live, order.requests[request.index].content)
    plan.rows.append(
      StepPlan.Row(
        request: request, tokens: tokens, context: cached,
        isPrompt: live[request.index].behind != 1))
    running.append(request)
    admit(request, cached: cached, &live)
    budget -= tokens
  }

  /// Cached blocks of the first tokens of a request; the last token is always computed. With drafts
  /// the last hit is dropped, because the draft module needs the state before it.
  func hits(
    _ request: RequestID, _ live: [LiveRequest], _ order: RequestOrder
  ) -> [Int32] {
    guard cache.isCaching else { return [] }
    let state = live[request.index]
    let hashes = PrefixHash(
      request, order.requests[request.index].content, prompt: state.prompt,
      blockSize: cache.blockSize)
    var hits = cache.hits(limit: (state.tokens - 1) / cache.blockSize, hashes.hash)
    if drafts > 0, !hits.isEmpty { hits.removeLast() }
    return hits
  }

  /// Notes the hash of the last block of a request's hits.
  func rememberHits(
    _ request: RequestID, _ count: Int, _ live: inout [LiveRequest], _ order: RequestOrder
  ) {
    guard cache.isCaching else { return }
    let hashes = PrefixHash(
      request, order.requests[request.index].content, prompt: live[request.index].prompt,
      blockSize: cache.blockSize)
    var hash: UInt64 = 0
    for block in 0..<count { hash = hashes.hash(ofBlock: block, parent: hash) }
    live[request.index].chain = hash
    live[request.index].hashed = count
  }
}
