// What more memory would buy: layouts that do not fit now, and those that do, but in a partition
// that memory chose. Both are planned again with more. What is looked at is the most promising by
// their bounds; whole GB are tried, down to the least with which one of these is faster.

import Experiments
import Recording
import Training
import Units

/// Layouts that are faster with more memory than the best one is now.
struct LayoutMemory {
  /// Layouts that are tried, of those that do not fit and of those that do.
  private static let tries = 32

  let plan: LayoutPlan
  let outcome: LayoutPlan.Outcome
  let best: LayoutPlan.Simulated
  let workers: Int
  /// Costs of layouts, from their bounds on.
  private let shared = LayoutPlan.costs()

  /// A layout whose bound is below the best time.
  private struct Promising {
    var value: ExperimentAxis.Value
    var bound: StepBound
  }

  /// A layout with more memory.
  private struct Planned {
    var layout: Promising
    var figures: LayoutFigures
  }

  /// The layouts that were looked at.
  private struct Looked {
    /// Promising ones and how many of them were tried, of those that do not fit now.
    var unfit: (tried: Int, of: Int)
    /// The same of those that fit.
    var fit: (tried: Int, of: Int)

    var words: String {
      "the \(unfit.tried) most promising of \(unfit.of) layouts that do not fit now and"
        + " \(fit.tried) of \(fit.of) that do"
    }
  }

  private var memory: Double { plan.scenario.cluster.node.gpu.memory.value }

  /// GB of the largest addition: twice the memory.
  private var most: Int { max(1, Int(memory / 1e9)) }

  /// What the least memory with which a layout is faster brings, and what was looked at.
  func effect() -> (change: PlanLedger.Change?, note: String) {
    let unfit = promising(outcome.unfit)
    let fit = promising((outcome.simulated.map(\.prospect) + outcome.pruned).map(\.value))
    let layouts = Array(unfit.prefix(Self.tries) + fit.prefix(Self.tries))
    let looked = Looked(
      unfit: (min(Self.tries, unfit.count), unfit.count),
      fit: (min(Self.tries, fit.count), fit.count))
    let faster = faster(layouts, extra: most)
    guard let roomy = fastest(faster) else {
      guard outcome.unfit.isEmpty else {
        return (nil, "+\(most) GB of memory: none of \(looked.words) is faster")
      }
      let fit = "\(looked.fit.tried) most promising of \(looked.fit.of)"
      return (
        nil,
        "more memory changes nothing: no layout is refused for want of it, and with +\(most) GB"
          + " none of the \(fit) is faster"
      )
    }
    let (extra, least) = least(faster, roomy)
    let change = PlanLedger.Change(
      input: "memory of a GPU", amount: "+\(extra) GB", replanned: least.figures.seconds,
      candidate: least.layout.value.label)
    let note = "memory is a step: +\(extra) GB is the least in whole GB, among \(looked.words)"
    return (change, note)
  }

  /// The least addition in whole GB with which a layout is faster, and the fastest one then.
  private func least(_ layouts: [Planned], _ roomy: Planned) -> (extra: Int, planned: Planned) {
    var (few, enough) = (0, (extra: most, planned: roomy))
    // What the least of them needs in its best partition; a worse one may do with less.
    let needed = layouts.map { ($0.figures.memory - memory) / 1e9 }.min() ?? 0
    var next = max(1, min(most - 1, Int(needed.rounded(.up))))
    while enough.extra - few > 1 {
      if let found = fastest(faster(layouts.map(\.layout), extra: next)) {
        enough = (next, found)
      } else {
        few = next
      }
      next = (few + enough.extra) / 2
    }
    return enough
  }

  private func fastest(_ layouts: [Planned]) -> Planned? {
    layouts.min { $0.figures.seconds < $1.figures.seconds }
  }

  // MARK: More memory

  /// Values with an addition of memory.
  private func experiment(_ values: [ExperimentAxis.Value], extra: Int) -> Experiment {
    let size = Setting("cluster.node.gpu.memory", "\(Int(memory / 1e6) + 1_000 * extra) MB")
    return plan.experiment(
      values.map { .init(label: $0.label, settings: $0.settings + [size]) }, shared: shared)
  }

  /// The layouts that may be faster with the largest addition, by their bounds.
  private func promising(_ values: [ExperimentAxis.Value]) -> [Promising] {
    guard !values.isEmpty else { return [] }
    let found = experiment(values, extra: most).prospects(
      Array(values.indices), workers: workers)
    let promising = zip(values, found).compactMap { value, prospect -> Promising? in
      guard case .bounded(let bound) = prospect, bound.seconds < best.figures.seconds else {
        return nil
      }
      return Promising(value: value, bound: bound)
    }
    return promising.enumerated().sorted {
      ($0.element.bound.seconds, $0.offset) < ($1.element.bound.seconds, $1.offset)
    }.map(\.element)
  }

  /// The layouts that are faster than the best one now, with an addition of memory.
  private func faster(_ layouts: [Promising], extra: Int) -> [Planned] {
    let fitting = layouts.filter { $0.bound.memory <= memory + 1e9 * Double(extra) }
    guard !fitting.isEmpty else { return [] }
    var faster: [Planned] = []
    try? experiment(fitting.map(\.value), extra: extra).run(
      Array(fitting.indices), workers: workers
    ) {
      guard let record = $0.trial.record else { return }
      let figures = LayoutFigures(record)
      guard figures.seconds < best.figures.seconds else { return }
      faster.append(Planned(layout: fitting[$0.trial.index], figures: figures))
    }
    return faster
  }
}
