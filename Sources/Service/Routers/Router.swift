// The choice of an instance for a request. Ties go to the lowest index.
//
// Source: vLLM's data-parallel coordinator (4 x waiting + running), Dynamo's KV router (scheduler
// and ActiveSequences), llm-d's default scorers (prefix 3, queue 2, free cache 2).

import Units

/// A router with what it remembers.
struct Router {
  /// A choice, and what its scores are shares of.
  struct Choice {
    var instance: Int
    /// Scores x `denominator`, by candidate; empty if the router compares nothing.
    var scores: [Int128]
    var denominator: Int128

    /// The scores as fractions.
    var fractions: [Ratio] { scores.map { Ratio(wide: $0, denominator) } }
  }

  let kind: RouterSpec.Kind
  /// Requests routed so far, by pool.
  private var counters = [0, 0]
  /// The instance of each session, by pool.
  private var sessions: [[Int: Int]] = [[:], [:]]
  /// Prompt tokens routed to each instance and not yet computed, and their blocks.
  private(set) var activeTokens: [Int]
  private(set) var activeBlocks: [[UInt64: Int]]
  /// What requests count for on their instances, while they are active.
  private var routed: [Int: [(index: Int, blocks: [UInt64], tokens: Int)]] = [:]

  init(_ kind: RouterSpec.Kind, instances: Int) {
    self.kind = kind
    activeTokens = Array(repeating: 0, count: instances)
    activeBlocks = Array(repeating: [:], count: instances)
  }

  /// Whether choices depend on the contents of caches.
  var readsCaches: Bool { kind == .dynamo || kind == .prefix }

  /// Chooses one of some instances.
  ///
  /// - Precondition: there is one.
  mutating func choose(
    _ request: RequestID, _ state: LiveRequest, _ arrival: ServiceRequest, among up: [Int],
    pool: Int, _ instances: [Instance]
  ) -> Choice {
    var choice = Choice(instance: up[0], scores: [], denominator: 1)
    switch kind {
    case .roundRobin:
      choice.instance = up[counters[pool] % up.count]
      counters[pool] += 1
      return choice
    case .leastLoad, .session:
      choice.scores = up.map {
        Int128(4 * instances[$0].waitingCount + instances[$0].runningCount)
      }
    case .dynamo:
      choice.denominator = Int128(instances[up[0]].cache.blockSize)
      choice.scores = up.map { Int128(activeScore(request, state, arrival, instances[$0])) }
    case .prefix:
      scorePrefixes(request, state, arrival, up, instances, &choice)
    }
    var best = 0
    for place in up.indices where choice.scores[place] < choice.scores[best] { best = place }
    choice.instance = up[best]
    if kind == .session, let session = arrival.session {
      if let pinned = sessions[pool][session], up.contains(pinned) {
        choice.instance = pinned
        choice.scores = up.map { $0 == pinned ? 0 : 1 }
      } else {
        sessions[pool][session] = choice.instance
      }
    }
    return choice
  }

  // MARK: Dynamo

  /// Blocks of prefill to compute, and distinct blocks of active prompts, this one's included; x
  /// the tokens of a block.
  private func activeScore(
    _ request: RequestID, _ state: LiveRequest, _ arrival: ServiceRequest, _ instance: Instance
  ) -> Int {
    let size = instance.cache.blockSize
    let hashes = PrefixHash(
      request, arrival.content, prompt: state.prompt, blockSize: size)
    let full = state.prompt / size
    let overlap = instance.cache.hits(limit: full, hashes.hash).count
    let active = activeBlocks[instance.place.index]
    var distinct = active.count
    var hash: UInt64 = 0
    for block in 0..<full {
      hash = hashes.hash(ofBlock: block, parent: hash)
      if active[hash] == nil { distinct += 1 }
    }
    let tokens = activeTokens[instance.place.index] + state.prompt
    return max(0, tokens - overlap * size) + distinct * size
  }

  /// Counts a request as active on the chosen instance.
  mutating func take(
    _ request: RequestID, _ state: LiveRequest, _ arrival: ServiceRequest, _ instance: Instance
  ) {
    guard kind == .dynamo else { return }
    let index = instance.place.index
    let size = instance.cache.blockSize
    let hashes = PrefixHash(request, arrival.content, prompt: state.prompt, blockSize: size)
    let full = state.prompt / size
    let overlap = instance.cache.hits(limit: full, hashes.hash).count
    let uncached = state.prompt - overlap * size
    activeTokens[index] += uncached
    var held: [UInt64] = []
    var hash: UInt64 = 0
    for block in 0..<full {
      hash = hashes.hash(ofBlock: block, parent: hash)
      activeBlocks[index][hash, default: 0] += 1
      held.append(hash)
    }
    routed[request.index, default: []].append((index, held, uncached))
  }

  /// A request's prompt has been computed on an instance.
  mutating func finishPrompt(_ request: RequestID, on index: Int) {
    guard kind == .dynamo, let places = routed[request.index] else { return }
    for (number, place) in places.enumerated() where place.index == index {
      activeTokens[index] -= place.tokens
      routed[request.index]?[number].tokens = 0
    }
  }

  /// A request has left an instance.
  mutating func release(_ request: RequestID, from index: Int) {
    guard kind == .dynamo, let places = routed[request.index] else { return }
    for place in places where place.index == index {
      activeTokens[index] -= place.tokens
      for hash in place.blocks {
        guard let count = activeBlocks[index][hash] else { continue }
        activeBlocks[index][hash] = count > 1 ? count - 1 : nil
      }
    }
    let rest = places.filter { $0.index != index }
    routed[request.index] = rest.isEmpty ? nil : rest
  }

  // MARK: llm-d

  /// The negated sum of 3 x hit / blocks, 2 x (max - queue) / (max - min) and 2 x free cache, over
  /// a common denominator.
  private func scorePrefixes(
    _ request: RequestID, _ state: LiveRequest, _ arrival: ServiceRequest, _ up: [Int],
    _ instances: [Instance], _ choice: inout Choice
  ) {
    let queues = up.map { instances[$0].waitingCount }
    let longest = queues.max() ?? 0
    let spread = Int128(longest - (queues.min() ?? 0))
    let width = max(1, spread)
    let size = instances[up[0]].cache.blockSize
    let full = Int128(max(1, state.prompt / size))
    let total = Int128(max(1, instances[up[0]].cache.total))
    choice.denominator = full * width * total
    let hashes = PrefixHash(request, arrival.content, prompt: state.prompt, blockSize: size)
    choice.scores = up.enumerated().map { place, index in
      let cache = instances[index].cache
      let hits = cache.hits(limit: state.prompt / size, hashes.hash).count
      let queue = spread == 0 ? 1 : Int128(longest - queues[place])
      let prefix = 3 * Int128(hits) * width * total
      let waiting = 2 * queue * full * total
      let free = 2 * Int128(cache.free) * full * width
      return -(prefix + waiting + free)
    }
  }
}
