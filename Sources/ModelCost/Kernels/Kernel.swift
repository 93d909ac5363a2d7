// A kernel in the cost model: a class, a shape, and the resulting work.

/// Kinds of kernels; each has one source of measured speed.
package enum KernelClass: String, CaseIterable, Hashable, Sendable {
  /// Matrix products and attention, whose speed depends on the shape.
  case gemm
  case groupedGEMM = "grouped_gemm"
  case weightGEMM = "weight_gemm"
  case attentionForward = "attention_forward"
  case attentionBackward = "attention_backward"
  /// Kernels around the attention backward: delta before it, conversion of gradients after it.
  case attentionSurround = "attention_surround"
  /// Decode kernels on few rows: dense products, experts in the masked layout, one small product
  /// per head, and attention to a cache.
  case decodeGEMM = "decode_gemm"
  case maskedGEMM = "masked_gemm"
  case batchedGEMM = "batched_gemm"
  case attentionDecode = "attention_decode"
  case groupedAttentionDecode = "grouped_attention_decode"
  /// Sparse attention: the scores of an indexer, the selection of keys, and attention to them.
  case indexerScores = "indexer_scores"
  case selection
  case sparseAttention = "sparse_attention"
  case sparseAttentionDecode = "sparse_attention_decode"
  case sparseAttentionBackward = "sparse_attention_backward"
  /// Kernels that move data; one measured efficiency per class.
  case cast
  /// The maximum of a tensor, before its cast.
  case maximum
  case norm
  case normBackward = "norm_backward"
  case rope
  case swiglu
  case permute
  case router
  case routerGEMM = "router_gemm"
  case elementwise
  case loss
  case embedding
  case optimizer
}

/// Extents of a kernel. Their meaning depends on the class.
///
/// - GEMM: `groups` products [m, k] x [k, n].
/// - Weight GEMM: `groups` products [n, m] x [m, k] accumulated into [n, k].
/// - Attention: `groups` sequences of length `m`, `n` heads, query heads of size `k`; the tokens
///   also attend to `cached` earlier ones.
/// - Attention to a cache: `groups` sequences of `m` cached tokens, `n` heads, `k` queries; of
///   grouped-query attention, `groups` sequences x KV heads, each with `n` query heads.
/// - Indexer and sparse attention: `groups` sequences of `m` tokens, `n` heads, `k` queries.
/// - Others: `m` tokens (or parameters) of `n` elements.
package struct KernelShape: Hashable, Sendable {
  /// Products of the group, or sequences.
  package var groups = 1
  /// Rows, length or tokens.
  package var m: Int
  /// Columns, heads or elements per token.
  package var n: Int
  /// Inner extent, or size of a query head.
  package var k: Int
  /// Tokens per sequence that are attended to but do not attend.
  package var cached = 0
  /// Heads of keys and values of attention.
  package var keyHeads = 1
  /// Size of a value head.
  package var valueHead = 0
  /// The last keys that a token attends to; nil for all.
  package var window: Int?
  /// Bytes of a cached token, of attention to a cache.
  package var cacheBytes = 0
}

