// The schedule of a training step: a catalogue name or a file, and the sizes that it supports.

import Schedules
import Text
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

  /// The contents of the stages, checked to hold every layer once and to have as many stages as the
  /// schedule; nil if they are not given.
  func stageLayout(
    _ pipeline: Int?, _ order: UserSchedule?, trainsMTP: Bool?
  ) -> StageLayout? {
    let modules = trainsMTP == true ? model?.mtpModules ?? 0 : 0
    if let text = fields.given(TrainingKeys.stages) {
      return stageLayout(text, pipeline, order, modules: modules)
    }
    if let partition = fields.given(TrainingKeys.partition) {
      checkPartition(partition, pipeline, order)
      return StageLayout(partition: partition, modules: modules)
    }
    return endedPartition(pipeline, order).map { StageLayout(partition: $0, modules: modules) }
  }

  /// The partition by the layers of the first and the last rank; nil if neither is given.
  private func endedPartition(_ pipeline: Int?, _ order: UserSchedule?) -> [Int]? {
    let (first, last) = (
      fields.given(TrainingKeys.firstLayers), fields.given(TrainingKeys.lastLayers)
    )
    guard first != nil || last != nil, let model,
      let placement = placement(
        pipeline, order, chunks: fields.given(TrainingKeys.chunks))
    else { return nil }
    let path =
      "training." + (last == nil ? TrainingKeys.firstLayers : TrainingKeys.lastLayers).name
    let others = placement.ranks - (first == nil ? 0 : 1) - (last == nil ? 0 : 1)
    let rest = model.layers - (first ?? 0) - (last ?? 0)
    let share = placement.layersPerStageShare
    guard others > 0 ? rest >= 0 && rest % (others * share) == 0 : others == 0 && rest == 0 else {
      problems.add(
        path,
        "leaves \(rest) of \(model.layers) layers for the \(max(0, others)) other ranks, each of"
          + " \(share) stages", allowed: "expected: a multiple of \(max(1, others) * share)")
      return nil
    }
    for layers in [first, last].compactMap({ $0 }) where layers % share != 0 {
      problems.add(
        path, "\"\(layers)\" layers do not divide into the \(share) stages of a rank",
        allowed: "expected: a multiple of \(share)")
      return nil
    }
    return (0..<placement.stagesPerPath).map { stage in
      let rank = placement.rank(ofStage: stage, microbatch: 0)
      let layers =
        rank == 0 ? first : rank == placement.ranks - 1 ? last : nil
      return (layers ?? rest / max(1, others)) / share
    }
  }

  private func stageLayout(
    _ text: String, _ pipeline: Int?, _ order: UserSchedule?, modules: Int
  ) -> StageLayout? {
    let path = "training.stages"
    do throws(StageTextProblem) {
      let layout = try StageLayout(text: text)
      guard let model else { return layout }
      for problem in layout.problems(
        layers: model.layers, modules: modules,
        placement: placement(pipeline, order, chunks: chunks(layout, pipeline)))
      {
        problems.add(path, "\(quoted(text)) " + problem.message, allowed: problem.expected)
      }
      return layout
    } catch {
      problems.add(path, "\(quoted(text)) " + error.message, allowed: error.expected)
      return nil
    }
  }

  /// Chunks per rank as written; else those of a layout of several stages a rank, if the schedule
  /// leaves the choice.
  func chunks(_ stages: StageLayout?, _ pipeline: Int?) -> Int? {
    if let written = fields.given(TrainingKeys.chunks) { return written }
    guard let stages, !stages.isPartition, let pipeline, stages.stages.count % pipeline == 0,
      let schedule = fields.given(TrainingKeys.schedule),
      ScheduleCatalogue.named(schedule)?.choosesChunks == true
    else { return nil }
    return stages.stages.count / pipeline
  }

  /// Checks that the partition has one entry per stage and sums to the layers.
  private func checkPartition(_ partition: [Int], _ pipeline: Int?, _ order: UserSchedule?) {
    guard let model else { return }
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
  func checkSchedule(
    _ pipeline: Int?, _ microbatches: Int?, _ order: UserSchedule?, chunks: Int?
  ) {
    guard let pipeline, let microbatches else { return }
    if let refusal = order?.refusal(ranks: pipeline, microbatches: microbatches) {
      problems.add(refusal, "training.schedule_file")
    }
    let sizes = ScheduleSizes(
      ranks: pipeline, microbatches: microbatches, chunks: chunks)
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
    guard fields.given(TrainingKeys.schedule) != nil else { return pipeline }
    return placement(pipeline, order, chunks: fields.given(TrainingKeys.chunks))?.stagesPerPath
  }

  /// The ranks of the stages; nil if they cannot be determined.
  private func placement(
    _ pipeline: Int?, _ order: UserSchedule?, chunks: Int?
  ) -> Placement? {
    if fields.isWritten(TrainingKeys.scheduleFile) { return order?.placement }
    guard let pipeline, let schedule = fields.given(TrainingKeys.schedule) else { return nil }
    let sizes = ScheduleSizes(ranks: pipeline, microbatches: 1, chunks: chunks)
    return ScheduleCatalogue.named(schedule).map { Placement($0.shape, sizes) }
  }
}
