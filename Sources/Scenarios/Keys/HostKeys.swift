// The keys `stack` and `host` of a training or an inference step: the software, and what its hosts
// cost.

import ModelCost
import Units

/// Keys of `training.host`; defaults are those of the stack.
enum HostKeys {
  static let trainingStack = Key<SoftwareStack>(
    "stack", .choice(SoftwareStack.training.map(\.rawValue)),
    "Software, which sets what hosts cost; absent: deepseek with DeepSeek's precision, else"
      + " megatron.")
  static let inferenceStack = Key<SoftwareStack>(
    "stack", .choice(SoftwareStack.inference.map(\.rawValue)), fallback: .sglang,
    "Software, which sets what hosts cost.")
  private static let time = Kind.quantity(Seconds.self, "time", from: "0 s", to: "10 s")
  static let gap = Key<Seconds>(
    "gap", time, "From the end of a kernel to the start of the next; absent: the stack's.")
  static let operation = Key<Seconds>(
    "operation", time, "Of the host, to launch one operation; absent: the stack's.")
  static let expertLayer = Key<Seconds>(
    "expert_layer", time,
    "Of the host, for forward and backward of a layer's experts; absent: the stack's, or by"
      + " operations.")
  static let synchronisation = Key<Seconds>(
    "synchronisation", time,
    "Of the host, to read the numbers of a layer's rows, besides the wait; absent: the stack's.")
  static let graphs = Key<Bool>(
    "graphs", .flag, "Whether layers are launched by captured graphs; absent: no.")
  static let optimizerFactor = Key<Double>(
    "optimizer_factor", .number(1...100),
    "Time of the optimizer's update over that of its kernel; absent: the stack's.")
  static let step = Key<Seconds>(
    "step", time,
    "Of the host in each step, for launches of the update, data and logs; absent: the stack's.")
  static let scheduler = Key<Seconds>(
    "scheduler", time, "Of the host, beside each decode step; absent: the stack's.")
  static let unhidden = Key<Seconds>(
    "unhidden", time, "Of the host, after each decode step; absent: the stack's.")
  static let trainingHost = Key<Fields>(
    "host",
    .record(
      Record([
        gap.declaration, operation.declaration, expertLayer.declaration,
        synchronisation.declaration, graphs.declaration, optimizerFactor.declaration,
        step.declaration,
      ])), "What hosts cost; absent: what the stack says.")
  static let inferenceHost = Key<Fields>(
    "host",
    .record(
      Record([
        gap.declaration, operation.declaration, scheduler.declaration, unhidden.declaration,
      ])), "What hosts cost; absent: what the stack says.")
}

extension SoftwareStack: KeyValue {}

extension Fields {
  /// What hosts cost, by a stack and the keys that replace its values; nil if one is invalid.
  ///
  /// - Parameter key: the key of this record with these keys.
  func host(of stack: SoftwareStack, _ key: Key<Fields>) -> HostCosts? {
    guard !isRefused(key) else { return nil }
    var host = stack.host
    guard let written = given(key) else { return host }
    host.gap = written.given(HostKeys.gap)?.value ?? host.gap
    host.operation = written.given(HostKeys.operation)?.value ?? host.operation
    host.expertLayer = written.given(HostKeys.expertLayer)?.value ?? host.expertLayer
    host.synchronisation =
      written.given(HostKeys.synchronisation)?.value ?? host.synchronisation
    host.usesGraphs = written.given(HostKeys.graphs) ?? host.usesGraphs
    host.optimizerFactor = written.given(HostKeys.optimizerFactor) ?? host.optimizerFactor
    host.scheduler = written.given(HostKeys.scheduler)?.value ?? host.scheduler
    host.unhidden = written.given(HostKeys.unhidden)?.value ?? host.unhidden
    if let step = written.given(HostKeys.step)?.value {
      (host.optimizerLaunches, host.stepWork) = (0, step)
    }
    return host
  }
}
