// The results of a case, in the form of its expected values.

import Recording
import Units

extension ServiceCase {
  /// Simulates the case.
  ///
  /// - Precondition: the case has no problem.
  package func evaluate() -> RecordValue {
    let setup = setup()
    let carrier = FixedCarrier(
      latency: Self.duration(transfer?.latency ?? 0),
      perToken: Self.duration(transfer?.perToken ?? 0))
    var engine = ServiceEngine(
      setup, requests: serviceRequests(), laws: setup.pools.map { _ in LinearLaw(law: law) },
      carrier: carrier, isLogged: true)
    engine.run()
    let log = engine.log ?? StepLog()
    return [
      "name": name, "steps": log.steps.map(step),
      "transfers": engine.transfers.compactMap(transfer),
      "requests": engine.outcomes.indices.map { outcome($0, engine.outcomes[$0], log) },
      "end": Self.microseconds(engine.now), "counts": counts(engine.outcomes),
    ]
  }

  private static func microseconds(_ time: SimTime) -> RecordValue {
    .integer((time - SimTime.zero).picoseconds / LinearLaw.microsecond)
  }

  private func id(_ request: RequestID) -> RecordValue { .text(requests[request.index].id) }

  private func step(_ step: StepLog.Step) -> RecordValue {
    var members: [(name: String, value: RecordValue)] = [
      ("instance", step.instance.recorded), ("start", Self.microseconds(step.start)),
      ("end", Self.microseconds(step.end)),
      (
        "rows",
        .array(
          step.rows.map { row in
            .array([
              id(row.request), .text(row.isPrompt ? "p" : "d"), row.tokens.recorded,
              row.context.recorded,
            ])
          })
      ),
      ("admitted", .array(step.admitted.map { .array([id($0.request), $0.cached.recorded]) })),
      ("preempted", .array(step.preempted.map(id))),
      ("free_blocks", step.freeBlocks.recorded),
    ]
    if let own = step.ownTime {
      members.append(("own_time", .integer(own.picoseconds / LinearLaw.microsecond)))
    }
    if let aborted = step.aborted { members.append(("aborted", Self.microseconds(aborted))) }
    return .object(members)
  }

  private func transfer(_ transfer: CacheTransfer) -> RecordValue? {
    guard let end = transfer.end else { return nil }
    return .object([
      ("transfer", id(transfer.request)), ("start", Self.microseconds(transfer.start)),
      ("end", Self.microseconds(end)), ("tokens", transfer.tokens.recorded),
    ])
  }

  private func outcome(_ index: Int, _ outcome: RequestOutcome, _ log: StepLog) -> RecordValue {
    let request = RequestID(index)
    let chunks = log.chunks.filter { $0.request == request }
    var members: [(name: String, value: RecordValue)] = [
      ("id", id(request)), ("state", .text(outcome.end.state)),
      ("reason", outcome.end.reason.recorded),
      ("first_scheduled", outcome.firstScheduled.map(Self.microseconds).recorded),
      ("finish", outcome.ended.map(Self.microseconds).recorded),
      (
        "token_times",
        .array(chunks.map { .array([Self.microseconds($0.time), $0.tokens.recorded]) })
      ),
      ("cached", outcome.cachedTokens.recorded), ("preemptions", outcome.preemptions.recorded),
    ]
    if outcome.retries > 0 { members.append(("retries", outcome.retries.recorded)) }
    let choices = log.choices.filter { $0.request == request && !$0.scores.isEmpty }
    if router != nil, !choices.isEmpty {
      members.append(
        (
          "route",
          .array(
            choices.map { choice in
              .object([
                ("scores", .array(choice.scores.map { .text($0.text) })),
                ("instance", choice.instance.recorded),
              ])
            })
        ))
    }
    if outcome.end == .finished { members += latencies(outcome) }
    return .object(members)
  }

  private func latencies(
    _ outcome: RequestOutcome
  ) -> [(name: String, value: RecordValue)] {
    guard let first = outcome.firstToken, let last = outcome.lastToken else { return [] }
    func whole(_ duration: SimDuration) -> Int64 { duration.picoseconds / LinearLaw.microsecond }
    var members: [(name: String, value: RecordValue)] = [
      ("ttft", .integer(whole(first - outcome.arrival))),
      ("e2e", .integer(whole(last - outcome.arrival))),
    ]
    if outcome.tokens > 1 {
      let perToken = Ratio(Int(whole(last - first)), outcome.tokens - 1)
      members.append(("tpot", .text(perToken.text)))
    }
    return members
  }

  private func counts(_ outcomes: [RequestOutcome]) -> RecordValue {
    var members: [(name: String, value: RecordValue)] = [("arrived", outcomes.count.recorded)]
    for state in ["finished", "rejected", "lost", "running", "queued"] {
      let count = outcomes.count { $0.end.state == state }
      if count > 0 { members.append((state, count.recorded)) }
    }
    return .object(members)
  }
}

extension RequestOutcome.End {
  /// The state in results.
  package var state: String {
    switch self {
    case .finished: "finished"
    case .rejected: "rejected"
    case .lost: "lost"
    case .running: "running"
    case .queued: "queued"
    }
  }

  /// The reason of a rejection or a loss.
  package var reason: String? {
    switch self {
    case .rejected(let reason): reason.rawValue
    case .lost(let reason): reason.rawValue
    case .finished, .running, .queued: nil
    }
  }
}
