// Formats in which weights are stored, with the bytes of their scales.
//
// A matrix [rows, columns] multiplies inputs along its columns, and blocks of scales lie along
// them. A started block has a whole scale.

/// A format of stored weights.
package enum WeightFormat: String, CaseIterable, Hashable, Sendable {
  case bf16
  /// FP8 with one FP32 scale for each matrix.
  case fp8Tensor = "fp8_tensor"
  /// FP8 with one FP32 scale for each block of 128 x 128: DeepSeek-V3's.
  case fp8Tile = "fp8_tile"
  /// Microscaling formats: one exponent byte for 32 numbers (OCP MX specification 1.0).
  case mxfp8
  case mxfp4
  /// FP4 with an FP8 scale for 16 numbers and an FP32 one for each matrix (NVIDIA).
  case nvfp4
  /// Four-bit integers with a BF16 scale for each group.
  case int4Group32 = "int4_g32"
  case int4Group64 = "int4_g64"
  case int4Group128 = "int4_g128"

  /// Bytes of a matrix [rows, columns], scales included.
  package func bytes(rows: Int, columns: Int) -> Int {
    func blocks(_ size: Int) -> Int { (columns + size - 1) / size }
    switch self {
    case .bf16: return 2 * rows * columns
    case .fp8Tensor: return rows * columns + 4
    case .fp8Tile: return rows * columns + 4 * ((rows + 127) / 128) * blocks(128)
    case .mxfp8: return rows * columns + rows * blocks(32)
    case .mxfp4: return rows * (blocks(2) + blocks(32))
    case .nvfp4: return rows * (blocks(2) + blocks(16)) + 4
    case .int4Group32: return rows * (blocks(2) + 2 * blocks(32))
    case .int4Group64: return rows * (blocks(2) + 2 * blocks(64))
    case .int4Group128: return rows * (blocks(2) + 2 * blocks(128))
    }
  }

  /// Numbers along rows and columns that share a scale, if a matrix can only be divided between
  /// whole blocks of them.
  package var undividedBlock: Int? { self == .fp8Tile ? 128 : nil }
}

/// Which weights of a model are stored in a narrow format; the others are in BF16.
package struct WeightScheme: Hashable, Sendable {
  /// The matrices in the format.
  package enum Coverage: String, CaseIterable, Hashable, Sendable {
    /// Those of attention and of all feed-forward layers.
    case linear
    /// Those of routed experts.
    case experts
  }

  package var format: WeightFormat
  package var coverage: Coverage

  package init(_ format: WeightFormat, _ coverage: Coverage = .linear) {
    self.format = format
    self.coverage = coverage
  }

  /// All weights in BF16.
  package static let bf16 = WeightScheme(.bf16)

  /// Bytes of weights.
  package func bytes(of tensors: [WeightTensor]) -> Int {
    tensors.reduce(0) { sum, tensor in
      let isCovered = coverage == .linear || tensor.division == .experts
      let format = isCovered && tensor.narrowing == .always ? format : .bf16
      return sum + tensor.count * format.bytes(rows: tensor.rows, columns: tensor.columns)
    }
  }
}
