// A plan is a schedule for given sizes: the cells of each rank in order, without times.

/// The sizes that a schedule is made for.
package struct ScheduleSizes: Hashable, Sendable {
  /// Pipeline ranks (P).
  package var ranks: Int
  /// Microbatches of one step through one pipeline (M).
  package var microbatches: Int
  /// Model chunks per rank (v), for schedules with a choice; nil for the default.
  package var chunks: Int?

  /// Default number of chunks of interleaved schedules.
  package static let defaultChunks = 2

  /// Creates sizes; `ScheduleKind.refusal(of:)` checks whether a schedule supports them.
  package init(ranks: Int, microbatches: Int, chunks: Int? = nil) {
    self.ranks = ranks
    self.microbatches = microbatches
    self.chunks = chunks
  }
}

/// The cells of each rank in order; `PlanChecker` checks whether they can run.
package struct Plan: Hashable, Sendable {
  /// The name as in the order text, for example `interleaved_v2`.
  package var scheduleName: String
  /// The sizes that the plan was made for.
  package var sizes: ScheduleSizes
  /// Placement of the stages on ranks.
  package var placement: Placement
  /// The cells of each rank, in order of execution.
  package var cells: [[Cell]]

  /// The number of stages that every microbatch passes through.
  package var stagesPerPath: Int { placement.stagesPerPath }

  /// Copies of the whole model.
  package var weightCopies: Int { placement.weightCopies }

  /// The number of stages into which the layers of one of P ranks are divided: 1 for full stages.
  package var layersPerStageShare: Int { placement.layersPerStageShare }
}
