// A pool of a service: the layout of its units, and the schedulers of their instances.

import Cluster
import ModelCost
import Service
import Serving
import Units

extension ServiceResolver {
  /// A pool; nil, or with problems reported, if it is not valid.
  func pool(_ role: PoolRole, drafts: DraftSpec?) -> PoolSpec? {
    guard let written = fields.given(role.key) else { return nil }
    let path = "service.\(role.rawValue)"
    // A unit that computes prompts needs all of their exchanges, and fills the draft module's cache
    // if the service drafts.
    var resolver = InferenceResolver(
      fields: written, cluster: around.cluster, model: around.model, traces: around.traces,
      folder: around.folder, problems: problems, path: path)
    resolver.work = InferenceResolver.Work(
      phase: role == .decode ? .decode : .prefill, batch: 1, context: 1,
      acceptance: drafts?.acceptance.first)
    let step = resolver.spec()
    let scheduler = self.scheduler(written, path, ranks: step?.layout.data ?? 1)
    let timetable = self.timetable(written, path)
    guard var step, let scheduler, let timetable,
      let units = written.value(ServicePoolKeys.units),
      let hostTime = written.value(ServicePoolKeys.hostTime),
      let overlapsHost = written.value(ServicePoolKeys.overlapsHost),
      !written.isRefused(ServicePoolKeys.cacheTokens)
    else { return nil }
    step.routing.seed = around.seed
    step.batch = scheduler.seats
    if let drafts { step.draftLength = drafts.count }
    var pool = PoolSpec(role: role, units: units, step: step, scheduler: scheduler)
    pool.hostTime = hostTime.duration
    pool.overlapsHost = overlapsHost
    pool.cacheTokens = written.given(ServicePoolKeys.cacheTokens)
    pool.timetable = timetable
    return pool
  }

  /// The entries of a timetable, which ascend.
  private func timetable(_ written: Fields, _ path: String) -> [TimetableEntry]? {
    guard !written.isRefused(ServicePoolKeys.timetable) else { return nil }
    var entries: [TimetableEntry] = []
    for (index, entry) in (written.given(ServicePoolKeys.timetable) ?? []).enumerated() {
      guard let from = entry.given(TimetableKeys.from),
        let units = entry.given(TimetableKeys.units)
      else { return nil }
      if let last = entries.last, last.from >= from.duration {
        problems.add(
          "\(path).timetable[\(index)].from",
          "\"\(durationText(seconds: from.value))\" is not after the entry before it",
          allowed: "expected: times of day in ascending order")
        return nil
      }
      entries.append(TimetableEntry(from: from.duration, units: units))
    }
    if !entries.isEmpty, entries.allSatisfy({ $0.units == 0 }) {
      problems.add("\(path).timetable", "has no units at any time")
    }
    return entries
  }

  // MARK: Scheduler

  /// The scheduler of an instance; nil, or with problems reported, if it is not valid.
  private func scheduler(_ pool: Fields, _ path: String, ranks: Int) -> SchedulerSpec? {
    guard !pool.isRefused(ServicePoolKeys.scheduler) else { return nil }
    let written = pool.given(ServicePoolKeys.scheduler) ?? Fields()
    guard let policy = written.value(SchedulerKeys.policy), let gpu = around.cluster?.node.gpu
    else { return nil }
    checkKeys(written, of: policy, path + ".scheduler")
    var spec = SchedulerSpec.usual(policy, on: gpu, ranks: ranks)
    func take<V>(_ key: Key<V>, _ field: WritableKeyPath<SchedulerSpec, V>) {
      if let value = written.given(key) { spec[keyPath: field] = value }
    }
    take(SchedulerKeys.seats, \.seats)
    spec.longest = written.given(SchedulerKeys.longest)
    spec.queueLimit = written.given(SchedulerKeys.queueLimit)
    take(SchedulerKeys.cachesPrefixes, \.cachesPrefixes)
    take(SchedulerKeys.tokenBudget, \.tokenBudget)
    take(SchedulerKeys.chunksPrompts, \.chunksPrompts)
    take(SchedulerKeys.longPromptThreshold, \.longPromptThreshold)
    take(SchedulerKeys.reservesFullPrompt, \.reservesFullPrompt)
    take(SchedulerKeys.usesPriority, \.usesPriority)
    take(SchedulerKeys.chunk, \.chunk)
    take(SchedulerKeys.longestPrefill, \.longestPrefill)
    take(SchedulerKeys.mixesChunks, \.mixesChunks)
    take(SchedulerKeys.reservedTokens, \.reservedTokens)
    if policy != .vllm { spec.cachesPrefixes = false }
    // A whole prompt has to fit a step, also one that is computed again with its output.
    if !spec.chunksPrompts { spec.longest = min(spec.longest ?? .max, spec.tokenBudget) }
    spec.hostCache = tier(written.given(SchedulerKeys.hostCache))
    spec.storeCache = tier(written.given(SchedulerKeys.storeCache))
    spec.swapsPreempted = written.given(SchedulerKeys.preemption) == .swap
    checkTiers(spec, path + ".scheduler")
    // SGLang cuts pieces at pages, and needs one.
    let block = block(of: pool)
    if !written.isWritten(SchedulerKeys.chunk) {
      spec.chunk = max(block, spec.chunk / block * block)
    }
    check(spec, written, pool, path)
    return spec.conservative(
      written.given(SchedulerKeys.conservativeness)
        ?? SchedulerSpec.usualConservativeness(ranks: ranks))
  }

