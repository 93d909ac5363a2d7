// What the tokens of one layer and microbatch put on each GPU of an expert group and on its links.
//
// Two kinds of kernels move tokens. Normal kernels send one copy of a token over the network to
// each distinct remote domain, to the GPU there with the sender's index, which forwards it over
// the scale-up fabric once to each distinct GPU. Low-latency kernels send one message for each
// token and expert directly to the expert's GPU. A domain is the GPUs that share a scale-up fabric.
// These are the legs of a dispatch; combine is the mirror image.

/// The kernels that move tokens to experts and back.
package enum ExpertKernels: Hashable, Sendable {
  /// A copy for each domain, forwarded to each GPU.
  case normal
  /// A message for each token and expert.
  case lowLatency
}

/// Tokens on one GPU and copies on its links, counted.
package struct GPUTraffic: Hashable, Sendable {
  /// The counts in the order of the properties; the last lane is not used.
  private var lanes: SIMD8<Double>

  private init(lanes: SIMD8<Double>) { self.lanes = lanes }

  /// Counts as the properties describe them.
  package init(
    rows: Double = 0, arrived: Double = 0, forwarded: Double = 0, networkOut: Double = 0,
    networkIn: Double = 0, scaleUpOut: Double = 0, scaleUpIn: Double = 0
  ) {
    lanes = SIMD8(
      rows, arrived, forwarded, networkOut, networkIn, scaleUpOut, scaleUpIn, 0)
  }

  /// Token-expert pairs that the GPU's experts receive.
  package var rows: Double {
    get { lanes[0] }
    set { lanes[0] = newValue }
  }

  /// Distinct tokens that arrive at the GPU.
  package var arrived: Double {
    get { lanes[1] }
    set { lanes[1] = newValue }
  }

  /// Copies to the GPU's domain, from all domains, that arrive at the GPU first because it has the
  /// sender's index. Normal kernels forward them.
  package var forwarded: Double {
    get { lanes[2] }
    set { lanes[2] = newValue }
  }

  /// Copies that leave through the NIC.
  package var networkOut: Double {
    get { lanes[3] }
    set { lanes[3] = newValue }
  }

  /// Copies that arrive through the NIC.
  package var networkIn: Double {
    get { lanes[4] }
    set { lanes[4] = newValue }
  }

  /// Copies that leave through the port of the scale-up fabric.
  package var scaleUpOut: Double {
    get { lanes[5] }
    set { lanes[5] = newValue }
  }

  /// Copies that arrive through the port of the scale-up fabric.
  package var scaleUpIn: Double {
    get { lanes[6] }
    set { lanes[6] = newValue }
  }

  package static func + (a: GPUTraffic, b: GPUTraffic) -> GPUTraffic {
    GPUTraffic(lanes: a.lanes + b.lanes)
  }

  package static func - (a: GPUTraffic, b: GPUTraffic) -> GPUTraffic {
    GPUTraffic(lanes: a.lanes - b.lanes)
  }

  package static func * (a: GPUTraffic, factor: Double) -> GPUTraffic {
    GPUTraffic(lanes: a.lanes * factor)
  }

  package static func / (a: GPUTraffic, divisor: Double) -> GPUTraffic {
    GPUTraffic(lanes: a.lanes / divisor)
  }

  /// The larger of each count.
  package func larger(_ other: GPUTraffic) -> GPUTraffic {
    GPUTraffic(lanes: lanes.replacing(with: other.lanes, where: other.lanes .> lanes))
  }

  /// For each count, the factor that reduces it to a limit; 1 if it is within the limit.
  package func factors(toFit limit: GPUTraffic) -> GPUTraffic {
    let one = SIMD8<Double>(repeating: 1)
    return GPUTraffic(lanes: one.replacing(with: limit.lanes / lanes, where: lanes .> limit.lanes))
  }

  /// Each count times its own factor.
  package func scaled(by factors: GPUTraffic) -> GPUTraffic {
    GPUTraffic(lanes: lanes * factors.lanes)
  }
}

/// The traffic of the GPUs of an expert group in one layer and microbatch.
package struct LayerTraffic: Hashable, Sendable {
  /// `[gpus]`.
  package var gpus: [GPUTraffic]

  package init(gpus: [GPUTraffic]) { self.gpus = gpus }

  /// Sums over the GPUs.
  package var sum: GPUTraffic { gpus.reduce(GPUTraffic(), +) }

  /// The largest of each count over the GPUs.
  package var most: GPUTraffic { gpus.reduce(GPUTraffic()) { $0.larger($1) } }

  /// The first GPU with the most rows.
  package var mostLoadedGPU: Int {
    var most = 0
    for gpu in gpus.indices where gpus[gpu].rows > gpus[most].rows { most = gpu }
    return most
  }
}

/// Where the traffic of a step's layers comes from: the only source of rows, arrived tokens and
/// copies for times, memory, links and placements.
package protocol ExpertTrafficSource: Sendable {
  /// Dimensions of the traffic.
  var sizes: StepLoads.Sizes { get }

  /// The traffic of a layer with experts in a microbatch.
  func layer(_ layer: Int, microbatch: Int) -> LayerTraffic
}

extension LayerTraffic {
  /// Traffic of GPUs whose tokens all choose alike, so that each sends the same share of what
  /// every GPU receives.
  ///
  /// - Parameters:
  ///   - rows: token-expert pairs of each GPU, `[gpus]`.
  ///   - arrived: distinct tokens of each GPU, `[gpus]`.
  ///   - visits: distinct tokens of each domain, `[domains]`.
  static func alike(
    rows: [Double], arrived: [Double], visits: [Double], _ sizes: StepLoads.Sizes
  ) -> LayerTraffic {
    let (perDomain, domains) = (sizes.gpusPerDomain, sizes.domainCount)
    let own = 1 / Double(perDomain)
    let remote = Double(domains - 1) / Double(domains)
    let group = Double(sizes.gpus)
    let allVisits = visits.reduce(0, +)
    let allRows = rows.reduce(0, +)
    var result: [GPUTraffic] = []
    result.reserveCapacity(sizes.gpus)
    for domain in 0..<domains {
      let members = domain * perDomain..<(domain + 1) * perDomain
      let nearRows = rows[members].reduce(0, +)
      let nearArrived = arrived[members].reduce(0, +)
      for gpu in members {
        var traffic = GPUTraffic(
          rows: rows[gpu], arrived: arrived[gpu], forwarded: visits[domain] * own)
        switch sizes.kernels {
        case .normal:
          traffic.networkOut = (allVisits - visits[domain]) / group
          traffic.networkIn = visits[domain] * remote * own
          traffic.scaleUpOut = (nearArrived - arrived[gpu]) * own
          traffic.scaleUpIn = arrived[gpu] * (1 - own)
        case .lowLatency:
          traffic.networkOut = (allRows - nearRows) / group
          traffic.networkIn = rows[gpu] * remote
          traffic.scaleUpOut = (nearRows - rows[gpu]) / group
          traffic.scaleUpIn = rows[gpu] * Double(perDomain - 1) / group
        }
        result.append(traffic)
      }
    }
    return LayerTraffic(gpus: result)
  }
}
