// The GPUs that a step of inference simulates: one of each kind.
//
// A degraded port makes its GPU a kind of its own: all wait for what it sends. It has the mean
// load. A dead NIC makes two, for the other GPUs of its node carry its traffic.

import Cluster
import Execution

/// A GPU that stands for those like it.
struct GPUKind: Hashable {
  /// Whether it is the fullest in every layer; others have the mean load.
  var isFullest: Bool
  /// What is left of its NIC, and of its NVLink port.
  var nicLeft = 1.0
  var nvlinkLeft = 1.0
  /// Whether the NIC of a neighbour is dead, whose traffic goes through its own.
  var carries = false

  /// Whether its NIC is dead.
  var isDead: Bool { nicLeft == 0 }

  /// Whether its ports have less room than those of others.
  var isSlow: Bool { nicLeft < 1 || nvlinkLeft < 1 || carries }

  /// Tokens that its experts receive, over the mean.
  func load(fullest: ExchangeLoad) -> ExchangeLoad { isFullest ? fullest : .mean }
}

extension InferenceCosts {
  /// The mean and the fullest GPU where they differ, and one for each way in which ports are
  /// degraded.
  var kinds: [GPUKind] {
    // Where all are equally full, each is the fullest.
    let full = [GPUKind(isFullest: true)]
    return (balance.isUneven ? [GPUKind(isFullest: false)] + full : full) + slowKinds
  }

  private var slowKinds: [GPUKind] {
    var kinds: [GPUKind] = []
    func note(_ kind: GPUKind) { if !kinds.contains(kind) { kinds.append(kind) } }
    for gpu in 0..<spec.expertParallel {
      var kind = GPUKind(isFullest: false)
      for fault in cluster.faults where fault.gpu == gpu {
        switch fault.port {
        case .nic: kind.nicLeft *= fault.remaining
        case .gpu: kind.nvlinkLeft *= fault.remaining
        }
      }
      if kind.isDead { note(GPUKind(isFullest: false, carries: true)) }
      if kind.isSlow { note(kind) }
    }
    return kinds
  }
}