  private func tier(_ written: Fields?) -> CacheTierSpec? {
    guard let written, let tokens = written.given(CacheTierKeys.tokens),
      let bandwidth = written.given(CacheTierKeys.bandwidth),
      let least = written.value(CacheTierKeys.leastTokens)
    else { return nil }
    var tier = CacheTierSpec(tokens: tokens, bandwidth: bandwidth)
    tier.leastTokens = least
    return tier
  }

  private func checkTiers(_ spec: SchedulerSpec, _ path: String) {
    if spec.swapsPreempted, spec.hostCache == nil {
      problems.add(
        path + ".preemption", "\"swap\" needs the rate of host memory",
        allowed: "expected: host_cache beside it, with 0 tokens if no prefixes are kept there")
    }
    for (name, tier) in [("host_cache", spec.hostCache), ("store_cache", spec.storeCache)] {
      if let tier, tier.tokens > 0, spec.policy == .vllm, !spec.cachesPrefixes {
        problems.add(
          "\(path).\(name)", "holds prefixes, but prefix_cache is false",
          allowed: "expected: prefix_cache: true, or no tier")
      }
    }
  }

  /// Reports keys that belong to other policies.
  private func checkKeys(_ written: Fields, of policy: SchedulerSpec.Policy, _ path: String) {
    typealias Keys = SchedulerKeys
    let owned: [(name: String, policy: SchedulerSpec.Policy)] = [
      (Keys.cachesPrefixes.name, .vllm), (Keys.tokenBudget.name, .vllm),
      (Keys.chunksPrompts.name, .vllm), (Keys.longPromptThreshold.name, .vllm),
      (Keys.reservesFullPrompt.name, .vllm), (Keys.usesPriority.name, .vllm),
      (Keys.chunk.name, .sglang), (Keys.longestPrefill.name, .sglang),
      (Keys.mixesChunks.name, .sglang), (Keys.conservativeness.name, .sglang),
      (Keys.reservedTokens.name, .sglang), (Keys.hostCache.name, .vllm),
      (Keys.storeCache.name, .vllm), (Keys.preemption.name, .vllm),
    ]
    for name in written.names {
      guard let owner = owned.first(where: { $0.name == name })?.policy, owner != policy else {
        continue
      }
      problems.add(
        join(path, name), "belongs to policy \(owner.rawValue)",
        allowed: "the policy here is \(policy.rawValue)")
    }
  }

  /// Tokens of a block of a pool's cache.
  private func block(of pool: Fields) -> Int {
    pool.given(InferenceKeys.pool)?.value(PoolKeys.block) ?? CachePool.usual.block
  }

  /// Checks sizes against each other.
  private func check(_ spec: SchedulerSpec, _ written: Fields, _ pool: Fields, _ path: String) {
    let block = block(of: pool)
    if spec.policy == .vllm, spec.tokenBudget < spec.seats {
      // vLLM refuses it: a step could not decode for all requests that run.
      let key = written.isWritten(SchedulerKeys.tokenBudget) ? "token_budget" : "seats"
      problems.add(
        "\(path).scheduler.\(key)",
        "a step of \(spec.tokenBudget) tokens has no token for each of \(spec.seats) seats",
        allowed: "expected: token_budget of at least seats")
    }
    if !spec.chunksPrompts, let longest = written.given(SchedulerKeys.longest),
      longest > spec.tokenBudget
    {
      problems.add(
        "\(path).scheduler.longest",
        "\"\(longest)\" tokens are more than a step of \(spec.tokenBudget), and chunks is false",
        allowed: "expected: at most token_budget, or chunks: true")
    }
    if spec.policy == .sglang, spec.chunk < block {
      problems.add(
        "\(path).scheduler.chunk", "\"\(spec.chunk)\" tokens are less than a page of \(block)",
        allowed: "expected: at least \(block), or a smaller pool.block")
    }
    if let tokens = pool.given(ServicePoolKeys.cacheTokens), tokens < block {
      problems.add(
        "\(path).cache_tokens", "\"\(tokens)\" is less than a block of \(block) tokens",
        allowed: "expected: at least \(block)")
    }
  }
}
