// Resolves the keys under `inference`, or of a pool of a service, to an InferenceSpec that fits its
// cluster and model.

import Cluster
import ModelCost
import Routing
import Serving

/// Makes the inference spec; checks every condition that can be checked despite other problems.
struct InferenceResolver {
  let fields: Fields
  /// The cluster; nil if its description is invalid, which skips the conditions on it.
  let cluster: ClusterSpec?
  let model: ModelSpec?
  let traces: TraceFiles
  /// The folder of the scenario; file names are relative to it.
  let folder: String
  let problems: Problems
  /// Path of the keys, for messages.
  var path = "inference"
  /// What a step computes, for keys that do not say it; nil for those of a single step.
  var work: Work?

  /// The steps of a pool of a service, whose sizes change.
  struct Work {
    /// The phase whose exchanges a unit needs.
    var phase: InferenceSpec.Phase
    /// Sequences and tokens to start from.
    var batch: Int
    var context: Int
    /// Probability that the first draft is accepted; nil without drafts.
    var acceptance: Double?
  }

  /// Maximum tokens per GPU and step, so that the step fits the clock of a simulation.
  private static let tokenLimit = 16_777_216

  /// The spec; nil, or with problems reported, if it is not valid.
  func spec() -> InferenceSpec? {
    let phase = work?.phase ?? fields.given(InferenceKeys.phase)
    let layout = self.layout()
    let formats = self.formats()
    check(layout, formats)
    checkNetwork(layout)
    checkBatch(phase)
    checkPrefix(phase)
    let acceptance = work?.acceptance ?? mtpAcceptance(phase)
    let sms = communicationSMs(phase, layout)
    let routing = self.routing()
    let plan = self.plan(routing)
    guard let phase, let batch = work?.batch ?? fields.given(InferenceKeys.batch),
      let context = work?.context ?? fields.given(InferenceKeys.context),
      let prefix = fields.value(InferenceKeys.cachedPrefix), let layout,
      let redundant = fields.value(InferenceKeys.redundantExperts),
      let microbatches = self.microbatches(batch, layout),
      let kvCache = fields.value(InferenceKeys.kvCache), let formats, let sms, let routing,
      let planner = fields.value(InferenceKeys.planner),
      let release = fields.value(InferenceKeys.kernelRelease),
      let fidelity = fields.value(InferenceKeys.fidelity),
      let absorbedCopy = fields.value(InferenceKeys.absorbedCopy), let pool = self.pool(),
      let host = self.host()
    else { return nil }
    var spec = InferenceSpec(
      phase: phase, batch: batch, context: context, cachedPrefix: prefix, layout: layout,
      redundantExperts: redundant, microbatches: microbatches, kvCache: kvCache,
      formats: formats, mtpAcceptance: acceptance, communicationSMs: sms, routing: routing,
      planner: planner, plan: plan, kernelRelease: release, fidelity: fidelity)
    spec.absorbedCopy = absorbedCopy
    spec.pool = pool
    spec.host = host
    return spec
  }

  /// Checks that listed links come with every GPU simulated, and that faults are on simulated GPUs.
  private func checkNetwork(_ layout: InferenceLayout?) {
    guard let cluster else { return }
    let fidelity = fields.value(InferenceKeys.fidelity)
    problems.checkOwnPaths(of: cluster, fidelity, at: "\(path).fidelity")
    problems.checkSize(of: cluster, fidelity, at: "\(path).fidelity")
    guard let gpus = layout?.gpus ?? fields.given(InferenceKeys.expertParallel) else { return }
    let place =
      fields.isWritten(InferenceKeys.expertParallel) && layout?.pipeline == 1
      ? "\(path).expert_parallel" : "the layout"
    for fault in cluster.faults where fault.firstGPU(in: cluster.node) >= gpus {
      let name = LinkFault.name(of: fault.port, fault.index, in: cluster.node)
      problems.add(
        "cluster.faults", "\"\(name)\" is outside the GPUs of \(place)",
        allowed: "expected: one of the first \(gpus) GPUs")
    }
  }

  /// What hosts cost. The host of a service's instance has a time of its own.
  private func host() -> HostCosts? {
    guard let stack = fields.value(HostKeys.inferenceStack),
      var host = fields.host(of: stack, HostKeys.inferenceHost)
    else { return nil }
    if work != nil { (host.scheduler, host.operation) = (0, 0) }
    return host
  }

