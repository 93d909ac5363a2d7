// The candidates of a layout plan: every combination of the values of some keys, in canonical
// order, the last key fastest. Keys that change the cost of a layer come first, so that
// neighbouring candidates share these costs.

import Experiments
import ModelCost
import Recording
import Scenarios
import Schedules
import Training

/// The keys that vary, and their values.
package struct LayoutSpace: Sendable {
  /// Tokens of a sequence that a GPU works on at least, by default, if GPUs share sequences.
  private static let leastTokens = 4_096
  private static let mostContext = 16
  private static let mostTensor = 16

  /// The axes, the last one fastest.
  package private(set) var axes: [ExperimentAxis]
  let gpus: Int
  let batch: Int

  /// The default space of a scenario, with the axes of the caller in place of those with the same
  /// keys, or before all others.
  package init(
    _ spec: TrainingSpec, model: ModelSpec, gpus: Int, gpusPerDomain: Int, over: [ExperimentAxis]
  ) {
    self.gpus = gpus
    batch = spec.globalBatch
    func powers(_ most: Int, least: Int = 1) -> [String] {
      var values: [String] = []
      var power = 1
      while power <= most {
        if power >= least { values.append("\(power)") }
        power *= 2
      }
      return values
    }
    let experts = model.experts?.routed ?? 1
    let microbatches = ["1 sequence", "2 sequences"]
    let chunks = over.first { $0.key == "training.chunks" }?.values.map(\.label)
    let chosen = over.first { $0.key == ExperimentAxis.scheduleKey }?.values.map(\.label)
    let defaults = [
      ExperimentAxis("training.microbatch", microbatches),
      ExperimentAxis("training.activations.recompute", Self.recomputations(spec)),
      ExperimentAxis("training.parallel.tensor", powers(min(gpusPerDomain, Self.mostTensor))),
      ExperimentAxis(
        "training.parallel.context",
        powers(min(Self.mostContext, max(1, spec.sequenceLength / Self.leastTokens)))),
      ExperimentAxis(
        "training.parallel.expert",
        powers(min(experts, gpus), least: min(gpusPerDomain, experts, gpus))),
      ExperimentAxis("training.parallel.pipeline", powers(min(gpus, model.layers + 2))),
      Self.schedules(chosen, chunks: chunks ?? ["2", "3", "4"]),
    ]
    let known = defaults.map(\.key) + ["training.chunks"]
    axes =
      over.filter { !known.contains($0.key) }
      + defaults.map { axis in
        guard axis.key != ExperimentAxis.scheduleKey else { return axis }
        return over.first { $0.key == axis.key } ?? axis
      }
  }

  /// The scenario's own choice and the usual ones, without repetition.
  private static func recomputations(_ spec: TrainingSpec) -> [ExperimentAxis.Value] {
    let outputs = ActivationPolicy.Recompute.outputs
    let rest = [
      Setting("training.activations.recompute_method", nil),
      Setting("training.activations.recompute_num_layers", nil),
    ]
    let usual: [(String, [ActivationPolicy.Recompute])] = [
      ("none", []), ("outputs", outputs),
    ]
    return [ExperimentAxis.Value(label: "own", settings: [])]
      + usual.filter { Set($0.1) != spec.activations.recompute }.map { name, choices in
        let list = "[" + choices.map(\.rawValue).joined(separator: ", ") + "]"
        return ExperimentAxis.Value(
          label: name, settings: [Setting("training.activations.recompute", list)] + rest)
      }
  }

  /// Schedules with their numbers of chunks. Orders that are derived from durations are left out
  /// unless chosen: it takes a hundred times as long to plan them.
  private static func schedules(_ chosen: [String]?, chunks: [String]) -> ExperimentAxis {
    let kinds =
      chosen.map { $0.compactMap { ScheduleCatalogue.named($0) } }
      ?? ScheduleCatalogue.all.filter { !$0.ordersByDuration }
    return ExperimentAxis(
      ExperimentAxis.scheduleKey,
      kinds.flatMap { kind -> [ExperimentAxis.Value] in
        let schedule = Setting(ExperimentAxis.scheduleKey, kind.name)
        guard kind.choosesChunks else {
          return [.init(label: kind.name, settings: [schedule, Setting("training.chunks", nil)])]
        }
        return chunks.map {
          .init(
            label: "\(kind.name) v\($0)", settings: [schedule, Setting("training.chunks", $0)])
        }
      })
  }

  /// Number of candidates.
  package var count: Int { axes.pointCount }

  /// Settings common to all candidates: what follows from the others is left open.
  var common: [Setting] {
    [
      Setting("training.schedule_file", nil), Setting("training.partition", nil),
      Setting("training.stages", nil),
      Setting("training.num_layers_in_first_pipeline_stage", nil),
      Setting("training.num_layers_in_last_pipeline_stage", nil),
      Setting("training.parallel.data", nil),
      Setting("training.global_batch", "\(batch)"),
    ]
  }

  /// The name and the settings of a candidate.
  func candidate(at index: Int) -> ExperimentAxis.Value {
    let values = axes.values(at: index)
    var words: [String] = []
    for (axis, value) in zip(axes, values) {
      let short = Self.short(axis.key)
      let isUsual = ["1", "own", "1 sequence"].contains(value.label) && axis.key != "pipeline"
      guard !isUsual || short == nil || short == "pp" else { continue }
      words.append(
        short.map { $0 + (value.label.split(separator: " ").first.map(String.init) ?? "") }
          ?? (axis.key == ExperimentAxis.scheduleKey
            ? value.label : "\(axis.key)=\(value.label)"))
    }
    return ExperimentAxis.Value(
      label: words.reversed().joined(separator: " "), settings: values.flatMap(\.settings))
  }

  /// The letters before a value of a key; nil for the schedule and keys of the caller.
  private static func short(_ key: String) -> String? {
    switch key {
    case "training.parallel.pipeline": "pp"
    case "training.parallel.expert": "ep"
    case "training.parallel.context": "cp"
    case "training.parallel.tensor": "tp"
    case "training.microbatch": "mb"
    case "training.activations.recompute": "recompute-"
    default: nil
    }
  }

  /// Why a candidate cannot be a scenario, by rules that need no scenario; nil if none refuses it.
  func refusal(at index: Int) -> (rule: String, reason: String)? {
    let values = zip(axes, axes.values(at: index))
    func number(_ key: String) -> Int? {
      values.first { $0.0.key == key }.flatMap {
        Int($0.1.label.split(separator: " ").first.map(String.init) ?? "")
      }
    }
    guard let pipeline = number("training.parallel.pipeline"),
      let tensor = number("training.parallel.tensor"),
      let context = number("training.parallel.context"),
      let expert = number("training.parallel.expert"), let sequences = number("training.microbatch")
    else { return nil }
    let shared = pipeline * tensor * context
    guard gpus % shared == 0 else {
      return ("gpus", "\(shared) GPUs of a pipeline do not divide \(gpus)")
    }
    let data = gpus / shared
    guard gpus / pipeline % expert == 0 else {
      return ("experts", "\(expert) does not divide the \(gpus / pipeline) GPUs of a rank")
    }
    guard batch % (data * sequences) == 0 else {
      return (
        "batch", "\(data) pipelines x \(sequences) sequences do not divide \(batch)"
      )
    }
    return nil
  }
}
