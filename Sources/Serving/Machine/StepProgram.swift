// An inference step as operations on the streams of two GPUs: one with the mean load of experts
// and one that is the fullest in every layer. Exchanges need both, so the pair stands for all.

import ModelCost
import Units

/// What an operation does.
enum StepOperationKind: String, CaseIterable {
  /// What leads to a dispatch, or lies around the layers.
  case attention
  case shared
  case experts
  case dispatch
  case combine
  case head

  var isExchange: Bool { self == .dispatch || self == .combine }
}

/// One operation.
struct StepOperation {
  var gpu: Int
  /// The part of the batch that it belongs to, from 0.
  var microbatch: Int
  var kind: StepOperationKind
  /// Duration with all multiprocessors, and beside an exchange that holds some.
  var alone: SimDuration
  var besideExchange: SimDuration
  var inputs: [Int]
}

/// Operations in order; each GPU has a compute stream and a communication stream.
struct InferenceProgram {
  private(set) var operations: [StepOperation] = []
  let gpuCount: Int

  init(gpuCount: Int) { self.gpuCount = gpuCount }

  /// Appends an operation to its stream and returns its index.
  mutating func add(
    _ kind: StepOperationKind, gpu: Int, microbatch: Int = 0, _ time: PieceTime, inputs: [Int]
  ) -> Int {
    operations.append(
      StepOperation(
        gpu: gpu, microbatch: microbatch, kind: kind, alone: time.alone,
        besideExchange: time.besideExchange,
        inputs: inputs))
    return operations.count - 1
  }
}
