// One scheduler with one KV cache: a tensor group, or one data-parallel rank of a unit whose
// experts are shared.

import Units

/// An instance: its queue, its running requests and its cache.
struct Instance {
  /// What an instance is part of.
  struct Place {
    var index: Int
    var pool: Int
    var unit: Int
  }

  let place: Place
  let role: PoolSpec.Role
  let spec: SchedulerSpec
  /// Drafts of each verification.
  let drafts: Int
  /// Longest sequence.
  let longest: Int
  var cache: BlockPool
  var waiting = RequestQueue()
  /// Prefixes in host memory, and when its link is free.
  var host: CacheTier?
  var linkFree = SimTime.zero
  /// Blocks that have become known and are not written to the store yet.
  var storeWrites: [UInt64] = []
  /// Requests whose cache has been loaded (vllm), or that were retracted and have
  /// their cache on the host (sglang).
  var arrived = RequestQueue()
  /// Requests that wait for memory before prefill may begin, and those that have it (push).
  var reserving = RequestQueue()
  var holders = 0
  /// Requests that a router has chosen it for and that are not here yet.
  var assigned = 0
  /// Loads under way to this instance (pull).
  var loading = 0
  /// Requests that run, in the order of admission.
  var running: [RequestID] = []
  var plan = StepPlan()
  var estimate: OutputEstimate
  /// SGLang's prompt in pieces, and the requests whose prompts ended in the last step.
  var chunked: RequestID?
  var joining: [RequestID] = []
  /// Whether decodes rode along with prompts in the last step.
  var hasMixed = false
  /// Whether admission found no room and nothing has ended since (SGLang's `batch_is_full`).
  var isFull = false
  /// Steps in which only the running requests decode, one token each.
  var quiet = QuietRun()
  /// Gaps of those that have run and that the requests do not know of yet, if they keep them.
  var quietGaps: [GapSeries] = []
  /// Requests of each class in those steps.
  var classCounts: [Int] = []
  /// When the use of its cache was last counted, and the blocks held then.
  var metered = (time: SimTime.zero, blocks: 0)

  init(
    _ place: Place, role: PoolSpec.Role, spec: SchedulerSpec, drafts: Int, blocks: Int,
    blockSize: Int
  ) {
    self.place = place
    self.role = role
    self.spec = spec
    self.drafts = drafts
    longest = spec.longest ?? Int(Int32.max)
    estimate = OutputEstimate(spec)
    cache = BlockPool(
      total: blocks, blockSize: blockSize,
      isCaching: spec.policy == .vllm && spec.cachesPrefixes)
    host = spec.hostCache.flatMap { tier in
      tier.tokens >= blockSize && cache.isCaching
        ? CacheTier(capacity: tier.tokens / blockSize) : nil
    }
  }

  /// Whether nothing is in it that a step could compute.
  var isEmpty: Bool {
    running.isEmpty && waiting.isEmpty && arrived.isEmpty && joining.isEmpty && chunked == nil
  }

  /// Computes nothing in this step.
  mutating func rest() {
    plan.clear()
    isFull = false
    estimate.reset()
  }

  /// Requests that wait for it: those on the way count.
  var waitingCount: Int { waiting.count + arrived.count + loading + assigned }

  /// Requests that run, with those whose prompt is computed in this step, is in pieces or has just
  /// ended.
  var runningCount: Int {
    guard spec.policy == .sglang else { return running.count }
    let prompts = plan.rows.prefix(while: \.isPrompt).count { $0.request != chunked }
    return running.count + joining.count + (chunked == nil ? 0 : 1) + prompts
  }

  /// Forms the next step.
  ///
  /// The plan has no rows if nothing can run. A plan without rows that preempted requests is to be
  /// followed by another.
  ///
  /// - Parameter store: the store of its pool, if it has one.
  mutating func formStep(
    _ live: inout [LiveRequest], _ order: RequestOrder, _ store: inout CacheTier?
  ) {
    plan.clear()
    switch spec.policy {
    case .fcfs: planFirstCome(&live)
    case .vllm: planChunked(&live, order, &store)
    case .sglang: planPrefillFirst(&live)
    }
  }

  // MARK: Blocks

  /// Allocates the blocks that a request needs for a number of tokens beyond those it has.
  mutating func extend(_ request: RequestID, to tokens: Int, _ live: inout [LiveRequest]) {
    let wanted = cache.blocks(for: tokens) - live[request.index].held
    guard wanted > 0 else { return }
    cache.allocate(wanted, to: &live[request.index].blocks)
    live[request.index].held += wanted
  }

  /// Makes the content of the blocks known that a request fills with its first tokens.
  mutating func register(
    _ request: RequestID, filled tokens: Int, _ live: inout [LiveRequest],
    _ content: PromptContent?
  ) {
    guard cache.isCaching else { return }
    let full = tokens / cache.blockSize
    guard full > live[request.index].hashed else { return }
    let hashes = PrefixHash(
      request, content, prompt: live[request.index].prompt, blockSize: cache.blockSize)
    while live[request.index].hashed < full {
      let block = live[request.index].hashed
      let hash = hashes.hash(ofBlock: block, parent: live[request.index].chain)
      cache.register(live[request.index].blocks[block], hash: hash)
      host?.write(hash)
      if spec.storeCache != nil { storeWrites.append(hash) }
      live[request.index].chain = hash
      live[request.index].hashed += 1
    }
  }

  /// Gives back all blocks of a request.
  mutating func release(_ request: RequestID, _ live: inout [LiveRequest]) {
    cache.release(live[request.index].blocks, count: live[request.index].held)
    live[request.index].blocks.removeAll()
    live[request.index].held = 0
    live[request.index].hashed = 0
    live[request.index].chain = 0
  }

  /// Takes a request out of the step: it will be computed again from its first token.
  mutating func preempt(_ request: RequestID, _ live: inout [LiveRequest]) {
    release(request, &live)
    live[request.index].swapped = spec.swapsPreempted ? live[request.index].computed : 0
    live[request.index].computed = 0
    live[request.index].drafts = 0
    live[request.index].state = .preempted
    plan.preempted.append(request)
  }

  /// Lets a request run from now on.
  mutating func admit(_ request: RequestID, cached: Int, _ live: inout [LiveRequest]) {
    live[request.index].state = .running
    plan.admitted.append((request, cached))
  }
}

/// The order of requests in queues with priorities, and their prompts' contents.
struct RequestOrder {
  let requests: [ServiceRequest]

  /// Whether a request goes before another: by priority, then by arrival.
  func comesBefore(_ a: RequestID, _ b: RequestID) -> Bool {
    let (first, second) = (requests[a.index], requests[b.index])
    return (first.priority, first.arrival, a) < (second.priority, second.arrival, b)
  }
}
