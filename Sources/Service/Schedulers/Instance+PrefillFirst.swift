// SGLang's scheduler: if a batch of prompts can be formed, a step computes only that; else all
// running requests decode. Admission estimates the output of those that run. If pages run out,
// requests are retracted to the end of the queue.
//
// Source: SGLang, python/sglang/srt/managers/schedule_policy.py (PrefillAdder), scheduler.py,
// schedule_batch.py (retract_decode).

extension Instance {
  mutating func planPrefillFirst(_ live: inout [LiveRequest]) {
    // After a mixed step its batch, prompts first, is the one that runs.
    running = hasMixed ? joining + running : running + joining
    hasMixed = false
    joining.removeAll(keepingCapacity: true)
    if role == .prefill { isFull = false }
    if role == .decode {
      joinArrived(&live)
    } else {
      planPrompts(&live)
      if !plan.rows.isEmpty {
        if spec.mixesChunks {
          hasMixed = !running.isEmpty
          addDecodes(&live)
        }
        return
      }
    }
    guard !running.isEmpty else { return }
    retract(&live)
    addDecodes(&live)
  }

  /// Pages that a running request needs for its next token and drafts.
  private func pagesWanted(_ request: RequestID, _ live: [LiveRequest]) -> Int {
    let tokens = live[request.index].computed + 1 + live[request.index].drafts
    return max(0, cache.blocks(for: tokens) - live[request.index].held)
  }

  /// Pages that the running requests need for their next tokens.
  private func pagesWanted(_ live: [LiveRequest]) -> Int {
    var pages = 0
    for request in running { pages += pagesWanted(request, live) }
    return pages
  }

  /// Adds a decode row for each running request. One that is alone and whose page is taken by
  /// caches on their way from prefill stands still.
  private mutating func addDecodes(_ live: inout [LiveRequest]) {
    for request in running {
      guard pagesWanted(request, live) <= cache.free else { continue }
      let (computed, drafts) = (live[request.index].computed, live[request.index].drafts)
      extend(request, to: computed + 1 + drafts, &live)
      plan.rows.append(
        StepPlan.Row(
          request: request, tokens: 1 + drafts, context: computed, isPrompt: false,
          drafts: drafts))
    }
  }

  /// Requests that were retracted resume when there is room for their caches, which are on the
  /// host; then those join whose caches have arrived.
  private mutating func joinArrived(_ live: inout [LiveRequest]) {
    while let head = arrived.first, running.count < spec.seats {
      let tokens = live[head.index].tokens
      guard cache.blocks(for: tokens) <= cache.free else { break }
      arrived.removeFirst()
      extend(head, to: tokens, &live)
      running.append(head)
      admit(head, cached: 0, &live)
    }
    while let head = waiting.first, running.count < spec.seats {
      waiting.removeFirst()
      running.append(head)
      admit(head, cached: 0, &live)
    }
  }

  // MARK: Retraction

  private mutating func retract(_ live: inout [LiveRequest]) {
    guard pagesWanted(live) > cache.free else {
      estimate.decline()
      return
    }
    sortByProgress(live)
    var isFirst = true
    while running.count > 1,
      isFirst || cache.free * cache.blockSize < running.count * spec.retractSteps
    {
      isFirst = false
      let victim = running.removeLast()
      let computed = live[victim.index].computed
      preempt(victim, &live)
      // A decode instance keeps the cache on the host; prompts are not computed there.
      if role == .decode {
        live[victim.index].computed = computed
        arrived.append(victim)
      } else {
        waiting.append(victim)
      }
    }
    if pagesWanted(live) > cache.free, let request = chunked {
      // The last one is never retracted; a prompt in pieces makes room for it.
      chunked = nil
      preempt(request, &live)
      waiting.prepend(request)
    }
    let made = running.reduce(0) { $0 + live[$1.index].made }
    let outputs = running.reduce(0) { $0 + live[$1.index].target }
    estimate.correct(
      made: made, steps: spec.retractSteps, requests: running.count, outputs: outputs)
    isFull = false
  }

