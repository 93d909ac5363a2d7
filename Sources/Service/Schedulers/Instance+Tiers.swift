// Prefixes that are not in the memory of GPUs but in a tier below it. They are loaded if enough
// tokens follow those on the GPUs; the blocks of the whole prompt are taken when the load starts,
// so that nothing loaded waits for memory. A preempted request whose cache was swapped out loads
// that.
//
// Source: SGLang's HiCache (prefetch threshold), vLLM's swap space.

extension Instance {
  /// Starts to load the head's prefix; false if nothing is worth loading, or it does not fit.
  mutating func loadFromTiers(
    _ head: RequestID, _ live: inout [LiveRequest], _ order: RequestOrder,
    _ store: inout CacheTier?
  ) -> Bool {
    let state = live[head.index]
    guard role != .decode || state.state == .preempted else { return false }
    guard state.swapped == 0 else { return loadSwapped(head, &live) }
    guard host != nil || store != nil else { return false }
    let hits = self.hits(head, live, order)
    var (fromHost, fromStore) = (0, 0)
    let hashes = PrefixHash(
      head, order.requests[head.index].content, prompt: state.prompt, blockSize: cache.blockSize)
    var hash: UInt64 = 0
    for block in 0..<(state.tokens - 1) / cache.blockSize {
      hash = hashes.hash(ofBlock: block, parent: hash)
      if block < hits.count { continue }
      if host?.touch(hash) == true {
        fromHost += cache.blockSize
      } else if store?.touch(hash) == true {
        fromStore += cache.blockSize
      } else {
        break
      }
    }
    let isEnough = [(fromHost, spec.hostCache), (fromStore, spec.storeCache)].contains {
      $0 > 0 && $0 >= $1?.leastTokens ?? 0
    }
    guard isEnough else { return false }
    let wanted = cache.blocks(for: state.tokens) - hits.count + cache.freeCount(of: hits)
    guard wanted <= cache.free else { return false }
    waiting.removeFirst()
    cache.hold(hits)
    live[head.index].blocks = hits
    live[head.index].held = hits.count
    rememberHits(head, hits.count, &live, order)
    extend(head, to: state.tokens, &live)
    live[head.index].computed = hits.count * cache.blockSize
    beginLoad(head, host: fromHost, store: fromStore, &live)
    return true
  }

  private mutating func loadSwapped(
    _ head: RequestID, _ live: inout [LiveRequest]
  ) -> Bool {
    let state = live[head.index]
    guard cache.blocks(for: state.tokens) <= cache.free else { return false }
    waiting.removeFirst()
    extend(head, to: state.tokens, &live)
    live[head.index].swapped = 0
    live[head.index].isSwappedIn = true
    beginLoad(head, host: state.swapped, store: 0, &live)
    return true
  }

  private mutating func beginLoad(
    _ request: RequestID, host: Int, store: Int, _ live: inout [LiveRequest]
  ) {
    live[request.index].state = .moving
    live[request.index].isLoading = true
    loading += 1
    plan.tierLoads.append((request, host, store))
  }
}
