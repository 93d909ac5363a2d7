// The result of a service in the form of every question.

import Recording
import Units

extension ServiceRun {
  /// Returns the metrics and records of the run.
  ///
  /// - Parameters:
  ///   - basis: what the figures depend on besides the run.
  ///   - assumptions: what the run assumed, as sentences.
  ///   - keepsRequests: whether the result has a record of each request.
  package func result(
    basis: ServiceBasis, assumptions: [String] = [], keepsRequests: Bool = false
  ) -> SimulationResult {
    SimulationResult(
      stepTime: end - .zero, metrics: ServiceFigures(self, basis: basis).metrics(),
      requests: keepsRequests ? records(basis) : [], pools: pools, samples: samples,
      assumptions: assumptions, fingerprint: fingerprint)
  }

  /// A record of each request, in the order of arrival.
  package func records(_ basis: ServiceBasis) -> [RequestRecord] {
    outcomes.indices.map { index in
      let (request, outcome) = (requests[index], outcomes[index])
      let (state, reason) = outcome.end.recorded
      var record = RequestRecord(
        trafficClass: basis.classes[request.trafficClass].name, state: state, reason: reason,
        prompt: request.prompt, output: request.output, arrival: outcome.arrival)
      record.firstScheduled = outcome.firstScheduled
      record.firstToken = outcome.firstToken
      record.lastToken = outcome.lastToken
      record.ended = outcome.ended
      record.tokens = outcome.tokens
      record.chunks = outcome.chunks
      record.cachedTokens = outcome.cachedTokens
      record.preemptions = outcome.preemptions
      record.retries = outcome.retries
      record.drafted = outcome.drafted
      record.acceptedDrafts = outcome.acceptedDrafts
      record.verifications = basis.drafts > 0 ? outcome.drafted / basis.drafts : 0
      record.prefillInstance = outcome.prefillInstance
      record.decodeInstance = outcome.decodeInstance
      let objectives = basis.classes[request.trafficClass]
      record.isInside = objectives.hasObjectives ? outcome.isInside(objectives) : nil
      record.moments = moments.isEmpty ? [] : moments[index]
      return record
    }
  }
}

extension RequestOutcome.End {
  /// The stored state, and the reason of a rejection or loss.
  fileprivate var recorded: (RequestRecord.State, reason: String?) {
    switch self {
    case .finished: (.finished, nil)
    case .rejected(let reason): (.rejected, reason.rawValue)
    case .lost(let reason): (.lost, reason.rawValue)
    case .running: (.running, nil)
    case .queued: (.queued, nil)
    }
  }
}
