// Caches on their way: from prefill to decode over the carrier, and from tiers over an instance's
// own link, on which loads follow one another.

import EventKernel
import Units

extension ServiceEngine {
  /// Sends a piece of a cache after those of the same request before it; nothing if one of its ends
  /// has failed, which ends the request's try once it is detected.
  mutating func send(_ piece: CacheTransfer) {
    guard [piece.source, piece.target].allSatisfy({ units[unitOf[$0]].isServing }) else { return }
    let transfer = place(piece)
    let request = piece.request.index
    let previous = live[request].transfer
    live[request].transfer = transfer
    if live[request].moving != nil, let previous {
      transfers[previous].next = transfer
    } else {
      startTransfer(transfer)
    }
  }

  /// Keeps a transfer, in the place of one that has ended unless all are logged.
  private mutating func place(_ piece: CacheTransfer) -> Int {
    if log == nil, let free = freeTransfers.popLast() {
      transfers[free] = piece
      return free
    }
    transfers.append(piece)
    return transfers.count - 1
  }

  private mutating func startTransfer(_ transfer: Int) {
    transfers[transfer].state = .moving
    transfers[transfer].start = now
    live[transfers[transfer].request.index].moving = transfer
    if let end = carrier.start(transfer, transfers[transfer], now: now) {
      transfers[transfer].event = kernel.schedule(at: end, .transferEnd(Int32(transfer)))
    } else {
      watchNetwork()
    }
  }

  /// Ends a transfer.
  mutating func endTransfer(_ transfer: Int) {
    guard transfers[transfer].state == .moving else { return }
    transfers[transfer].state = .ended
    transfers[transfer].end = now
    let piece = transfers[transfer]
    freeTransfers.append(transfer)
    live[piece.request.index].moving = nil
    if let next = piece.next {
      startTransfer(next)
    } else {
      live[piece.request.index].transfer = nil
    }
    guard piece.isLast else { return }
    if piece.isFromTier {
      finishTierLoad(piece.request, on: piece.target, tokens: piece.tokens)
    } else if setup.handover == .push {
      receive(piece.request, piece)
    } else {
      finishLoad(piece.request, piece)
    }
  }

  /// Gives up the transfers of a request.
  mutating func cancelTransfers(of request: RequestID) {
    var next = live[request.index].moving
    live[request.index].moving = nil
    live[request.index].transfer = nil
    while let transfer = next {
      next = transfers[transfer].next
      if transfers[transfer].state == .moving, !transfers[transfer].isFromTier {
        carrier.cancel(transfer, now: now)
      }
      if let event = transfers[transfer].event { kernel.cancel(event) }
      transfers[transfer].state = .cancelled
      freeTransfers.append(transfer)
    }
    watchNetwork()
  }

  /// Schedules the next end on the network.
  mutating func watchNetwork() {
    guard let end = carrier.nextEnd() else { return }
    kernel.reschedule(&networkEvent, at: max(end, now), .network)
  }

  /// Collects the transfers whose last byte arrives now.
  mutating func collectDeliveries() {
    instant.moved += carrier.ends(now: now)
    watchNetwork()
  }

  // MARK: Loads

  /// Numbers a load: requests run in the order in which their loads began.
  mutating func numberLoad(of request: RequestID) {
    loads += 1
    live[request.index].load = loads
  }

  /// Starts a load from host memory and store.
  mutating func startTierLoad(_ request: RequestID, host: Int, store: Int, on index: Int) {
    let pool = instances[index].place.pool
    countQueueing(of: request, pool)
    cancelTimeout(of: request)
    numberLoad(of: request)
    if !live[request.index].isSwappedIn {
      pools[pool].hostPromptTokens += host
      pools[pool].storePromptTokens += store
    }
    let times = setup.instances[index]
    let busy = max(now, instances[index].linkFree) - now
    let seconds =
      busy.seconds + times.hostTime.seconds * Double(host) + times.storeTime.seconds * Double(store)
    guard seconds < (ServiceClock.end - now).seconds,
      let end = moment(after: busy + times.hostTime * host + times.storeTime * store)
    else {
      isBeyondClock = true
      return
    }
    instances[index].linkFree = end
    var piece = CacheTransfer(
      request: request, source: index, target: index, tokens: host + store, isLast: true)
    piece.isFromTier = true
    piece.state = .moving
    piece.start = now
    let transfer = place(piece)
    transfers[transfer].event = kernel.schedule(at: end, .transferEnd(Int32(transfer)))
    live[request.index].moving = transfer
    live[request.index].transfer = transfer
  }

  private mutating func finishTierLoad(_ request: RequestID, on index: Int, tokens: Int) {
    live[request.index].computed = min(
      live[request.index].computed + tokens, live[request.index].tokens - 1)
    admitLoaded(request, on: index)
  }

  /// Lets a request run whose cache has been loaded, as soon as a seat is free.
  mutating func admitLoaded(_ request: RequestID, on index: Int) {
    live[request.index].state = .waiting
    live[request.index].isLoading = false
    live[request.index].queuedSince = now
    startTimeout(of: request)
    let computed = live[request.index].computed
    instances[index].register(
      request, filled: computed, &live, requests[request.index].content)
    instances[index].loading -= 1
    let live = live
    instances[index].arrived.insert(request) { live[$0.index].load < live[$1.index].load }
    interruptIfAdmissible(index)
    wake(unitOf[index])
  }
}
