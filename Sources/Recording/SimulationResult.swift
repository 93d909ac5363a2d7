// What an answer consists of, whatever was asked. Every room that simulates returns one of these.

import Units

/// What a simulation yields: a function of the scenario alone.
package struct SimulationResult: Sendable {
  /// From the start of the step's first operation to the end of its last.
  package var stepTime: SimDuration
  package var metrics: [Metric]
  package var rankTimes: [RankTime]
  /// The cells of each simulated GPU by kind; empty where nothing is scheduled.
  package var cellTimes: [CellTime]
  /// The exchanges of each simulated GPU by purpose.
  package var trafficTimes: [TrafficTime]
  package var memory: [MemoryUse]
  /// The bars of the timeline, in order of time on each stream of a rank; empty where not kept.
  package var spans: [Span]
  /// Memory in use over time, in order of time on each rank; empty where not kept.
  package var memoryPoints: [MemoryPoint]
  /// Loads of the experts by layer; empty where they are balanced.
  package var expertLoads: [ExpertLoad]
  /// Imbalance of the GPUs in each layer with experts; empty where it was not computed.
  package var layerLoads: [LayerLoad]
  /// What was sent, over what, and when.
  package var network: NetworkUse
  /// What was assumed where nothing is published, as sentences.
  package var assumptions: [String]
  /// Hash over the executed events, in hexadecimal.
  package var fingerprint: String

  package init(
    stepTime: SimDuration, metrics: [Metric], rankTimes: [RankTime] = [],
    cellTimes: [CellTime] = [], trafficTimes: [TrafficTime] = [], memory: [MemoryUse] = [],
    spans: [Span] = [], memoryPoints: [MemoryPoint] = [], expertLoads: [ExpertLoad] = [],
    layerLoads: [LayerLoad] = [], network: NetworkUse = NetworkUse(), assumptions: [String] = [],
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
    self.assumptions = assumptions
    self.fingerprint = fingerprint
  }

  /// The value of a metric of the whole run, or of a part of it; nil where it was not reported.
  package func value(
    _ kind: MetricKind, of scope: MetricScope = .all, _ statistic: MetricStatistic = .value
  ) -> Double? {
    metrics.first { $0.kind == kind && $0.scope == scope && $0.statistic == statistic }?.value
  }
}
