// Published times of DeepEP's kernels; each states whether a constant of the model is solved from
// it. All have hidden size 7168, top-8 of 256 experts, FP8 dispatch and BF16 combine.

import Facts
import Units

/// A published row, and the exchange that it measured.
package struct ExchangeMeasurement: Sendable {
  /// Normal kernels on a number of multiprocessors, or low-latency ones.
  package enum Kind: Sendable {
    case normal(ExpertExchange, sms: Int, release: DeepEPRelease)
    case lowLatency(LowLatencyExchange, stack: LowLatencyStack)
  }

  /// Where it was published.
  package var fact: Fact
  /// Catalogue name of the measured node, or of the nearest one.
  package var node: String
  /// GPUs that shared the experts.
  package var gpuCount: Int
  /// The exchange, and the kernels that ran it.
  package var kind: Kind
  /// The published time, or the time derived from the published bandwidth.
  package var seconds: Double
  /// Whether a constant of the model is solved from it.
  package var isUsed: Bool

  /// The model's prediction.
  ///
  /// - Returns: nil if the node is not in the catalogue.
  package var modelSeconds: Double? {
    guard let node = NodeSpec.catalogue.first(where: { $0.name == node }) else { return nil }
    switch kind {
    case .normal(let exchange, let sms, let release):
      return exchange.seconds(on: node, sms: sms, release: release)
    case .lowLatency(let exchange, let stack): return exchange.seconds(on: node, stack: stack)
    }
  }

  /// The direction that was measured.
  package var direction: ExpertExchange.Direction {
    switch kind {
    case .normal(let exchange, _, _): exchange.direction
    case .lowLatency(let exchange, _): exchange.direction
    }
  }

  /// What is assumed about exchanges on a cluster, as a sentence; nil if they were measured on its
  /// nodes.
  package static func assumption(on cluster: ClusterSpec) -> String? {
    let isMeasured = all.contains { $0.node == cluster.node.name }
    let isWide = cluster.gpusPerDomain > cluster.node.gpusPerNode
    guard !isMeasured || isWide else { return nil }
    return "outside the measured nodes: dispatch and combine reach the shares of bandwidth and the"
      + " rates that DeepEP's kernels reach on H800 and H100 nodes"
      + (isWide ? "; inside a scale-up domain of several nodes, those inside one node" : "")
  }

  /// Every row, normal mode first.
  package static var all: [ExchangeMeasurement] {
    h800Normal + h100Normal + secondVersion + lowLatency + pureRDMA + h100LowLatency
  }

  /// Payload of a token: FP8 with scales, or BF16; fact ep.ll_bytes.
  package static func payload(_ direction: ExpertExchange.Direction) -> Int {
    direction == .dispatch ? 7392 : 14336
  }

  /// Message of the low-latency kernels: 16 bytes of header at dispatch.
  package static func message(_ direction: ExpertExchange.Direction) -> Int {
    direction == .dispatch ? 7408 : 14336
  }

  private static func normal(
    _ fact: Fact, node: String, nodes: Int, sms: Int, release: DeepEPRelease,
    _ direction: ExpertExchange.Direction, tokens: Int = 4096,
    copies: (nodes: Double, gpus: Double)? = nil, isUsed: Bool, seconds: (ExpertExchange) -> Double
  ) -> ExchangeMeasurement {
    let copies = copies ?? (distinct(nodes), distinct(8 * nodes))
    let exchange = ExpertExchange(
      direction: direction, tokens: tokens, bytesPerToken: payload(direction),
      domainsPerToken: copies.nodes, gpusPerToken: copies.gpus, domainCount: nodes,
      gpusPerDomain: 8)
    return ExchangeMeasurement(
      fact: fact, node: node, gpuCount: 8 * nodes,
      kind: .normal(exchange, sms: sms, release: release), seconds: seconds(exchange),
      isUsed: isUsed)
  }

  /// Expected number of distinct parts that hold eight of 256 experts, all choices equally likely.
  static func distinct(_ parts: Int) -> Double {
    // C(n - s, 8) / C(n, 8) for parts of s experts.
    let experts = 256.0
    let size = experts / Double(parts)
    let missed = (0..<8).reduce(1.0) { product, draw in
      product * (experts - size - Double(draw)) / (experts - Double(draw))
    }
    return Double(parts) * (1 - missed)
  }

  /// Logical GB/s; ep.v1.conditions: 4,096 tokens, 24 SMs.
  private static var h800Normal: [ExchangeMeasurement] {
    let v0 = DeepEPRelease.february2025
    // Mean nodes and GPUs for the gate that keeps 4 of 8 groups, over 200,000 tokens.
    let limited = (nodes: 3.965, gpus: 7.488)
    let rows:
      [(
        fact: Fact, nodes: Int, DeepEPRelease, dispatch: Double, combine: Double,
        (nodes: Double, gpus: Double)?
      )] = [
        (.exchanges.v1InsideNode, 1, .june2025, 153, 158, nil),
        (.exchanges.v1SixteenGPUs, 2, .june2025, 43, 43, nil),
        (.exchanges.v0Normal, 4, v0, 44, 47, nil),
        (.exchanges.v0Normal, 8, v0, 46, 45, limited),
      ]
    return rows.flatMap { row in
      ExpertExchange.Direction.allCases.map { direction in
        let bandwidth = direction == .dispatch ? row.dispatch : row.combine
        return normal(
          row.fact, node: "h800-sxm", nodes: row.nodes, sms: 24, release: row.2, direction,
          copies: row.5, isUsed: true
        ) { $0.logicalBytes / (bandwidth * 1e9) }
      }
    }
  }

  /// Microseconds. Experts are assumed to be chosen uniformly.
  private static var h100Normal: [ExchangeMeasurement] {
    let rows: [(nodes: Int, sms: Int, dispatch: Double, combine: Double, isUsed: Bool)] = [
      (1, 20, 491, 973, true), (2, 20, 844, 2099, false), (2, 24, 749, 1777, false),
      (4, 8, 2502, 6078, true), (4, 12, 1834, 4142, false), (4, 20, 1801, 3528, false),
      (4, 24, 1791, 3522, true),
    ]
    return rows.flatMap { row in
      ExpertExchange.Direction.allCases.map { direction in
        normal(
          .exchanges.h100Normal, node: "h100-sxm", nodes: row.nodes, sms: row.sms,
          release: .june2025,
          direction, isUsed: row.isUsed
        ) { _ in (direction == .dispatch ? row.dispatch : row.combine) * 1e-6 }
      }
    }
  }

  /// Logical GB/s of DeepEP's second version, whose kernels reach their rates with few
  /// multiprocessors. They are not modelled: the prediction is for the kernels of 2025-06 on the
  /// same number. NVLink is the H100's: two nodes at 90 GB/s load each port with more than an H800
  /// port could carry. Experts are assumed to be chosen uniformly.
  private static var secondVersion: [ExchangeMeasurement] {
    let rows: [(nodes: Int, sms: Int, dispatch: Double, combine: Double)] = [
      (2, 12, 90, 81), (4, 6, 61, 61),
    ]
    return rows.flatMap { row in
      ExpertExchange.Direction.allCases.map { direction in
        let bandwidth = direction == .dispatch ? row.dispatch : row.combine
        return normal(
          .exchanges.v2, node: "h100-sxm", nodes: row.nodes, sms: row.sms, release: .june2025,
          direction, tokens: 8192, isUsed: false
        ) { $0.logicalBytes / (bandwidth * 1e9) }
      }
    }
  }

  private static func lowLatency(
    _ fact: Fact, node: String, gpus: Int, tokens: Int = 128, dispatch: Double, combine: Double,
    usesNVLink: Bool = true, stack: LowLatencyStack = .deepEP, isUsed: Bool
  ) -> [ExchangeMeasurement] {
    ExpertExchange.Direction.allCases.map { direction in
      let exchange = LowLatencyExchange(
        direction: direction, tokens: tokens, topK: 8, bytesPerMessage: message(direction),
        gpuCount: gpus, gpusPerDomain: 8, usesNVLink: usesNVLink)
      return ExchangeMeasurement(
        fact: fact, node: node, gpuCount: gpus, kind: .lowLatency(exchange, stack: stack),
        seconds: (direction == .dispatch ? dispatch : combine) * 1e-6, isUsed: isUsed)
    }
  }

  private static var lowLatency: [ExchangeMeasurement] {
    let rows: [(fact: Fact, gpus: Int, dispatch: Double, combine: Double, isUsed: Bool)] = [
      (.exchanges.ll8, 8, 77, 114, true), (.exchanges.ll16, 16, 118, 195, false),
      (.exchanges.ll32, 32, 155, 273, false), (.exchanges.ll64, 64, 173, 314, true),
    ]
    return rows.flatMap {
      lowLatency(
        $0.fact, node: "h800-sxm", gpus: $0.gpus, dispatch: $0.dispatch,
        combine: $0.combine, isUsed: $0.isUsed)
    }
  }

  private static var pureRDMA: [ExchangeMeasurement] {
    let rows: [(gpus: Int, dispatch: Double, combine: Double)] = [
      (8, 163, 318), (16, 173, 329), (32, 182, 350), (64, 186, 353),
    ]
    return rows.flatMap {
      lowLatency(
        .exchanges.pureRDMA, node: "h800-sxm", gpus: $0.gpus, dispatch: $0.dispatch,
        combine: $0.combine, usesNVLink: false, isUsed: false)
    }
  }

  private static var h100LowLatency: [ExchangeMeasurement] {
    let rows: [(nodes: Int, tokens: Int, dispatch: Double, combine: Double, isUsed: Bool)] = [
      (1, 32, 20.5, 24.6, true), (1, 128, 39.8, 72.4, true), (2, 32, 40.1, 60.9, false),
      (2, 128, 102.1, 186.2, false), (4, 32, 55.2, 85.6, false), (4, 128, 143.0, 263.3, false),
      (8, 32, 62.8, 95.6, false), (8, 64, 94.0, 160.3, false), (8, 128, 166.8, 304.7, true),
      (8, 256, 301.1, 579.5, true),
    ]
    return rows.flatMap {
      lowLatency(
        .exchanges.h100LowLatency, node: "h100-sxm", gpus: 8 * $0.nodes, tokens: $0.tokens,
        dispatch: $0.dispatch, combine: $0.combine, stack: .sglang, isUsed: $0.isUsed)
    }
  }
}
