// Changes to where the states of a model lie.

import ModelCost
import Recording

extension MemoryRemedies {
  /// More states divided between the GPUs that hold the same parameters.
  var shardings: [RemedyCandidate] {
    let more = StateSharding.States.allCases.filter { $0 > spec.sharding.states }
    return [
      RemedyCandidate(more.map { [Setting("training.sharding.states", $0.rawValue)] })
    ]
  }

  /// States of the optimizer in host memory.
  var offloads: [RemedyCandidate] {
    guard spec.offload == nil else { return [] }
    return [
      RemedyCandidate(
        [0.25, 0.5, 1].map { share in [Setting("training.offload.share", "\(share)")] })
    ]
  }
}