  private func checkBatch(_ phase: InferenceSpec.Phase?) {
    guard let batch = fields.given(InferenceKeys.batch) else { return }
    if let parts = fields.given(InferenceKeys.microbatches), parts > batch {
      problems.add(
        "\(path).microbatches", "\"\(parts)\" microbatches of \(batch) sequence",
        allowed: "expected: 1, or at least \(parts) sequences as \(path).batch")
    }
    guard let context = fields.given(InferenceKeys.context), phase == .prefill else { return }
    let prefix = fields.value(InferenceKeys.cachedPrefix) ?? 0
    let tokens = context + prefix
    if tokens > Self.tokenLimit {
      problems.add(
        prefix > 0 ? "\(path).cached_prefix" : "\(path).context",
        "prompts of \(tokens) tokens",
        allowed: "expected: at most \(Self.tokenLimit), including their cached prefix")
    } else if batch * tokens > Self.tokenLimit {
      problems.add(
        "\(path).batch",
        "\(batch * tokens) tokens on one GPU are more than the limit of \(Self.tokenLimit)",
        allowed: "expected: at most \(Self.tokenLimit / tokens) sequences")
    }
  }

  /// The number specified, or the default, reduced so that each microbatch has a sequence.
  ///
  /// Engines overlap two microbatches where tokens are exchanged.
  private func microbatches(_ batch: Int, _ layout: InferenceLayout) -> Int? {
    fields.given(InferenceKeys.microbatches)
      ?? fields.value(InferenceKeys.microbatches).map {
        // The batches of a pool change, and engines go by the largest.
        layout.expertPath == .allToAll ? (work == nil ? min($0, batch) : $0) : 1
      }
  }

  private func checkPrefix(_ phase: InferenceSpec.Phase?) {
    guard phase == .decode, let prefix = fields.given(InferenceKeys.cachedPrefix) else { return }
    problems.add(
      "\(path).cached_prefix", "\"\(prefix)\" is for prefill",
      allowed: "in decode, \(path).context is the number of cached tokens")
  }

  private func mtpAcceptance(_ phase: InferenceSpec.Phase?) -> Double? {
    let key = "\(path).mtp_acceptance"
    guard let acceptance = fields.given(InferenceKeys.mtpAcceptance) else { return nil }
    if phase == .prefill {
      problems.add(key, "\"\(acceptance)\": prefill drafts no tokens")
    }
    if let model, model.mtpModules == 0 {
      problems.add(key, "\"\(acceptance)\", but \(model.name) has no MTP modules")
    }
    return acceptance
  }

  private func communicationSMs(
    _ phase: InferenceSpec.Phase?, _ layout: InferenceLayout?
  ) -> Int? {
    guard !fields.isRefused(InferenceKeys.communicationSMs) else { return nil }
    let isNeeded =
      phase == .prefill && model?.experts != nil && layout?.expertPath ?? .allToAll == .allToAll
    return CommunicationSMs(
      path: "\(path).communication_sms", written: fields.given(InferenceKeys.communicationSMs),
      usual: isNeeded ? phase?.usualCommunicationSMs ?? 0 : 0, isNeeded: isNeeded,
      gpu: cluster?.node.gpu
    ).count(problems)
  }

  /// The timing of the plan; nil if none is specified, or if it is invalid.
  private func plan(_ routing: RoutingSpec?) -> PlanTiming? {
    guard let written = fields.given(InferenceKeys.plan) else { return nil }
    if let routing, !DriftedLoads.canDrift(routing.source) {
      problems.add(
        "\(path).plan", "needs expert loads by domain, whose mix drifts",
        allowed: "expected: lognormal, profile, builtin, or trace with use: shares as"
          + " \(path).routing.source")
    }
    guard let window = written.given(PlanKeys.window), let age = written.given(PlanKeys.age)
    else { return nil }
    return PlanTiming(windowMinutes: window, ageMinutes: age)
  }

  private func routing() -> RoutingSpec? {
    guard !fields.isRefused(InferenceKeys.routing) else { return nil }
    guard let written = fields.given(InferenceKeys.routing) else { return .uniform }
    return RoutingResolver(
      fields: written, model: model, traces: traces, folder: folder, path: "\(path).routing",
      problems: problems
    ).spec()
  }
}
