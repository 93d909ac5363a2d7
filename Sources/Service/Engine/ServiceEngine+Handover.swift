// From prefill to decode. With push, decode reserves memory before prefill begins, and prefill
// sends each piece of a prompt when its step ends; the first token travels with the last piece.
// With pull, decode loads the whole cache after prefill has ended, and computes the last prompt
// token again for the first token.
//
// Source: SGLang (python/sglang/srt/disaggregation), vLLM's NIXL connector.

import EventKernel
import Units

extension ServiceEngine {
  // MARK: Push

  /// Grants reservations of memory, first come, first served, on the decode instances where memory
  /// has become free or somebody has begun to wait for it.
  mutating func reserveMemory() {
    guard !reservers.isEmpty else { return }
    let ready = reservers.sorted()
    reservers.removeAll(keepingCapacity: true)
    for (place, index) in ready.enumerated() where place == 0 || ready[place - 1] != index {
      guard !instances[index].reserving.isEmpty else { continue }
      catchUp(instance: index)
      while let request = instances[index].reserving.first, canReserve(request, on: index) {
        instances[index].reserving.removeFirst()
        let blocks = instances[index].cache.blocks(for: live[request.index].tokens)
        var held: [Int32] = []
        meterCache(index)
        instances[index].cache.allocate(blocks, to: &held)
        meterCache(index)
        live[request.index].reserved = blocks
        instances[index].holders += 1
        countQueueing(of: request, instances[index].place.pool)
        // The steps that were foreseen counted on these blocks.
        interrupt(index)
        if let first = live[request.index].instance { instances[first].assigned -= 1 }
        enqueue(request)
      }
    }
  }

  private mutating func canReserve(_ request: RequestID, on index: Int) -> Bool {
    guard units[unitOf[index]].isServing else { return false }
    let aside = instances[index].spec.reservedTokens
    let free = instances[index].cache.free * instances[index].cache.blockSize
    return live[request.index].tokens + aside <= free - aside * instances[index].holders
  }

  /// Sends a piece of a prompt after the pieces before it.
  mutating func sendPiece(_ row: StepPlan.Row, from index: Int, isLast: Bool) {
    guard let target = live[row.request.index].decodeInstance else { return }
    if isLast { live[row.request.index].state = .moving }
    send(
      CacheTransfer(
        request: row.request, source: index, target: target, tokens: row.tokens, isLast: isLast))
  }

  /// The whole cache has arrived, and the first token with it.
  mutating func receive(_ request: RequestID, _ piece: CacheTransfer) {
    meterCache(piece.source)
    instances[piece.source].release(request, &live)
    meterCache(piece.source)
    router.release(request, from: piece.source)
    wake(unitOf[piece.source])
    let made = live[request.index].made
    live[request.index].held = live[request.index].reserved
    live[request.index].reserved = 0
    live[request.index].computed = live[request.index].tokens - 1
    live[request.index].target = live[request.index].output
    live[request.index].drafts = instances[piece.target].drafts
    live[request.index].instance = piece.target
    instances[piece.target].assigned -= 1
    outcomes[request.index].decodeInstance = piece.target
    show(request, tokens: 1)
    if made == live[request.index].output {
      meterCache(piece.target)
      instances[piece.target].release(request, &live)
      meterCache(piece.target)
      leaveDecode(request, piece.target)
      end(request, .finished)
    } else {
      live[request.index].state = .waiting
      live[request.index].queuedSince = now
      startTimeout(of: request)
      instances[piece.target].waiting.append(request)
      interruptIfAdmissible(piece.target)
    }
    wake(unitOf[piece.target])
  }

  /// A request leaves a decode instance, which has room for another.
  mutating func leaveDecode(_ request: RequestID, _ index: Int) {
    router.release(request, from: index)
    guard setup.handover == .push, instances[index].role == .decode else { return }
    instances[index].holders -= 1
    reservers.append(index)
  }

  // MARK: Pull

  /// Offers a computed prompt to its decode instance; prefill keeps the cache until it is loaded.
  mutating func offer(_ request: RequestID, from index: Int) {
    guard let target = live[request.index].decodeInstance else { return }
    var state = live[request.index]
    state.exported = LiveRequest.Export(instance: index, blocks: state.blocks, held: state.held)
    state.blocks = []
    state.held = 0
    state.hashed = 0
    state.chain = 0
    state.computed = 0
    state.drafts = 0
    // The token of prefill is discarded.
    state.made -= 1
    state.target = state.output
    state.state = .waiting
    state.instance = target
    live[request.index] = state
    instances[target].assigned -= 1
    router.release(request, from: index)
    addWaiting(request, to: target)
  }

  /// Starts the load that a decode instance has planned.
  mutating func startLoad(_ request: RequestID, tokens: Int, to index: Int) {
    guard let export = live[request.index].exported else { return }
    countQueueing(of: request, instances[index].place.pool)
    cancelTimeout(of: request)
    numberLoad(of: request)
    send(
      CacheTransfer(
        request: request, source: export.instance, target: index, tokens: tokens, isLast: true))
  }

  /// The cache of a request has been loaded from prefill.
  mutating func finishLoad(_ request: RequestID, _ piece: CacheTransfer) {
    releaseExport(of: request)
    live[request.index].computed = live[request.index].tokens - 1
    admitLoaded(request, on: piece.target)
  }

  /// Gives back what prefill has kept for a load.
  mutating func releaseExport(of request: RequestID) {
    guard let export = live[request.index].exported else { return }
    meterCache(export.instance)
    instances[export.instance].cache.release(export.blocks, count: export.held)
    meterCache(export.instance)
    live[request.index].exported = nil
    wake(unitOf[export.instance])
  }
}
