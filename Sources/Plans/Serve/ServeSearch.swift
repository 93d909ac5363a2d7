// The search over layouts, and what it says about each.

import Recording
import Scenarios
import Service
import Statistics

/// The state of a search.
struct ServeSearch {
  let question: ServeQuestion
  let trials: ServeTrials
  private var refusals: [PlanLedger.Refusal] = []
  private var others: [PlanLedger.Candidate] = []
  /// The answers so far.
  private var found: [Found] = []

  /// A layout that meets the objective.
  struct Found {
    var ladder: ServeLadder
    var answer: LeastCount.Answer
    var probe: LeastCount.Probe
    var steps: [Int]
    var bound: Int
    var boundedBy: String

    var nodes: Int { ladder.layout.nodes(steps) }
  }

  /// A layout that waits for its search.
  private struct Waiting {
    var layout: ServeLayout
    var bound: ServeBound
    var ladder: ServeLadder
    /// Nodes of the bound.
    var nodes: Int
  }

  init(_ question: ServeQuestion, seed: UInt64) {
    self.question = question
    trials = ServeTrials(question, seed: seed)
  }

  /// Runs the search.
  mutating func run(_ progress: (String) -> Void) throws -> ServePlan {
    let candidates = question.candidates
    var waiting: [Waiting] = []
    for (index, candidate) in candidates.enumerated() {
      if let next = try prepare(index, candidate.name, candidate.settings) { waiting.append(next) }
    }
    waiting.sort { ($0.nodes, $0.layout.index) < ($1.nodes, $1.layout.index) }
    for next in waiting {
      let best = found.map(\.nodes).min()
      if let best, next.nodes > best {
        others.append(candidate(next, .pruned, note: "its bound is above \(best) nodes"))
        continue
      }
      progress("\(next.layout.name): from \(next.layout.words(next.ladder.least)) on")
      do {
        try search(next, mostNodes: best, levels: candidates.count)
      } catch ServeTrialRefusal.refused(let reason) {
        others.append(candidate(next, .failed, note: reason))
      }
    }
    found.sort { first, second in
      (first.nodes, -first.probe.margin, first.ladder.layout.index)
        < (second.nodes, -second.probe.margin, second.ladder.layout.index)
    }
    return try plan(space: candidates.count)
  }

  // MARK: Before a search

  /// A layout with its bound; nil if it is refused.
  private mutating func prepare(
    _ index: Int, _ name: String, _ settings: [Setting]
  ) throws -> Waiting? {
    let roomy: Scenario
    do throws(ScenarioProblem) {
      roomy = try trials.scenario(settings + [Setting("cluster.nodes", "\(question.mostNodes)")])
    } catch {
      let problem = error.diagnostics.first
      refuse("scenario", name, problem.map { "\($0.keyPath): \($0.message)" } ?? "is not valid")
      return nil
    }
    guard let service = roomy.service else { return nil }
    let layout = ServeLayout(
      index: index, name: name, settings: settings, service: service, cluster: roomy.cluster)
    let bound = try bound(layout, settings)
    // The limit holds for the answer with its redundancy.
    let redundant = question.redundancy * layout.pools.reduce(0) { $0 + $1.nodes }
    let ladder = ServeLadder(
      layout, bound: bound.units, mostNodes: question.mostNodes - redundant)
    guard let nodes = ladder.totals.first else {
      let needed = layout.nodes(ladder.least) + redundant
      refuse("nodes", name, "needs at least \(needed) nodes, the limit is \(question.mostNodes)")
      return nil
    }
    do {
      let alone = try ServeAlone(layout.settings(ladder.least)).samples(trials, service)
      let interval = LeastCount.interval(alone, confidence: 1 - question.alpha)
      if !alone.isEmpty, interval.high < 0 {
        refuse("latency", name, "requests that are served alone miss the objective")
        return nil
      }
    } catch ServeTrialRefusal.refused(let reason) {
      refuse("simulation", name, reason)
      return nil
    }
    return Waiting(layout: layout, bound: bound, ladder: ladder, nodes: nodes)
  }

