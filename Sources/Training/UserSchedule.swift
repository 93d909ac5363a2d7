// A pipeline schedule that a user wrote as an order text, parsed and checked before it may run.

import Schedules

/// A user's own schedule, which satisfies every law of plans.
package struct UserSchedule: Hashable, Sendable {
  /// The original text.
  package let text: String
  let plan: Plan

  /// The name in the text's header.
  package var name: String { plan.scheduleName }
  /// Pipeline ranks that the order is for.
  package var ranks: Int { plan.sizes.ranks }
  /// Microbatches that the order is for.
  package var microbatches: Int { plan.sizes.microbatches }
  /// The ranks of the stages.
  package var placement: Placement { plan.placement }

  /// Stages that every microbatch passes.
  package var stages: Int { plan.stagesPerPath }
  /// Copies of the whole model on the ranks together.
  package var weightCopies: Int { plan.weightCopies }

  /// Reads a text in the notation of `OrderText`.
  ///
  /// - Throws: every violation of the notation or of a law of plans.
  package init(text: String) throws(OrderTextProblem) {
    plan = try OrderText.checked(text)
    self.text = text
  }

  /// Why the order does not support these sizes, or nil.
  package func refusal(ranks: Int, microbatches: Int) -> ScheduleRefusal? {
    func refusal(_ field: String, _ value: Int, _ own: Int) -> ScheduleRefusal? {
      guard value != own else { return nil }
      let rule = "the order \"\(name)\" is for pp=\(self.ranks) microbatches=\(self.microbatches)"
      return ScheduleRefusal(field: field, value: value, rule: rule)
    }
    return refusal("ranks", ranks, self.ranks)
      ?? refusal("microbatches", microbatches, self.microbatches)
  }
}
