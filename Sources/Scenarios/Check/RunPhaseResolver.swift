// The phases of a run: the block of the step, changed by each phase, and checked as a training step
// would be, for every batch. Problems are located at the phase's own keys where it wrote them.

import Cluster
import ModelCost
import Runs
import Schedules
import Text
import Training

/// Makes the phases of a run.
struct RunPhaseResolver {
  let fields: Fields
  let around: Surroundings
  /// The cluster without spares; nil if it is not known.
  let cluster: ClusterSpec?

  private var problems: Problems { around.problems }

  /// A phase as it is written.
  struct Draft {
    var name: String
    var fields: Fields
    /// Path of the phase's keys; that of the run if no phases are written.
    var path: String
    /// Whether it is an entry of `run.phases`.
    var isWritten = true
  }

  /// The phases; nil, or with problems reported, if they are not valid.
  func phases() -> [RunPhase]? {
    guard !fields.isRefused(RunKeys.phases), !fields.isRefused(RunKeys.training),
      !fields.isRefused(RunKeys.tokens)
    else { return nil }
    let written = fields.given(RunKeys.phases)?.items
    let drafts =
      written.map { items in
        items.map { Draft(name: $0.name, fields: $0.fields, path: "run.phases.\($0.name)") }
      } ?? [Draft(name: "training", fields: Fields(), path: "run", isWritten: false)]
    guard checkLengths(drafts) else { return nil }
    var phases: [RunPhase] = []
    var done = 0.0
    for draft in drafts {
      guard let phase = phase(draft, after: done) else { continue }
      done += phase.usedTokens
      phases.append(phase)
    }
    return phases.count == drafts.count ? phases : nil
  }

  // MARK: Lengths

  /// Whether each phase says how long it is, but for one if the run has tokens.
  private func checkLengths(_ drafts: [Draft]) -> Bool {
    let open = drafts.filter { draft in
      !draft.fields.isWritten(RunPhaseKeys.tokens) && !draft.fields.isWritten(RunPhaseKeys.steps)
        && !draft.fields.isWritten(RunPhaseKeys.until)
    }
    let hasTokens = fields.isWritten(RunKeys.tokens)
    if hasTokens, open.isEmpty {
      problems.add(
        "run.tokens", "has no use: every phase says how long it is",
        allowed: "expected: absent, or one phase without tokens, steps and until")
      return false
    }
    for draft in open.dropFirst(hasTokens ? 1 : 0) {
      problems.add(
        draft.isWritten ? draft.path : "run",
        draft.isWritten ? "needs tokens or steps or until" : "needs tokens",
        allowed: hasTokens
          ? "\(open[0].name) takes what run.tokens leaves" : "for example: tokens: 1T tokens")
    }
    return open.count <= (hasTokens ? 1 : 0)
  }

  /// How long a phase is.
  private enum Length {
    case steps(Int), tokens(Double)

    /// Its tokens; those of all its batches if it has steps.
    func tokens(_ runs: [BatchRamp.Run], sequenceLength: Int) -> Double {
      switch self {
      case .tokens(let tokens): tokens
      case .steps:
        runs.reduce(0) { $0 + Double($1.steps) * Double($1.batch) } * Double(sequenceLength)
      }
    }
  }

  /// The length of a phase; nil with a problem reported.
  private func length(_ draft: Draft, after done: Double) -> Length? {
    if let steps = draft.fields.given(RunPhaseKeys.steps) { return .steps(steps) }
    guard let tokens = tokens(draft, after: done), problems.diagnostics.isEmpty || tokens > 0
    else { return nil }
    return .tokens(tokens)
  }

  /// Tokens of a phase without steps; nil with a problem reported.
  private func tokens(_ draft: Draft, after done: Double) -> Double? {
    if let tokens = draft.fields.given(RunPhaseKeys.tokens) { return tokens }
    let until = draft.fields.given(RunPhaseKeys.until)
    guard let end = until ?? fields.given(RunKeys.tokens) else { return nil }
    guard end > done else {
      problems.add(
        until == nil ? "run.tokens" : "\(draft.path).until",
        "phase \(draft.name) would end at \(Self.text(end)) tokens, but the phases before it"
          + " have \(Self.text(done))",
        allowed: "expected: more than \(Self.text(done)) tokens")
      return nil
    }
    return end - done
  }

  static func text(_ count: Double) -> String {
    for (factor, prefix) in [(1e12, "T"), (1e9, "B"), (1e6, "M")] where count >= factor {
      return "\((count / factor * 1_000).rounded() / 1_000)\(prefix)"
    }
    return "\(Int(count))"
  }

  // MARK: Steps

