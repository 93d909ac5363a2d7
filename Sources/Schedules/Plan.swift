// A plan is a schedule for given sizes: for each rank, its cells in order. Pure order, no clock.

/// The sizes that a schedule is made for.
package struct ScheduleSizes: Hashable, Sendable {
  /// Pipeline ranks (P).
  package var ranks: Int
  /// Microbatches of one step through one pipeline (M).
  package var microbatches: Int
  /// Model chunks per rank (v), for schedules that let it be chosen; nil for the default.
  package var chunks: Int?

  /// The chunks of interleaved schedules when none are named.
  package static let defaultChunks = 2

  /// Makes sizes; `ScheduleKind.refusal(of:)` says whether a schedule supports them.
  package init(ranks: Int, microbatches: Int, chunks: Int? = nil) {
    self.ranks = ranks
    self.microbatches = microbatches
    self.chunks = chunks
  }
}

/// Which rank does what in which order; `PlanChecker` says whether it can run.
package struct Plan: Hashable, Sendable {
  /// The name as in the order text, for example `interleaved_v2`.
  package var scheduleName: String
  /// The sizes that the plan was made for.
  package var sizes: ScheduleSizes
  /// Where the stages lie.
  package var placement: Placement
  /// The cells of each rank, in the order in which it runs them.
  package var cells: [[Cell]]

  /// The number of stages that every microbatch passes through.
  package var stagesPerPath: Int { placement.stagesPerPath }

  /// Copies of the whole model.
  package var weightCopies: Int { placement.weightCopies }

  /// The number of stages into which the layers of one of P ranks are divided: 1 for full stages.
  package var layersPerStageShare: Int { placement.layersPerStageShare }
}
