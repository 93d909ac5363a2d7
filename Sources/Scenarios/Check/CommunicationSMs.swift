// SMs that communication occupies: as specified, or the default number if the GPU has enough.

import Cluster

/// The key `communication_sms` of training or of inference.
struct CommunicationSMs {
  /// Path of the key, for messages.
  let path: String
  /// The number specified; nil if the key is absent.
  let written: Int?
  /// The default on a GPU with more SMs.
  let usual: Int
  /// Whether there are exchanges that need SMs.
  let isNeeded: Bool
  /// The GPU; nil if its description is invalid.
  let gpu: GPUSpec?

  /// The number of SMs; an invalid one is reported as a problem.
  func count(_ problems: Problems) -> Int {
    guard let written else {
      let most = gpu.map { $0.smCount - 1 } ?? usual
      if isNeeded && most == 0 {
        problems.add(
          "cluster.node.gpu.sms",
          "\"1\" leaves none to compute: dispatch and combine need it",
          allowed: "expected: 2 or more")
      }
      return min(usual, most)
    }
    if isNeeded && written == 0 {
      problems.add(
        path, "\"0\" leaves none for dispatch and combine", allowed: "expected: 1 or more")
    }
    if let gpu, written >= gpu.smCount {
      problems.add(
        path, "\"\(written)\" leaves none of the \(gpu.smCount) SMs of \(gpu.name) to compute",
        allowed: "expected: fewer than \(gpu.smCount)")
    }
    return written
  }
}
