// Introduces the schedules of the catalogue to the room that reads scenarios.

import Scenarios
import Schedules

extension ScheduleVocabulary {
  /// Names, aliases and size rules of every schedule of the catalogue.
  public static var catalogue: ScheduleVocabulary {
    ScheduleVocabulary(
      names: ScheduleCatalogue.all.map(\.name),
      canonical: { ScheduleCatalogue.named($0)?.name },
      refusal: { name, ranks, microbatches in
        let sizes = ScheduleSizes(ranks: ranks, microbatches: microbatches)
        guard let refusal = ScheduleCatalogue.named(name)?.refusal(of: sizes) else { return nil }
        let field = refusal.field == "ranks" ? "pipeline" : refusal.field
        return Refusal(field: field, message: refusal.description)
      })
  }
}
