// An invented plan: a best candidate, one that loses, a pruned one, refusals, changed inputs.

import Recording

/// The ledger of an invented plan.
let samplePlanLedger = PlanLedger(
  question: "layout", title: "least step time of tiny on 16 h800-sxm", objective: .stepTime,
  space: 12,
  refusals: [
    .init(rule: "memory", count: 7, example: "pp1 ep8", reason: "rank 0 needs 90 of 80 GiB"),
    .init(rule: "schedule", count: 2, example: "pp3 ep8", reason: "needs an even number"),
  ],
  candidates: [
    .init(
      name: "pp2 ep8 zb_h1", settings: [Setting("training.parallel.pipeline", "2")],
      bound: 1.5, boundedBy: "pipeline", fate: .simulated, value: 1.625, place: 1),
    .init(
      name: "pp4 ep4 1f1b",
      settings: [
        Setting("training.parallel.pipeline", "4"), Setting("training.partition", nil),
      ], bound: 1.5, boundedBy: "pipeline", fate: .simulated, value: 1.75, low: 1.7, high: 1.8,
      place: 2, note: "+125 ms: bubble +200 ms, combine -75 ms"),
    .init(name: "pp8 ep2 gpipe", settings: [], bound: 2, boundedBy: "links", fate: .pruned),
  ],
  changes: [
    .init(input: "compute", amount: "+1 %", elasticity: -0.75, fixed: 1.6128),
    .init(
      input: "memory", amount: "+6 GB", replanned: 1.5625, candidate: "pp2 ep8 zb_h2"),
  ],
  notes: ["compute binds"])

/// The same as the values of a study.
let samplePlan: RecordValue = {
  do { return try samplePlanLedger.study([("scenario", "tiny")]).values } catch {
    return .null
  }
}()
