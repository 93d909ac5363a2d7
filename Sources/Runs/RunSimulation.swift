// A whole run: its steps are simulated, each distinct one once; months are composed of them, in
// replications with failures.

import Cluster
import ModelCost
import Recording
import Statistics
import Units

/// A run, ready for its replications.
package struct RunSimulation: Sendable {
  package let spec: TrainingRunSpec
  private let model: ModelSpec
  private let cluster: ClusterSpec
  /// The run as the failure simulation sees it.
  package let process: RunProcess
  private let steps: RunSteps
  /// The largest checkpoint of all phases; nil without checkpoints.
  package let checkpoint: CheckpointSize?

  /// Simulates the steps of a run.
  ///
  /// - Throws: `RunRefusal` if a step cannot be planned.
  package init(
    _ spec: TrainingRunSpec, model: ModelSpec, cluster: ClusterSpec, workers: Workers = .one
  ) throws(RunRefusal) {
    self.init(
      spec, model: model, cluster: cluster,
      steps: try RunSteps(spec.phases, model: model, cluster: cluster, workers: workers))
  }

  /// A run whose steps are simulated already, by another run with the same ones.
  package init(
    _ spec: TrainingRunSpec, model: ModelSpec, cluster: ClusterSpec, steps: RunSteps
  ) {
    self.spec = spec
    self.model = model
    self.cluster = cluster
    self.steps = steps
    checkpoint = spec.checkpoints.map { checkpoints in
      Self.largestCheckpoint(spec, checkpoints, steps, cluster)
    }
    process = Self.process(spec, steps, checkpoint, cluster)
  }

  /// Nodes of the job.
  package var jobNodes: Int { process.nodes.count }

  /// GPUs of job and spares.
  package var allocatedGPUs: Int {
    (jobNodes + (spec.spares?.count ?? 0)) * cluster.node.gpusPerNode
  }

  /// Seconds of all steps without failures, saves and pauses.
  package var stepSeconds: Double { process.stepSeconds }

  /// Replications of the run.
  ///
  /// - Throws: `RunRefusal` if it has too many saves, or does not end.
  package func outcomes(workers: Workers = .one) throws(RunRefusal) -> [RunOutcome] {
    try process.outcomes(
      0..<spec.replications, seed: spec.seed, keepsStops: true, workers: workers)
  }

  /// The result of all replications.
  ///
  /// - Throws: `RunRefusal`; `BrokenInvariant` for a run whose times do not sum to its length.
  package func result(workers: Workers = .one) throws -> SimulationResult {
    let outcomes = try outcomes(workers: workers)
    for outcome in outcomes { try outcome.check() }
    return RunFigures(self, outcomes, steps, cluster).result()
  }

  // MARK: Composition

  private static func largestCheckpoint(
    _ spec: TrainingRunSpec, _ checkpoints: CheckpointSpec, _ steps: RunSteps,
    _ cluster: ClusterSpec
  ) -> CheckpointSize {
    let sizes = spec.phases.flatMap(\.parts).map { part in
      CheckpointSize(
        steps[part.step].saved, stateBytes: part.step.precision.optimizerBytes,
        weightBytes: checkpoints.keepsWeights ? part.step.precision.weights.bytes : 0,
        gpusPerNode: cluster.node.gpusPerNode, readsOnce: checkpoints.readsOnce)
    }
    var largest = sizes[0]
    for size in sizes where size.ofGPU > largest.ofGPU { largest = size }
    return largest
  }

  private static func process(
    _ spec: TrainingRunSpec, _ steps: RunSteps, _ size: CheckpointSize?, _ cluster: ClusterSpec
  ) -> RunProcess {
    let gpus = spec.gpuCount
    let perNode = cluster.node.gpusPerNode
    var nodes = JobNodes(count: (gpus + perNode - 1) / perNode)
    nodes.perRack = cluster.node.nodesPerRack
    nodes.perLeaf = spec.nodesPerLeaf
    let slowest = 1 + spec.jitter * LargestOfMany(max(1, gpus)).normalMean
    var stretches: [RunStretch] = []
    for (index, phase) in spec.phases.enumerated() {
      let generation = phase.generationSeconds / Double(max(1, phase.steps))
      for part in phase.parts {
        let seconds = steps[part.step].seconds
        var stretch = RunStretch(
          phase: index, steps: part.steps, stepSeconds: seconds * slowest + generation,
          tokensPerStep: Double(part.step.tokensPerStep))
        stretch.idealSeconds = seconds + generation
        stretch.stallSeconds = spec.dataStall
        stretches.append(stretch)
      }
    }
    var process = RunProcess(stretches: stretches, nodes: nodes)
    process.queue = spec.queue
    process.restart = spec.restart
    process.restart.communicators = spec.communicators.seconds(gpus: Double(gpus))
    process.exposure = spec.exposure
    process.failures = spec.failures
    process.spares = spec.spares
    process.evaluation = spec.evaluation
    process.maintenance = spec.maintenance
    process.spikes = spec.spikes
    process.evictsSlowNodes = spec.evictsSlowNodes
    guard let checkpoints = spec.checkpoints, let size else { return process }
    process.verification = checkpoints.verification
    process.checkpoints = checkpoints.levels(
      size, interval: checkpoints.interval(size, process),
      nodeNetwork: cluster.node.networkPerGPU.value * Double(perNode))
    return process
  }
}
