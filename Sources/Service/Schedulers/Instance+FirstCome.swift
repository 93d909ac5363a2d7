// First come, first served: running requests decode; the head of the queue is admitted while seats
// and blocks for its whole sequence are free, and its prompt is computed in that step.
// Source: TensorRT-LLM's GUARANTEED_NO_EVICT.

extension Instance {
  mutating func planFirstCome(_ live: inout [LiveRequest]) {
    for request in running {
      let (computed, drafts) = (live[request.index].computed, live[request.index].drafts)
      plan.rows.append(
        StepPlan.Row(
          request: request, tokens: 1 + drafts, context: computed, isPrompt: false,
          drafts: drafts))
    }
    while let head = waiting.first, running.count < spec.seats {
      let whole = live[head.index].prompt + live[head.index].target + drafts
      guard cache.blocks(for: whole) <= cache.free else { break }
      waiting.removeFirst()
      extend(head, to: whole, &live)
      running.append(head)
      admit(head, cached: 0, &live)
      plan.rows.append(
        StepPlan.Row(
          request: head, tokens: live[head.index].behind, context: 0, isPrompt: true))
    }
  }
}
