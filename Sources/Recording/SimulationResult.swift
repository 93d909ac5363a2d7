// The result of a simulation, for every kind of question. Every room that simulates returns one.

import Units

/// The result of a simulation: a function of the scenario alone.
package struct SimulationResult: Sendable {
  /// The time from the start of the step's first operation to the end of its last one; of a
  /// service, until its last event.
  package var stepTime: SimDuration
  package var metrics: [Metric]
  package var rankTimes: [RankTime]
  /// The cells of each simulated GPU by kind; empty if nothing is scheduled.
  package var cellTimes: [CellTime]
  /// The exchanges of each simulated GPU by purpose.
  package var trafficTimes: [TrafficTime]
  package var memory: [MemoryUse]
  /// The bars of the timeline, in time order on each stream of a rank; empty if not kept.
  package var spans: [Span]
  /// Memory in use over time, in time order on each rank; empty if not kept.
  package var memoryPoints: [MemoryPoint]
  /// Expert loads by layer; empty if they are balanced.
  package var expertLoads: [ExpertLoad]
  /// Imbalance between GPUs in each layer with experts; empty if it was not computed.
  package var layerLoads: [LayerLoad]
  /// The step's time in draws of what is not known exactly; empty if none were made.
  package var predictionErrors: [PredictionError] = []
  /// Traffic, and the use of links over time.
  package var network: NetworkUse
  /// The requests of a service, in the order of arrival; empty if they were not kept.
  package var requests: [RequestRecord]
  /// The pools of a service.
  package var pools: [PoolUse]
  /// The state of a service over time.
  package var samples: [ServiceSample]
  /// The tables of a training run; empty for other questions.
  package var run = RunDetails()
  /// The assumptions made for lack of a published source, as sentences.
  package var assumptions: [String]
  /// A hash over the executed events, in hexadecimal.
  package var fingerprint: String

  package init(
    stepTime: SimDuration, metrics: [Metric], rankTimes: [RankTime] = [],
    cellTimes: [CellTime] = [], trafficTimes: [TrafficTime] = [], memory: [MemoryUse] = [],
    spans: [Span] = [], memoryPoints: [MemoryPoint] = [], expertLoads: [ExpertLoad] = [],
    layerLoads: [LayerLoad] = [], network: NetworkUse = NetworkUse(),
    requests: [RequestRecord] = [],
    pools: [PoolUse] = [], samples: [ServiceSample] = [], assumptions: [String] = [],
    fingerprint: String = ""
  ) {
    self.stepTime = stepTime
    self.metrics = metrics
    self.rankTimes = rankTimes
    self.cellTimes = cellTimes
    self.trafficTimes = trafficTimes
    self.memory = memory
    self.spans = spans
    self.memoryPoints = memoryPoints
    self.expertLoads = expertLoads
    self.layerLoads = layerLoads
    self.network = network
    self.requests = requests
    self.pools = pools
    self.samples = samples
    self.assumptions = assumptions
    self.fingerprint = fingerprint
  }

  /// The value of a metric for the whole run or a part of it; nil if it was not reported.
  package func value(
    _ kind: MetricKind, of scope: MetricScope = .all, _ statistic: MetricStatistic = .value
  ) -> Double? {
    metrics.first { $0.kind == kind && $0.scope == scope && $0.statistic == statistic }?.value
  }
}
