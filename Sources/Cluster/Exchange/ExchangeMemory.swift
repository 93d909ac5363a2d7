// The bytes that an exchange reads from and writes to the memory of one GPU, counted step by step
// as DeepEP's kernels move a token (fact ep.memory_steps):
//
//     normal, dispatch    the sender reads a token and writes one copy for each node; NICs read and
//                         write the remote ones; a warp for each target GPU reads the node's copy
//                         and writes it to that GPU's buffer; the receiver reads and writes it
//     normal, combine     the mirror image, with sums: each result is read, written to the
//                         forwarding GPU and read there; one sum for each node is written, sent
//                         and read; the token is written
//     inside a node       the same without copies for nodes: the sender reads a token once for each
//                         target GPU
//     low latency         a token is read and staged once; each message is read, written at its
//                         target, read there and written in the order of the experts. At combine
//                         messages to other nodes are staged, and the sum is written
//
// What the next kernel reads belongs to that kernel. Loads are balanced, so a GPU receives as much
// as it sends. Not counted: headers, counters and prefix sums, together below 1 %.

/// The part of an exchange kernel's bytes that memory serves.
package enum ExchangeMemory {
  /// Share of the bytes that the L2 cache does not serve.
  package static let assumedUncachedShare = 1.0

  static func uncached(_ bytes: Double) -> Double { bytes * assumedUncachedShare }
}

extension ExpertExchange {
  /// Bytes that a GPU's memory serves.
  package var memoryBytes: Double {
    let isDispatch = direction == .dispatch
    let copies = Double(tokens) * Double(bytesPerToken)
    let perGPU = (isDispatch ? 4 : 3) * gpusPerToken
    guard domainCount > 1 else {
      return ExchangeMemory.uncached(copies * (isDispatch ? perGPU : perGPU + 1))
    }
    // Staged copies and sums, and what the NICs read and write of them.
    let staged = domainsPerToken * copies + 2 * networkBytes
    let others = isDispatch ? perGPU + 1 : perGPU + domainsPerToken + 1
    return ExchangeMemory.uncached(staged + copies * others)
  }
}

extension LowLatencyExchange {
  /// Bytes that a GPU's memory serves.
  package var memoryBytes: Double {
    let token = Double(tokens) * Double(bytesPerMessage)
    switch direction {
    case .dispatch: return ExchangeMemory.uncached(2 * token + 4 * logicalBytes)
    case .combine:
      let staged = 2 * networkBytes
      return ExchangeMemory.uncached(3 * logicalBytes + staged + token)
    }
  }
}
