// How the GPUs that hold the same parameters divide their states: the stages of ZeRO, fully sharded
// data parallelism (FSDP), and its hybrid with replicas of the shards.
//
// S. Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models",
// arXiv:1910.02054, section 5; Y. Zhao et al., "PyTorch FSDP", arXiv:2304.11277, section 3.

import ModelCost
import Units

/// Which states are divided between data-parallel GPUs, and when they are exchanged.
package struct StateSharding: Hashable, Sendable {
  /// States that are divided; each case includes the ones before it.
  package enum States: String, CaseIterable, Comparable, Sendable {
    /// Every GPU holds everything.
    case none
    /// ZeRO-1: master weights and moments.
    case optimizer
    /// ZeRO-2.
    case gradients
    /// ZeRO-3, FSDP.
    case parameters

    package static func < (a: States, b: States) -> Bool { a.caseIndex < b.caseIndex }
  }

  /// The divided states.
  package var states: States
  /// Replicas of every shard; 1 unless sharding is hybrid.
  package var replicas: Int
  /// Format in which gradients are reduced; nil for the format in which they are kept.
  package var reduction: Precision?
  /// Whether gathered parameters are freed between forward and backward.
  package var reshards: Bool
  /// Whether the parameters of the next unit are gathered while a unit computes.
  package var prefetches: Bool
  /// Whether gradients that are reduced once a step are reduced layer by layer during the last
  /// backward of each stage, as Megatron-LM's `--overlap-grad-reduce` does in buckets.
  package var overlapsReduction: Bool

  package init(
    states: States = .optimizer, replicas: Int = 1, reduction: Precision? = nil,
    reshards: Bool = true, prefetches: Bool = true, overlapsReduction: Bool = false
  ) {
    self.states = states
    self.replicas = replicas
    self.reduction = reduction
    self.reshards = reshards
    self.prefetches = prefetches
    self.overlapsReduction = overlapsReduction
  }

  /// ZeRO-1 after the last backward, as Megatron-LM's distributed optimizer without its overlap.
  package static let zero1 = StateSharding()

  /// Whether gradients are reduced in every microbatch.
  package var reducesEveryMicrobatch: Bool { states >= .gradients }
  /// Whether gradients are reduced during cells, in every microbatch or in the last one.
  var reducesInCells: Bool { reducesEveryMicrobatch || overlapsReduction }
}
