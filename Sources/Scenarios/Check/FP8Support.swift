// Number formats that may be FP8, which not every GPU supports.

import Cluster
import ModelCost

extension Problems {
  /// The format of a key; nil, with a problem reported, if it is FP8 and the GPU has no FP8.
  ///
  /// - Parameters:
  ///   - path: path of the mapping that contains the key.
  ///   - gpu: the GPU; nil if its description is invalid.
  func format(
    _ fields: Fields, _ key: Key<Precision>, _ path: String, on gpu: GPUSpec?
  ) -> Precision? {
    guard let format = fields.value(key) else { return nil }
    guard format == .fp8, let gpu, gpu.fp8Peak == nil else { return format }
    add(
      join(path, key.name),
      fields.isWritten(key)
        ? "\"fp8\" is not supported by GPU \(gpu.name), which has no FP8 tensor cores"
        : "is required: GPU \(gpu.name) has no FP8 tensor cores",
      allowed: "for example: \(key.name): bf16")
    return nil
  }
}