  private func phase(_ draft: Draft, after done: Double) -> RunPhase? {
    let tree = PhaseDocument(draft, problems)
    guard !draft.fields.isRefused(RunPhaseKeys.ramp),
      let last = step(draft, tree, batch: lastBatch(draft))
    else { return nil }
    guard let length = length(draft, after: done), let runs = runs(draft, last, length),
      let specs = specs(runs, draft, tree)
    else { return nil }
    let tokens = length.tokens(runs, sequenceLength: last.sequenceLength)
    let parts = runs.compactMap { run in
      specs.first { $0.batch == run.batch }.map { found in
        var step = found.spec
        step.routing.seed = around.seed
        step.runTokens = tokens
        return RunPhase.Part(step: step, steps: run.steps)
      }
    }
    var phase = RunPhase(name: draft.name, parts: parts, tokens: tokens)
    phase.generationSeconds = generationSeconds(draft, last)
    return phase
  }

  /// The step of each batch; nil, with the first illegal one reported, if there is one.
  private func specs(
    _ runs: [BatchRamp.Run], _ draft: Draft, _ tree: PhaseDocument
  ) -> [(batch: Int, spec: TrainingSpec)]? {
    var batches: [Int] = []
    for run in runs where !batches.contains(run.batch) { batches.append(run.batch) }
    var legal: [(batch: Int, spec: TrainingSpec)] = []
    var refused: [(batch: Int, found: [Diagnostic])] = []
    for batch in batches {
      let (spec, found) = tree.resolve(batch: isRamp(draft) ? batch : nil, around, cluster)
      if let spec, found.isEmpty {
        legal.append((batch, spec))
      } else {
        refused.append((batch, found))
      }
    }
    guard let first = refused.first else { return legal }
    report(first.batch, first.found, legal.map(\.batch), draft, tree)
    return nil
  }

  private func isRamp(_ draft: Draft) -> Bool { draft.fields.isWritten(RunPhaseKeys.ramp) }

  /// The last batch of a ramp; nil for that of the block.
  private func lastBatch(_ draft: Draft) -> Int? {
    guard let ramp = draft.fields.given(RunPhaseKeys.ramp) else { return nil }
    if let text = ramp.given(RampKeys.list) { return Self.entries(text)?.last?.batch }
    return ramp.given(RampKeys.to)
  }

  /// The step of a phase with one batch, its problems reported.
  private func step(_ draft: Draft, _ tree: PhaseDocument, batch: Int?) -> TrainingSpec? {
    let (spec, found) = tree.resolve(batch: batch, around, cluster)
    guard let spec, found.isEmpty else {
      report(batch, found, [], draft, tree)
      return nil
    }
    return spec
  }

  /// Seconds that each GPU generates tokens.
  private func generationSeconds(_ draft: Draft, _ step: TrainingSpec) -> Double {
    guard let written = draft.fields.given(RunPhaseKeys.generation),
      let tokens = written.given(GenerationKeys.tokens),
      let rate = written.given(GenerationKeys.rate)
    else { return 0 }
    return tokens / (rate * Double(step.layout.gpuCount))
  }

