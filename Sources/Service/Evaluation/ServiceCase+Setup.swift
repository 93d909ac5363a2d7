// From a case to a service.

import Units

extension ServiceCase.InstanceCase {
  /// The rules of its policy; nil if there are none of that name.
  var schedulerPolicy: SchedulerSpec.Policy? {
    policy == "sglang_prefill" ? .sglang : SchedulerSpec.Policy(rawValue: policy)
  }

  /// The whole numbers of an instance, by key, with what is allowed.
  var ranges: [(name: String, value: Int?, range: ClosedRange<Int>)] {
    let many = 0...1_000_000_000
    return [
      ("blocks", blocks, 1...10_000_000), ("block_size", blockSize, 1...1_000_000),
      ("max_seqs", maxSeqs, 1...1_000_000), ("max_len", maxLen, 1...1_000_000_000),
      ("max_queue", maxQueue, 1...1_000_000_000), ("token_budget", tokenBudget, 1...1_000_000_000),
      ("long_prefill_threshold", longPrefillThreshold, many), ("drafts", drafts, 0...64),
      ("chunk", chunk, 1...1_000_000_000), ("retract_steps", retractSteps, many),
      ("decay_steps", decaySteps, 1...1_000_000), ("reserve_tokens", reserveTokens, many),
    ]
  }

  /// The instance as the engine sees it.
  var setup: ServiceSetup.InstanceSetup {
    var spec = SchedulerSpec(policy: schedulerPolicy ?? .fcfs, seats: maxSeqs)
    spec.longest = maxLen
    spec.queueLimit = maxQueue
    spec.cachesPrefixes = prefixCaching ?? spec.cachesPrefixes
    spec.tokenBudget = tokenBudget ?? spec.tokenBudget
    spec.chunksPrompts = chunked ?? spec.chunksPrompts
    spec.longPromptThreshold = longPrefillThreshold ?? spec.longPromptThreshold
    spec.reservesFullPrompt = reserveFullPrompt ?? spec.reservesFullPrompt
    spec.usesPriority = priority ?? spec.usesPriority
    spec.chunk = chunk ?? spec.chunk
    spec.mixesChunks = mixed ?? spec.mixesChunks
    spec.retractSteps = retractSteps ?? spec.retractSteps
    spec.initialRatio = initRatio.flatMap { Ratio(text: $0) } ?? spec.initialRatio
    spec.leastRatioFactor = minRatioFactor.flatMap { Ratio(text: $0) } ?? spec.leastRatioFactor
    spec.decaySteps = decaySteps ?? spec.decaySteps
    spec.reservedTokens = reserveTokens ?? spec.reservedTokens
    return ServiceSetup.InstanceSetup(
      role: role ?? .colocated, scheduler: spec, drafts: drafts ?? 0, blocks: blocks,
      blockSize: blockSize)
  }
}

extension ServiceCase {
  /// The service of the case.
  func setup() -> ServiceSetup {
    let instances = instances.map(\.setup)
    let roles: [PoolSpec.Role] = mode == nil ? [.colocated] : [.prefill, .decode]
    var units: [ServiceSetup.UnitSetup] = []
    if lockstep == true {
      units = [ServiceSetup.UnitSetup(pool: 0, instances: 0..<instances.count)]
    } else {
      units = instances.indices.map { index in
        ServiceSetup.UnitSetup(
          pool: roles.firstIndex(of: instances[index].role) ?? 0, instances: index..<index + 1)
      }
    }
    var setup = ServiceSetup(
      instances: instances, units: units,
      pools: roles.map { ServiceSetup.PoolSetup(name: $0.rawValue, role: $0, gpusPerUnit: 1) })
    setup.handover = mode ?? .pull
    setup.router = router?.kind ?? .roundRobin
    setup.failures.rule = onFailure ?? .lost
    setup.failures.detection = Self.duration(detect ?? 0)
    setup.failures.restart = Self.duration(restart ?? 0)
    setup.faults = (faults ?? []).map { fault in
      let unit = units.firstIndex { $0.instances.contains(fault.instance) } ?? 0
      return (SimTime.zero + Self.duration(fault.time), unit)
    }
    return setup
  }

  static func duration(_ microseconds: Int) -> SimDuration {
    SimDuration(picoseconds: Int64(microseconds) * LinearLaw.microsecond)
  }

  /// The requests of the case; groups and sessions are numbered in the order of appearance.
  func serviceRequests() -> [ServiceRequest] {
    var groups: [String] = []
    var sessions: [String] = []
    func number(_ name: String, _ known: inout [String]) -> Int {
      if let place = known.firstIndex(of: name) { return place }
      known.append(name)
      return known.count - 1
    }
    return requests.map { each in
      var request = ServiceRequest(
        arrival: SimTime.zero + Self.duration(each.arrival), prompt: each.prompt,
        output: each.output)
      request.priority = each.priority ?? 0
      request.accepted = each.accept
      request.session = each.session.map { number($0, &sessions) }
      if let group = each.group, let shared = each.shared, shared > 0 {
        let content = number(group, &groups)
        request.content = PromptContent(segments: [UInt32(content)], segmentLength: shared)
      }
      return request
    }
  }
}
