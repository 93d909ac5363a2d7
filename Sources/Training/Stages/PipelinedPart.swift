// The collectives of a tensor group in pieces beside the products that need or make their data, as
// in Megatron-LM with `--tp-comm-overlap` (Transformer Engine's userbuffers).
//
//     gather, product     a product on the rows of one GPU while the next GPU's rows arrive; the
//                         ring takes one multiprocessor
//     product, scatter    a product in four parts of its columns; the sum of one part travels
//                         beside the next product, on 16 multiprocessors; the last one is exposed
//
// Each piece has the efficiency of its shape. The collectives of a backward that run beside weight
// gradients are not divided. Not divided either: gathers of MLA's latents, routed experts, the
// head, and attention of GPUs that share sequences.

import Cluster
import Execution
import ModelCost
import Units

/// A part of a pass in pieces; each list is empty if its product is not divided.
struct PipelinedPart {
  /// Multiprocessors that a ring and a reduction hold beside products.
  static let ringSMs = 1
  static let reductionSMs = 16
  /// Parts of the columns of a product whose sum is scattered.
  static let columnPieces = 4

  /// Computation before the first product.
  var before = ComputeTime.zero
  /// The steps of the ring, as indices into `GroupExchanges`.
  var gathers: [Int] = []
  /// The first product for the GPU's own rows, then for those of each step.
  var firstProducts: [ComputeTime] = []
  /// Computation between the products.
  var middle = ComputeTime.zero
  /// The last product, and the scatter of each piece.
  var lastProducts: [ComputeTime] = []
  var scatters: [Int] = []
  /// Computation after the last product.
  var after = ComputeTime.zero
}

/// Which products of a part overlap with its collectives.
struct PipelinedProducts {
  /// The kernel whose input is gathered.
  var gathered: String?
  /// The kernel whose output is summed and scattered.
  var scattered: String?

  /// The products of a part and pass; nil if none overlap.
  init?(_ part: LayerKernels.Part, _ pass: LayerKernels.Pass, _ attention: AttentionSpec) {
    switch (part, pass) {
    case (.attention, .forward):
      if case .grouped = attention { gathered = "qkv" }
      scattered = "o"
    case (.attention, .backwardInput): gathered = "o, input"
    case (.feedForward, .forward): (gathered, scattered) = ("gate, up", "down")
    case (.feedForward, .backwardInput): gathered = "down, input"
    default: return nil
    }
  }
}

extension Kernel {
  /// A product on a part of its rows.
  func ofRows(_ pieces: Int) -> Kernel {
    .gemm(name, m: shape.m / pieces, n: shape.n, k: shape.k, precision: precision)
  }

  /// A product of a part of its columns.
  func ofColumns(_ pieces: Int) -> Kernel {
    .gemm(
      name, m: shape.m, n: (shape.n + pieces - 1) / pieces, k: shape.k, precision: precision)
  }
}

extension GroupCosts {
  /// A part of a pass in pieces, whose collectives are then no longer around the part; nil if none
  /// of its products overlap.
  mutating func pipelined(
    _ part: LayerKernels.Part, _ pass: LayerKernels.Pass, _ kernels: [Kernel],
    _ collectives: LayerCollectives, _ around: inout PartExchanges
  ) -> PipelinedPart? {
    guard sharding.overlap == .pipelined, part != .attention || sharding.context == 1,
      let products = PipelinedProducts(part, pass, builder.attention)
    else { return nil }
    func place(_ name: String?, _ collective: LayerCollective?) -> Int? {
      guard let name, collective?.group == .tensor else { return nil }
      return kernels.firstIndex { $0.name == name }
    }
    let (gather, scatter) = (
      collectives[before: part, pass].first, collectives[after: part, pass].first
    )
    let first = place(products.gathered, gather)
    let last = place(products.scattered, scatter)
    guard first != nil || last != nil else { return nil }
    var pieces = PipelinedPart()
    var (start, end) = (0, kernels.count)
    if let first, let gather {
      pieces.before = time(Array(kernels[..<first]), 0)
      (pieces.gathers, pieces.firstProducts) = ring(kernels[first], gather)
      around.before.removeFirst()
      start = first + 1
    }
    if let last, let scatter {
      (pieces.scatters, pieces.lastProducts) = sums(kernels[last], scatter)
      pieces.after = time(Array(kernels[(last + 1)...]), 0)
      around.after.removeFirst()
      end = last
    }
    pieces.middle = time(Array(kernels[start..<end]), 0)
    return pieces
  }

  private mutating func ring(
    _ product: Kernel, _ gather: LayerCollective
  ) -> ([Int], [ComputeTime]) {
    let gpus = sharding.tensor
    let step = GroupExchange(ringStepOf: gather, gpus: gpus)
    let place = exchanges.place(of: step, on: cluster.node)
    let piece = product.ofRows(gpus)
    let beside = time([piece], PipelinedPart.ringSMs)
    return (
      Array(repeating: place, count: gpus - 1),
      Array(repeating: beside, count: gpus - 1) + [time([piece], 0)]
    )
  }

  private mutating func sums(
    _ product: Kernel, _ scatter: LayerCollective
  ) -> ([Int], [ComputeTime]) {
    let count = PipelinedPart.columnPieces
    var part = scatter
    part.bytes /= Double(count)
    let place = exchanges.place(of: GroupExchange(part, sharding), on: cluster.node)
    let piece = product.ofColumns(count)
    let beside = time([piece], PipelinedPart.reductionSMs)
    return (
      Array(repeating: place, count: count),
      [time([piece], 0)] + Array(repeating: beside, count: count - 1)
    )
  }
}

extension CellEmitter {
  /// Emits a part of a pass in pieces.
  ///
  /// - Parameters:
  ///   - cost: the block, whose remaining collectives surround the part.
  ///   - input: what the part waits for besides its own group.
  mutating func pipeline(
    _ pieces: PipelinedPart, _ kind: OperationKind, of cost: BlockCost, _ part: LayerKernels.Part,
    _ pass: LayerKernels.Pass, inputs: [OperationID]
  ) {
    add(kind, pass, pieces.before, inputs: pending.take(pass) + inputs)
    let source = lastCompute
    let arrivals = pieces.gathers.flatMap { exchange([$0], pass, after: source) }
    waits.work(cost[spread: part, pass])
    // What the group gathers besides follows the pieces on their stream.
    var others = prepareGroup(cost, part, pass, dispatch: nil)
    for (index, product) in pieces.firstProducts.enumerated() {
      add(kind, pass, product, inputs: others + (index == 0 ? [] : [arrivals[index - 1]]))
      others = []
    }
    if pieces.middle.alone > .zero { add(kind, pass, pieces.middle, inputs: others) }
    var sums: [OperationID] = []
    for (product, scatter) in zip(pieces.lastProducts, pieces.scatters) {
      add(kind, pass, product, inputs: [])
      sums = exchange([scatter], pass, after: lastCompute)
    }
    if !sums.isEmpty { add(kind, pass, pieces.after, inputs: sums) }
    concludeGroup(cost, part, pass)
  }
}
