// The experiment of `dsv3sim compare`: schedules at every point of a grid, or the grid alone if the
// question has no schedule.

import Recording
import Scenarios
import Schedules

extension Experiment {
  /// A comparison over the given axes. If the scenario has a schedule that no axis varies,
  /// schedules become the last axis: the scenario's own order first, then the chosen ones or all.
  ///
  /// - Parameters:
  ///   - document: the scenario.
  ///   - changes: changes to it that apply to every trial.
  ///   - axes: the other parameters that vary.
  ///   - schedules: catalogue names; empty for the whole catalogue.
  ///   - programVersion: recorded with every result.
  ///   - intervals: what is drawn of what is not known exactly.
  package static func compare(
    _ document: ScenarioDocument, _ changes: ScenarioChanges, over axes: [ExperimentAxis],
    schedules: [String], programVersion: String, intervals: IntervalChoice = .approximate
  ) -> Experiment {
    var axes = axes
    let key = ExperimentAxis.scheduleKey
    let choosesChunks =
      document.words(of: "training.chunks", changes) != nil
      || axes.contains { $0.key == "training.chunks" }
    if let place = axes.firstIndex(where: { $0.key == key }) {
      axes[place] = .schedules(axes[place].values.flatMap(\.labels), unsetsChunks: choosesChunks)
    } else if document.words(of: "training", changes) != nil {
      let names = schedules.isEmpty ? ScheduleCatalogue.all.map(\.name) : schedules
      var axis = ExperimentAxis.schedules(names, unsetsChunks: choosesChunks)
      if let file = document.words(of: "training.schedule_file", changes) {
        let own = (try? document.scenario(changes))?.workload.schedule ?? file
        axis.values.insert(.init(labels: ["\(own) (own order)"], settings: []), at: 0)
      }
      axes.append(axis)
    }
    return Experiment(
      kind: "compare", [document], changes, axes: axes, programVersion: programVersion,
      intervals: intervals)
  }
}

extension ExperimentAxis {
  /// The key of the axis of schedules.
  package static let scheduleKey = "training.schedule"

  /// Schedules by name.
  ///
  /// - Parameter unsetsChunks: whether to unset the scenario's chunks for schedules with a fixed
  ///   number of chunks.
  static func schedules(_ names: [String], unsetsChunks: Bool) -> ExperimentAxis {
    ExperimentAxis(
      keys: [scheduleKey],
      names.map { name in
        let kind = ScheduleCatalogue.named(name)
        let chunks =
          unsetsChunks && kind?.choosesChunks != true ? [Setting("training.chunks", nil)] : []
        let label = kind?.name ?? name
        return Value(labels: [label], settings: [Setting(scheduleKey, label)] + chunks)
      })
  }
}
