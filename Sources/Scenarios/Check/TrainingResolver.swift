// Resolves the keys under `training` to a TrainingSpec that fits its cluster, model and schedule.

import Cluster
import ModelCost
import Routing
import Training

/// Makes the training spec; checks every condition that can be checked despite other problems.
struct TrainingResolver {
  let fields: Fields
  /// The cluster; nil if its description is invalid, which skips the conditions on it.
  let cluster: ClusterSpec?
  let model: ModelSpec?
  let traces: TraceFiles
  /// The folder of the scenario; file names are relative to it.
  let folder: String
  let problems: Problems

  /// The spec; nil, or with problems reported, if it is not valid.
  func spec() -> TrainingSpec? {
    let parallel = fields.given(TrainingKeys.parallel)
    let layout = parallel.flatMap { self.layout($0) }
    let precision = self.precision()
    let activations = self.activations()
    let microbatches = self.microbatches(layout)
    let sms = self.communicationSMs(layout)
    let nodeLimit = self.nodeLimit(layout)
    let trainsMTP = self.trainsMTP()
    let routing = self.routing()
    checkPlanner()
    checkReplay(routing, nodeLimit)
    let pipeline = parallel.flatMap { $0.given(ParallelKeys.pipeline) }
    let order = self.order()
    let sharding = self.sharding(layout, order)
    let stages = self.stageLayout(pipeline, order, trainsMTP: trainsMTP)
    let chunks = self.chunks(stages, pipeline)
    checkSchedule(pipeline, microbatches, order, chunks: chunks)
    guard let schedule = fields.given(TrainingKeys.schedule) ?? order?.name,
      let sequenceLength = fields.given(TrainingKeys.sequenceLength),
      let microbatch = fields.value(TrainingKeys.microbatch), let microbatches,
      let runTokens = fields.value(TrainingKeys.runTokens), let layout, let sharding, let precision,
      let activations, let trainsMTP, let sms, let routing,
      let release = fields.value(TrainingKeys.kernelRelease),
      let fidelity = fields.value(TrainingKeys.fidelity), !fields.isRefused(TrainingKeys.offload),
      let planner = fields.value(TrainingKeys.planner), let jitter = fields.jitter(),
      let host = host(precision)
    else { return nil }
    var spec = TrainingSpec(
      sequenceLength: sequenceLength, microbatchSequences: microbatch,
      microbatches: microbatches, runTokens: runTokens, schedule: schedule, layout: layout,
      sharding: sharding, offload: offload(), precision: precision, activations: activations,
      stages: stages, trainsMTP: trainsMTP,
      communicationSMs: sms, kernelRelease: release, nodeLimit: nodeLimit,
      fidelity: fidelity, routing: routing, planner: planner,
      chunks: chunks, userSchedule: order)
    (spec.jitter, spec.host) = (jitter, host)
    checkWidths(precision, layout.sharding)
    checkSize(spec)
    if let cluster {
      problems.checkOwnPaths(of: cluster, fidelity, at: "training.fidelity")
      problems.checkSize(of: cluster, fidelity, at: "training.fidelity")
    }
    return spec
  }

  private func routing() -> RoutingSpec? {
    guard !fields.isRefused(TrainingKeys.routing) else { return nil }
    guard let written = fields.given(TrainingKeys.routing) else { return .uniform }
    return RoutingResolver(
      fields: written, model: model, traces: traces, folder: folder, problems: problems
    ).spec()
  }

  private func checkReplay(_ routing: RoutingSpec?, _ nodeLimit: Int?) {
    guard case .trace(let trace) = routing?.source, trace.use == .replay, let nodeLimit else {
      return
    }
    problems.add(
      "training.node_limit",
      "\"\(nodeLimit)\" cannot limit replayed tokens, whose experts are chosen",
      allowed: "expected: no node_limit, or training.routing.use: shares")
  }

  /// What hosts cost, by the software that computes in such formats.
  private func host(_ precision: TrainingPrecision) -> HostCosts? {
    guard !fields.isRefused(HostKeys.trainingStack) else { return nil }
    let stack = fields.given(HostKeys.trainingStack)
    return fields.host(
      of: stack ?? (precision.recipe == .deepseek ? .deepseek : .megatron),
      HostKeys.trainingHost)
  }

  private func checkPlanner() {
    guard let planner = fields.given(TrainingKeys.planner), planner != .inOrder, let model,
      model.experts == nil
    else { return }
    problems.add(
      "training.planner",
      "\"\(planner.rawValue)\" needs a model with experts; \(model.name) has none")
  }

  // MARK: conditions on single keys

  private func trainsMTP() -> Bool? {
    guard !fields.isRefused(TrainingKeys.trainMTP) else { return nil }
    let written = fields.given(TrainingKeys.trainMTP)
    guard let model else { return written ?? false }
    if written == true && model.mtpModules == 0 {
      problems.add("training.train_mtp", "\"true\", but \(model.name) has no MTP modules")
    }
    return written ?? (model.mtpModules > 0)
  }

  private func communicationSMs(_ layout: ParallelLayout?) -> Int? {
    guard !fields.isRefused(TrainingKeys.communicationSMs) else { return nil }
    let spreads = (layout?.expert ?? 1) > 1
    return CommunicationSMs(
      path: "training.communication_sms", written: fields.given(TrainingKeys.communicationSMs),
      usual: spreads ? 20 : 0, isNeeded: spreads, gpu: cluster?.node.gpu
    ).count(problems)
  }

  /// The key that sets the number of microbatches.
  var batchPath: String {
    fields.isWritten(TrainingKeys.globalBatch)
      ? "training.global_batch" : "training.microbatches"
  }
}
