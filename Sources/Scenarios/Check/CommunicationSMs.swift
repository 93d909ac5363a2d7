// Multiprocessors that communication occupies: as written, or the usual number if the GPU has it.

import Cluster

/// The key `communication_sms` of training or of inference.
struct CommunicationSMs {
  /// Where the key stands, for messages.
  let path: String
  /// Nil where the key is absent.
  let written: Int?
  /// What an absent key means on a GPU that has more of them.
  let usual: Int
  /// Whether there are exchanges that cannot do without.
  let isNeeded: Bool
  /// Nil where its description is wrong.
  let gpu: GPUSpec?

  /// The number; what is wrong with it becomes a problem.
  func count(_ problems: Problems) -> Int {
    guard let written else {
      let most = gpu.map { $0.smCount - 1 } ?? usual
      if isNeeded && most == 0 {
        problems.add(
          "cluster.node.gpu.sms",
          "\"1\" is needed by dispatch and combine, and none is left to compute",
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
