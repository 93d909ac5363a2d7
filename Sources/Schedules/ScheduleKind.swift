// A schedule as an entry of the catalogue: its names, its source, its rules in words, and the
// function that makes its order. The entries are in Kinds/, one file each.

/// A pipeline schedule: its description, and the construction of its order.
package struct ScheduleKind: Sendable {
  /// The name in scenarios and order texts, for example `zb_h1`.
  package let name: String
  /// Other accepted names.
  package let aliases: [String]
  /// The name in texts, for example `ZB-H1`.
  package let title: String
  /// Publication, and the reference that the order was checked against.
  package let paper: String
  /// The sizes it supports, in one sentence.
  package let constraints: String
  /// Memory, in one sentence; a chunk is one stage's activations of one microbatch.
  package let memory: String
  /// The path of the microbatches through the ranks.
  package let shape: PathShape
  /// Published closed form of the bubble as text; F, B and W as in `Cell`, FB the overlapped cell.
  package let closedFormText: String?
  /// Published closed form of the bubble, in the unit of the durations.
  ///
  /// It complements a simulated value and never replaces it: it ignores transfers, and is exact
  /// only where the text says so.
  package let closedFormBubble: (@Sendable (CellDurations, ScheduleSizes) -> Double)?
  /// Whether the order depends on the durations.
  package let ordersByDuration: Bool

  /// Allowed numbers of chunks per rank.
  let legalChunks: ClosedRange<Int>
  /// Refusal of sizes beyond `ScheduleRefusal.common`.
  let extraRefusal: @Sendable (ScheduleSizes) -> ScheduleRefusal?
  /// The cells of each rank, for legal sizes.
  let order: @Sendable (ScheduleSizes, StageDurations) -> [[Cell]]

  /// Creates an entry; without `legalChunks`, only the shape's own number is allowed.
  init(
    name: String, aliases: [String] = [], title: String, paper: String, constraints: String,
    memory: String, shape: PathShape, closedFormText: String? = nil,
    closedFormBubble: (@Sendable (CellDurations, ScheduleSizes) -> Double)? = nil,
    ordersByDuration: Bool = false,
    legalChunks: ClosedRange<Int>? = nil,
    refusal: @escaping @Sendable (ScheduleSizes) -> ScheduleRefusal? = { _ in nil },
    order: @escaping @Sendable (ScheduleSizes, StageDurations) -> [[Cell]]
  ) {
    self.name = name
    self.aliases = aliases
    self.title = title
    self.paper = paper
    self.constraints = constraints
    self.memory = memory
    self.shape = shape
    self.closedFormText = closedFormText
    self.closedFormBubble = closedFormBubble
    self.ordersByDuration = ordersByDuration
    let chunks = Placement(shape, ScheduleSizes(ranks: 1, microbatches: 1)).chunksPerRank
    self.legalChunks = legalChunks ?? chunks...chunks
    self.extraRefusal = refusal
    self.order = order
  }

  /// Whether the number of chunks per rank may be chosen.
  package var choosesChunks: Bool { legalChunks.count > 1 }

  /// The reason why the schedule does not support these sizes; nil if it does.
  package func refusal(of sizes: ScheduleSizes) -> ScheduleRefusal? {
    ScheduleRefusal.common(
      sizes, title: title, chunks: legalChunks,
      limit: ordersByDuration ? ScheduleRefusal.searchLimit : ScheduleRefusal.workLimit)
      ?? extraRefusal(sizes)
  }

  /// The plan for these sizes and equal stages.
  ///
  /// `durations` matter only if `ordersByDuration`; the default is F = B = W = 1 without transfers.
  ///
  /// Complexity: O(cells), for orders by duration O(cells x tries).
  /// Throws: `ScheduleRefusal` if the schedule does not support the sizes.
  package func plan(
    _ sizes: ScheduleSizes, durations: CellDurations = .unit
  ) throws(ScheduleRefusal) -> Plan {
    try plan(sizes, stages: StageDurations(equal: durations))
  }

  /// The plan for these sizes and uneven stages, whose durations matter as above.
  ///
  /// Precondition: one entry per stage of the path.
  /// Throws: `ScheduleRefusal` if the schedule does not support the sizes.
  package func plan(
    _ sizes: ScheduleSizes, stages durations: StageDurations
  ) throws(ScheduleRefusal) -> Plan {
    if let refusal = refusal(of: sizes) { throw refusal }
    let placement = Placement(shape, sizes)
    precondition(durations.covers(placement.stagesPerPath), "each stage has its durations")
    let isInterleaved = shape == .interleaved
    let chunks = sizes.chunks ?? ScheduleSizes.defaultChunks
    return Plan(
      scheduleName: isInterleaved ? "\(name)_v\(chunks)" : name,
      sizes: .init(
        ranks: sizes.ranks, microbatches: sizes.microbatches, chunks: isInterleaved ? chunks : nil),
      placement: placement,
      cells: order(sizes, durations))
  }
}
