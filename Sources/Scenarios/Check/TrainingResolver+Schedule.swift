// The schedule of a training step: a catalogue name or a file, and the sizes that it supports.

import Schedules
import Training

extension TrainingResolver {
  /// The user's own order; nil if there is none, or if it is invalid.
  func order() -> UserSchedule? {
    guard let name = fields.given(TrainingKeys.scheduleFile) else { return nil }
    if fields.isWritten(TrainingKeys.chunks) {
      problems.add("training.chunks", "the order in schedule_file fixes the chunks")
    }
    return OrderFile(name, folder: folder, problems: problems).schedule()
  }

  /// Checks that the partition has one entry per stage and sums to the layers.
  func checkPartition(_ pipeline: Int?, _ order: UserSchedule?) {
    guard let model else { return }
    if let pipeline, pipeline > model.layers {
      problems.add(
        "training.parallel.pipeline",
        "\"\(pipeline)\": \(model.layers) layers on \(pipeline) stages leave some without a layer",
        allowed: "expected: at most \(model.layers)")
    }
    guard let partition = fields.given(TrainingKeys.partition) else { return }
    if let stages = stages(pipeline, order), partition.count != stages {
      problems.add(
        "training.partition",
        "has \(partition.count) entries for \(stages) stages",
        allowed: "expected: one number of layers for each stage")
    }
    let sum = partition.reduce(0, +)
    if sum != model.layers {
      problems.add(
        "training.partition",
        "sums to \(sum) layers, but \(model.name) has \(model.layers)")
    }
  }

  /// Checks that the schedule supports the sizes.
  func checkSchedule(_ pipeline: Int?, _ microbatches: Int?, _ order: UserSchedule?) {
    guard let pipeline, let microbatches else { return }
    if let refusal = order?.refusal(ranks: pipeline, microbatches: microbatches) {
      problems.add(refusal, "training.schedule_file")
    }
    let sizes = ScheduleSizes(
      ranks: pipeline, microbatches: microbatches, chunks: fields.given(TrainingKeys.chunks))
    guard let schedule = fields.given(TrainingKeys.schedule),
      let refusal = ScheduleCatalogue.named(schedule)?.refusal(of: sizes)
    else { return }
    let path =
      switch refusal.field {
      case "microbatches": batchPath
      case "ranks": "training.parallel.pipeline"
      case "chunks" where fields.isWritten(TrainingKeys.chunks): "training.chunks"
      default: "training.schedule"
      }
    problems.add(refusal, path)
  }

  /// The number of stages into which the layers are partitioned; nil if it cannot be determined.
  private func stages(_ pipeline: Int?, _ order: UserSchedule?) -> Int? {
    if fields.isWritten(TrainingKeys.scheduleFile) { return order?.stages }
    guard let pipeline, let schedule = fields.given(TrainingKeys.schedule) else { return pipeline }
    let sizes = ScheduleSizes(
      ranks: pipeline, microbatches: 1, chunks: fields.given(TrainingKeys.chunks))
    return ScheduleCatalogue.named(schedule).map { Placement($0.shape, sizes).stagesPerPath }
  }
}