/// One kernel of a layer, with its work.
package struct Kernel: Hashable, Sendable {
  /// Name of the kernel in its layer, for lists.
  package var name: String
  package var kernelClass: KernelClass
  /// Format of the matrix operands; BF16 for everything else.
  package var precision: Precision
  package var shape: KernelShape
  /// Floating-point operations; 0 for kernels that only move data.
  package var flops: Double
  /// Bytes read from and written to HBM, each operand once.
  package var bytes: Double
  /// The part of a kernel of this shape that it is, as efficient as the whole.
  package var share = 1.0

  /// Feeds shape and work, which tell nearly all kernels apart. Name, class and precision would be
  /// hashed as texts.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(shape.groups)
    hasher.combine(shape.m)
    hasher.combine(shape.n)
    hasher.combine(shape.k)
    hasher.combine(flops)
    hasher.combine(bytes)
  }

  /// Whether there is no product, sequence or token to compute.
  var isEmpty: Bool { shape.groups == 0 || shape.m == 0 }

  /// A matrix product `groups` x [m, k] x [k, n] with BF16 result.
  package static func gemm(
    _ name: String, groups: Int = 1, m: Int, n: Int, k: Int, precision: Precision
  ) -> Kernel {
    let perGroup = Double(m * k + n * k) * operandBytes(precision) + Double(m * n) * 2
    return Kernel(
      name: name, kernelClass: groups > 1 ? .groupedGEMM : .gemm, precision: precision,
      shape: KernelShape(groups: groups, m: m, n: n, k: k),
      flops: 2 * Double(groups) * Double(m) * Double(n) * Double(k),
      bytes: Double(groups) * perGroup)
  }

  /// A weight gradient [n, k] over `tokens`, accumulated in FP32 (read and written).
  package static func weightGEMM(
    _ name: String, groups: Int = 1, tokens: Int, n: Int, k: Int, precision: Precision
  ) -> Kernel {
    let perGroup = Double(tokens * (n + k)) * operandBytes(precision) + Double(n * k) * 8
    return Kernel(
      name: name, kernelClass: .weightGEMM, precision: precision,
      shape: KernelShape(groups: groups, m: tokens, n: n, k: k),
      flops: 2 * Double(groups) * Double(tokens) * Double(n) * Double(k),
      bytes: Double(groups) * perGroup)
  }

  /// A memory-bound kernel: `tokens` times `bytesPerToken`.
  package static func memory(
    _ name: String, _ kernelClass: KernelClass, tokens: Int, bytesPerToken: Double
  ) -> Kernel {
    Kernel(
      name: name, kernelClass: kernelClass, precision: .bf16,
      shape: KernelShape(m: tokens, n: 1, k: 1), flops: 0,
      bytes: Double(tokens) * bytesPerToken)
  }

  /// Causal attention in BF16: of whole sequences, or of their last `length` tokens to all tokens.
  ///
  /// - Parameters:
  ///   - sequences: number of sequences.
  ///   - length: tokens of each sequence whose attention is computed.
  ///   - cached: earlier tokens of each, whose keys and values are cached.
  ///   - cachedBytes: of a number of these.
  ///   - heads: heads of queries.
  ///   - keyHeads: heads of keys and values.
  ///   - queryHead: size of a head of queries or keys.
  ///   - valueHead: size of a head of values.
  package static func attentionForward(
    sequences: Int, length: Int, cached: Int = 0, cachedBytes: Int = 2, heads: Int, keyHeads: Int,
    queryHead: Int, valueHead: Int
  ) -> Kernel {
    let tokens = Double(sequences) * Double(length)
    let keyBytes = Double(sequences) * Double(2 * length + cachedBytes * cached)
    // A query attends to the cached tokens and, on average, to half of the new ones.
    let pairsTwice = tokens * Double(length + 2 * cached)
    return Kernel(
      name: "attention", kernelClass: .attentionForward, precision: .bf16,
      shape: KernelShape(
        groups: sequences, m: length, n: heads, k: queryHead, cached: cached, keyHeads: keyHeads,
        valueHead: valueHead),
      flops: pairsTwice * Double(heads * (queryHead + valueHead)),
      bytes: (2 * tokens * Double(heads) + keyBytes * Double(keyHeads))
        * Double(queryHead + valueHead))
  }

  /// The same kernel for tokens that attend to some of the earlier ones.
  ///
  /// - Parameters:
  ///   - length: tokens of the whole sequence, of which the kernel's are a fair part.
  ///   - cachedBytes: of a number of the cached keys and values, which come first.
  func attending(to keys: AttendedKeys, of length: Int, cachedBytes: Int = 2) -> Kernel {
    let all = AttendedKeys.all.pairs(length: length, cached: shape.cached)
    let attended = keys.pairs(length: length, cached: shape.cached)
    guard attended < all, all > 0 else { return self }
    var kernel = self
    kernel.flops *= Double(attended) / Double(all)
    let held = shape.m + shape.cached
    let unread = held - min(held, keys.read(length: length, cached: shape.cached))
    let (old, new) = (min(unread, shape.cached), max(0, unread - shape.cached))
    let perByte = shape.groups * shape.keyHeads * (shape.k + shape.valueHead)
    kernel.bytes -= Double(perByte) * Double(old * cachedBytes + new * 2)
    kernel.shape.window = keys.kept(context: length + shape.cached)
    return kernel
  }

  /// The same kernel with a share of its work, as efficient as the whole.
  package func times(_ share: Double) -> Kernel {
    guard share != 1 else { return self }
    var kernel = self
    kernel.flops *= share
    kernel.bytes *= share
    kernel.share *= share
    return kernel
  }

  /// The gradient of causal attention: five products instead of the forward's two.
  package static func attentionBackward(
    sequences: Int, length: Int, heads: Int, keyHeads: Int, queryHead: Int, valueHead: Int
  ) -> Kernel {
    var kernel = attentionForward(
      sequences: sequences, length: length, heads: heads, keyHeads: keyHeads,
      queryHead: queryHead, valueHead: valueHead)
    kernel.name = "attention backward"
    kernel.kernelClass = .attentionBackward
    kernel.flops *= AttentionMeasurements.backwardFLOPsPerForward
    kernel.bytes *= 2
    return kernel
  }

  /// The router's product or one of its two gradients; it stays in BF16 with FP32 logits.
  package static func routerGEMM(
    _ name: String, tokens: Int, hidden: Int, experts: Int
  ) -> Kernel {
    let operands = Double(tokens * hidden + hidden * experts) * 2
    return Kernel(
      name: name, kernelClass: .routerGEMM, precision: .bf16,
      shape: KernelShape(m: tokens, n: experts, k: hidden),
      flops: 2 * Double(tokens) * Double(hidden) * Double(experts),
      bytes: operands + Double(tokens * experts) * 4)
  }

  /// Bytes per operand element, for FP8 including an FP32 scale per 128 elements.
  static func operandBytes(_ precision: Precision) -> Double {
    precision == .fp8 ? 1 + 4.0 / 128 : Double(precision.bytes)
  }
}