  /// Reports the problems of a batch in terms of the phase.
  private func report(
    _ batch: Int?, _ found: [Diagnostic], _ legal: [Int], _ draft: Draft, _ tree: PhaseDocument
  ) {
    let size = batch.map { " with \($0) sequences" } ?? ""
    for var diagnostic in found {
      if draft.isWritten { diagnostic.message += " (phase \(draft.name)\(size))" }
      diagnostic.keyPath = tree.keyPath(of: diagnostic.keyPath)
      diagnostic.allowed = diagnostic.allowed?.replacing(
        #/\btraining\./#, with: "run.training.")
      if let first = legal.first {
        let range = legal.count == 1 ? "\(first)" : "\(first) to \(legal[legal.count - 1])"
        let advice = "legal in this layout, of the ramp's batches: \(range) sequences"
        diagnostic.allowed = [diagnostic.allowed, advice].compactMap(\.self).joined(
          separator: "; ")
      }
      problems.addOnce(diagnostic)
    }
  }

  // MARK: Batches

  /// The batches of a phase in turn.
  private func runs(_ draft: Draft, _ last: TrainingSpec, _ length: Length) -> [BatchRamp.Run]? {
    let sequence = last.sequenceLength
    var ramp: BatchRamp?
    if let written = draft.fields.given(RunPhaseKeys.ramp) {
      ramp = self.ramp(written, draft, last)
      guard ramp != nil else { return nil }
    }
    let runs: [BatchRamp.Run]? =
      switch length {
      case .steps(let steps):
        ramp.map { $0.runs(steps: steps, sequenceLength: sequence) }
          ?? [BatchRamp.Run(batch: last.globalBatch, steps: steps)]
      case .tokens(let tokens):
        ramp.map { $0.runs(tokens: tokens, sequenceLength: sequence) }
          ?? BatchRamp.constant(last.globalBatch, tokens: tokens, sequenceLength: sequence)
      }
    if runs == nil {
      problems.add(
        draft.path, "has more than \(BatchRamp.stepLimit) steps",
        allowed: "expected: fewer tokens, or a larger batch")
    }
    return runs
  }

  private func ramp(_ written: Fields, _ draft: Draft, _ last: TrainingSpec) -> BatchRamp? {
    let path = "\(draft.path).ramp"
    if let text = written.given(RampKeys.list) {
      guard let entries = Self.entries(text) else {
        problems.add(
          "\(path).list", "\(quoted(text)) is not a list of tokens and batches",
          allowed: "expected: from 0 on with rising tokens, for example 0:768 250B:1536")
        return nil
      }
      return .list(entries)
    }
    guard let from = written.given(RampKeys.from), let rule = written.value(RampKeys.rule) else {
      return nil
    }
    let to = written.given(RampKeys.to) ?? last.globalBatch
    guard from <= to else {
      problems.add(
        "\(path).from", "\"\(from)\" sequences are more than the last batch of \(to)",
        allowed: "expected: at most \(to)")
      return nil
    }
    let multiple = written.given(RampKeys.multiple) ?? least(last)
    guard from >= multiple || rule == .stairs else {
      problems.add(
        "\(path).from", "\"\(from)\" sequences are fewer than one multiple of \(multiple)",
        allowed: "expected: at least \(multiple)")
      return nil
    }
    switch rule {
    case .tokens: return .tokens(from: from, to: to, multiple: multiple)
    case .stairs:
      guard checkStairs(of: multiple, from, to, least(last), path) else { return nil }
      return .staircase(from: from, to: to, increment: multiple)
    case .steps: return .steps(from: from, to: to, multiple: multiple)
    }
  }

  /// Whether stairs of a height end at the last batch, which Megatron-LM demands too; else a
  /// problem is reported.
  ///
  /// - Parameter least: the least sequences by which a batch can grow.
  private func checkStairs(
    of height: Int, _ from: Int, _ to: Int, _ least: Int, _ path: String
  ) -> Bool {
    let all = to - from
    guard all % height != 0 else { return true }
    let small = (1...Int(Double(all).squareRoot())).filter { all % $0 == 0 }
    let divisors = small + small.reversed().map { all / $0 }
    let legal = divisors.filter { $0 % least == 0 }
    func nearest(to value: Int, among legal: [Int]) -> String {
      [legal.last { $0 < value }, legal.first { $0 > value }].compactMap { $0.map(String.init) }
        .joined(separator: " or ")
    }
    if legal.isEmpty {
      let above = to - all / least * least
      problems.add(
        "\(path).from",
        "\"\(from)\" sequences lie no whole number of stairs of \(least) below the last batch of"
          + " \(to)",
        allowed: "nearest: \(nearest(to: from, among: [above - least, above].filter { $0 > 0 }))")
    } else {
      problems.add(
        "\(path).multiple",
        "stairs of \"\(height)\" sequences do not end at the last batch: \(from) to \(to) are"
          + " \(all) more",
        allowed: "nearest: \(nearest(to: height, among: legal))")
    }
    return false
  }

  /// The least sequences by which a batch can grow: a microbatch more on each pipeline, or as many
  /// as the schedule accepts.
  private func least(_ spec: TrainingSpec) -> Int {
    let sequences = spec.layout.data * spec.microbatchSequences
    let kind = ScheduleCatalogue.named(spec.schedule)
    let ranks = spec.layout.pipeline
    for step in 1...max(1, ranks) {
      let accepted = (1...2).allSatisfy { times in
        let sizes = ScheduleSizes(
          ranks: ranks, microbatches: spec.microbatches + times * step, chunks: spec.chunks)
        return kind?.refusal(of: sizes) == nil
      }
      if accepted { return step * sequences }
    }
    return sequences
  }

  /// The entries of a list such as `0:768 250B:1536`; nil for another text.
  static func entries(_ text: String) -> [BatchRamp.Entry]? {
    var entries: [BatchRamp.Entry] = []
    for part in text.split(separator: " ") {
      let pair = part.split(separator: ":", omittingEmptySubsequences: false)
      guard pair.count == 2, let batch = Int(pair[1]), (1...1_000_000_000).contains(batch),
        let tokens = try? ScalarText.count(
          String(pair[0]), noun: "tokens", in: 0...1e18, isWhole: false),
        entries.last.map({ $0.tokens < tokens }) ?? (tokens == 0)
      else { return nil }
      entries.append(BatchRamp.Entry(tokens: tokens, batch: batch))
    }
    return entries.isEmpty ? nil : entries
  }
}