  /// Sorts running requests by tokens made, then by length of the prompt, shortest first: the last
  /// ones are retracted.
  private mutating func sortByProgress(_ live: [LiveRequest]) {
    let places = running.enumerated().sorted { first, second in
      let (a, b) = (live[first.element.index], live[second.element.index])
      return (-a.made, a.prompt, first.offset) < (-b.made, b.prompt, second.offset)
    }
    running = places.map(\.element)
  }

  // MARK: Prompts

  /// What is left for prompts in a step.
  private struct Room {
    /// Tokens, after what running requests are expected to need; a fraction.
    var total: Ratio
    /// Free tokens now.
    var now: Int
    var input: Int
    var chunk: Int

    var isExhausted: Bool { total <= Ratio(0) || now <= 0 || input <= 0 || chunk <= 0 }

    mutating func charge(_ rounded: Int, page: Int, output: Int) {
      total = total - Ratio(rounded + page + output)
      now -= rounded + page
      input -= rounded
      chunk -= rounded
    }
  }

  private mutating func planPrompts(_ live: inout [LiveRequest]) {
    guard chunked != nil || !(isFull || waiting.isEmpty) else { return }
    var room = self.room(live)
    if let request = chunked {
      let behind = live[request.index].behind
      let tokens = min(behind, room.chunk, max(0, room.now))
      if tokens > 0 {
        addPrompt(request, tokens: tokens, isWhole: tokens == behind, &room, &live)
        if tokens == behind { chunked = nil }
      }
    }
    // The room for outputs is looked at even if the piece of a prompt has used up the chunk.
    while let head = waiting.first {
      if running.count + plan.rows.count >= spec.seats {
        isFull = true
        break
      }
      guard admitPrompt(head, &room, &live), !room.isExhausted else { break }
    }
  }

  /// Admits the head of the queue, whole or its first piece; false if it does not fit.
  private mutating func admitPrompt(
    _ head: RequestID, _ room: inout Room, _ live: inout [LiveRequest]
  ) -> Bool {
    let page = cache.blockSize
    let state = live[head.index]
    let output = min(state.target - state.made, OutputEstimate.longest)
    if Ratio(state.behind + output + page) >= room.total {
      isFull = true
      return false
    }
    let rounded = (state.behind + page - 1) / page * page
    if rounded >= room.input, !plan.rows.isEmpty { return false }
    if rounded <= room.chunk {
      waiting.removeFirst()
      admit(head, cached: 0, &live)
      addPrompt(head, tokens: state.behind, isWhole: true, &room, &live)
      return true
    }
    let piece = room.chunk / page * page
    guard piece > 0, chunked == nil else { return false }
    waiting.removeFirst()
    admit(head, cached: 0, &live)
    addPrompt(head, tokens: piece, isWhole: false, &room, &live)
    chunked = head
    return false
  }

  private mutating func addPrompt(
    _ request: RequestID, tokens: Int, isWhole: Bool, _ room: inout Room,
    _ live: inout [LiveRequest]
  ) {
    let page = cache.blockSize
    let state = live[request.index]
    extend(request, to: state.computed + tokens, &live)
    plan.rows.append(
      StepPlan.Row(request: request, tokens: tokens, context: state.computed, isPrompt: true))
    room.charge(
      (tokens + page - 1) / page * page, page: page,
      output: isWhole ? min(state.target - state.made, OutputEstimate.longest) : 0)
  }

  private func room(_ live: [LiveRequest]) -> Room {
    let rides = spec.mixesChunks ? running.count : 0
    let setAside = spec.mixesChunks ? pagesWanted(live) * cache.blockSize : 0
    let free = cache.free * cache.blockSize - setAside
    let left = running.reduce(0) {
      $0 + min(live[$1.index].target - live[$1.index].made, OutputEstimate.longest)
    }
    return Room(
      total: Ratio(free) - estimate.ratio * Ratio(left), now: free,
      input: spec.longestPrefill - rides, chunk: spec.chunk - rides)
  }
}