  /// The least of the bounds of the search's replications: the mean of a share reaches a target
  /// only if one of them does.
  private func bound(_ layout: ServeLayout, _ settings: [Setting]) throws -> ServeBound {
    var least: ServeBound?
    for replication in 0..<LeastCount.searchReplications {
      let scenario = try trials.scenario(
        settings + [Setting("cluster.nodes", "\(question.mostNodes)")], replication: replication)
      guard let service = scenario.service else { continue }
      let bound = ServeBound(
        service, model: scenario.model, cluster: scenario.cluster,
        share: service.window == nil ? question.objective.share : 0)
      guard var known = least else {
        least = bound
        continue
      }
      known.units = zip(known.units, bound.units).map(min)
      if known.units == bound.units { known.boundedBy = bound.boundedBy }
      least = known
    }
    return least ?? ServeBound(pools: layout.pools.count)
  }

  private mutating func refuse(_ rule: String, _ name: String, _ reason: String) {
    // Advice stands on lines of its own.
    let reason = String(reason.prefix { $0 != "\n" })
    if let place = refusals.firstIndex(where: { $0.rule == rule }) {
      refusals[place].count += 1
    } else {
      refusals.append(.init(rule: rule, count: 1, example: name, reason: reason))
    }
  }

  // MARK: A search

  private mutating func search(_ next: Waiting, mostNodes: Int?, levels: Int) throws {
    var ladder = next.ladder
    let rungs = ladder.totals.filter { $0 <= mostNodes ?? .max }.count
    let (trials, layout) = (trials, next.layout)
    let answer = try LeastCount(range: 1...rungs, alpha: question.alpha / Double(levels)).search {
      rung, replications in
      let steps = try ladder.steps(rung) { try trials.searchMean(layout.settings($0)) }
      return try trials.replications(layout.settings(steps), replications).map(\.sample)
    }
    guard let probe = answer.least else {
      let limit = ladder.totals[rungs - 1]
      let word = answer.probes.last?.verdict == .fails ? "misses it" : "cannot be shown to meet it"
      others.append(candidate(next, .simulated, note: "\(word) with \(limit) nodes"))
      return
    }
    let steps = try ladder.steps(probe.count) { try trials.searchMean(layout.settings($0)) }
    found.append(
      Found(
        ladder: ladder, answer: answer, probe: probe, steps: steps, bound: next.nodes,
        boundedBy: next.bound.boundedBy))
  }

  private func candidate(
    _ next: Waiting, _ fate: PlanLedger.Fate, note: String
  ) -> PlanLedger.Candidate {
    PlanLedger.Candidate(
      name: next.layout.name, settings: next.layout.settings, bound: Double(next.nodes),
      boundedBy: next.bound.boundedBy, fate: fate, note: note)
  }

  // MARK: The answer

  private func plan(space: Int) throws -> ServePlan {
    var candidates: [PlanLedger.Candidate] = []
    for (place, each) in found.enumerated() {
      let low = each.answer.probes.last { $0.verdict == .fails && $0.count < each.probe.count }
      candidates.append(
        PlanLedger.Candidate(
          name: each.ladder.layout.name, settings: each.ladder.layout.settings(each.steps),
          bound: Double(each.bound), boundedBy: each.boundedBy, fate: .simulated,
          value: Double(each.nodes),
          low: Double(low.map { each.ladder.totals[$0.count] } ?? each.bound),
          high: Double(each.nodes), place: place + 1,
          note: place == 0 ? nil : loss(each, against: found[0])))
    }
    var ledger = PlanLedger(
      question: "serve", title: title, objective: .plannedNodes, space: space,
      refusals: refusals, candidates: candidates + others)
    guard let best = found.first else { return ServePlan(ledger: ledger, trials: trials.count) }
    var report = ServeReport(question: question, trials: trials, best: best)
    ledger.notes = try report.notes()
    return ServePlan(ledger: ledger, winner: report.winner, trials: trials.count)
  }

  private func loss(_ each: Found, against best: Found) -> String {
    let more = each.nodes - best.nodes
    return more > 0 ? "\(more) more nodes" : "as few nodes, a smaller margin"
  }

  private var title: String {
    let name = question.document.words(of: "name", question.changes) ?? ""
    return "least nodes of \(name) with \(question.objective.words) their objectives"
  }
}
