// How training multiplies in narrow formats: which passes convert operands, and which copies of
// weights and inputs are kept.
//
// Sources: NVIDIA Transformer Engine (common/recipe/__init__.py; modules cast an input in both
// directions in the forward and keep the columns for the weight gradient; those that keep the BF16
// input instead, because it is recomputed, cast it by columns in the backward:
// save_original_input); DeepSeek-V3 report, sections 3.3.1 to 3.3.3 (rows are kept and
// requantised). Never in narrow formats: router, embedding, head, norms, attention core.
//
// Not modelled: the all-reduce of maxima under delayed scaling, four bytes a tensor, and their
// history of 1,024 values; the Hadamard transform of NVFP4.

/// A way to multiply in narrow formats.
package enum PrecisionRecipe: String, CaseIterable, Hashable, Sendable {
  case bf16
  /// DeepSeek-V3's: tiles of 1 x 128 and 128 x 128 with FP32 scales; inputs are kept by rows and
  /// requantised by columns.
  case deepseek
  /// One FP32 scale a tensor from its own maximum (current scaling), which takes a pass of its own.
  case fp8Tensor = "fp8_tensor"
  /// One FP32 scale a tensor from the maxima of earlier steps (delayed scaling).
  case fp8TensorDelayed = "fp8_tensor_delayed"
  /// Transformer Engine's tiles, of the same shapes as DeepSeek's.
  case fp8Tile = "fp8_tile"
  /// Blocks of 32 with an exponent byte.
  case mxfp8
  /// FP4 in blocks of 16 with an FP8 scale, and an FP32 scale a tensor.
  case nvfp4

  /// Bytes of a number in tiles of 1 x 128 with an FP32 scale, in which tensors travel and are kept
  /// beside products in BF16.
  package static let tileBytes = 1 + 4.0 / 128

  /// The format of operands, by its size.
  package var products: Precision { self == .bf16 ? .bf16 : .fp8 }

  /// Bytes of an operand's number, scales included.
  package var operandBytes: Double {
    switch self {
    case .bf16: 2
    case .fp8Tensor, .fp8TensorDelayed: 1
    case .deepseek, .fp8Tile: Self.tileBytes
    case .mxfp8: 1 + 1.0 / 32
    case .nvfp4: 0.5 + 1.0 / 16
    }
  }

  /// Whether the forward keeps inputs of products in the format in which they are multiplied.
  package var keepsQuantisedInputs: Bool { self != .bf16 && self != .deepseek }

  /// Bytes of a number that is kept as the input of a product, scales included.
  package var keptInputBytes: Double { keepsQuantisedInputs ? operandBytes : 2 }

  /// Numbers that share a scale, of which a divided width has whole blocks; nil if a started block
  /// may have a scale of its own.
  package var undividedBlock: Int? {
    switch self {
    case .fp8Tile: 128
    case .mxfp8: 32
    case .bf16, .deepseek, .fp8Tensor, .fp8TensorDelayed, .nvfp4: nil
    }
  }

  /// Bytes that each pass over an input or a weight reads and writes for a number.
  ///
  /// - Parameter transposes: whether products need operands in one order, so that FP8 with one
  ///   scale a tensor also writes a transposed copy; formats in blocks need one in any case.
  package func castPasses(transposes: Bool) -> [Double] {
    switch self {
    case .bf16: []
    case .deepseek: [2 + operandBytes]
    case .fp8Tensor: [2, 2 + copies(transposes: transposes)]
    case .fp8TensorDelayed: [2 + copies(transposes: transposes)]
    case .fp8Tile, .mxfp8, .nvfp4: [2 + 2 * operandBytes]
    }
  }

  /// The same for a gradient, which products read by rows and by columns.
  package func gradientPasses(transposes: Bool) -> [Double] {
    self == .deepseek ? [4] : castPasses(transposes: transposes)
  }

  /// The passes that write a tensor only once, by rows or by columns.
  package var onePasses: [Double] {
    switch self {
    case .bf16: []
    case .fp8Tensor: [2, 2 + operandBytes]
    case .deepseek, .fp8TensorDelayed, .fp8Tile, .mxfp8, .nvfp4: [2 + operandBytes]
    }
  }

  /// Bytes read and written to make columns of rows; nil if products read rows alone.
  package func transpositionBytes(transposes: Bool) -> Double? {
    switch self {
    case .bf16: nil
    case .deepseek: 2
    case .fp8Tensor, .fp8TensorDelayed: transposes ? 2 * operandBytes : nil
    case .fp8Tile, .mxfp8, .nvfp4: 2 * operandBytes
    }
  }

  private func copies(transposes: Bool) -> Double { transposes ? 2 : 1 }

  /// Bytes of the copies of weights that products read, made once a step; 0 for those that are made
  /// in each product, and for weights that stay in BF16.
  package func cachedBytes(of tensors: [WeightTensor], transposes: Bool) -> Double {
    tensors.reduce(0) { sum, tensor in
      guard tensor.narrowing != .never else { return sum }
      let (rows, columns) = (tensor.rows, tensor.columns)
      let bytes =
        switch self {
        case .bf16, .deepseek: 0
        case .fp8Tensor, .fp8TensorDelayed: (transposes ? 2 : 1) * rows * columns + 4
        case .fp8Tile: 2 * WeightFormat.fp8Tile.bytes(rows: rows, columns: columns)
        case .mxfp8: both(.mxfp8, rows, columns)
        case .nvfp4: both(.nvfp4, rows, columns)
        }
      return sum + Double(tensor.count * bytes)
    }
  }

  private func both(_ format: WeightFormat, _ rows: Int, _ columns: Int) -> Int {
    format.bytes(rows: rows, columns: columns) + format.bytes(rows: columns, columns: rows)
  }
}

/// What the optimizer's weights are converted from, and what products read.
package enum PrimaryWeights: String, CaseIterable, Hashable, Sendable {
  /// BF16 weights, besides the copies that products read.
  case bf16
  /// Only the copies that products read.
  case quantised
}

extension [WeightTensor] {
  /// Numbers that training multiplies in a narrow format.
  package var narrowElements: Int {
    reduce(0) { $0 + ($1.narrowing == .never ? 0 : $1.elements) }
  }
}
