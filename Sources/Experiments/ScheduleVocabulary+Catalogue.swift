// Introduces the schedules of the catalogue to the room that reads scenarios.

import Scenarios
import Schedules

extension ScheduleVocabulary {
  /// Names, aliases and size rules of every schedule of the catalogue.
  public static var catalogue: ScheduleVocabulary {
    ScheduleVocabulary(
      names: ScheduleCatalogue.all.map(\.name),
      canonical: { ScheduleCatalogue.named($0)?.name },
      stages: { name, ranks, chunks in
        let sizes = ScheduleSizes(ranks: ranks, microbatches: 1, chunks: chunks)
        let shape = ScheduleCatalogue.named(name)?.shape ?? .linear
        return Placement(shape, sizes).stagesPerPath
      },
      refusal: { name, ranks, microbatches, chunks in
        let sizes = ScheduleSizes(ranks: ranks, microbatches: microbatches, chunks: chunks)
        guard let refusal = ScheduleCatalogue.named(name)?.refusal(of: sizes) else { return nil }
        let field = refusal.field == "ranks" ? "pipeline" : refusal.field
        return Refusal(field: field, message: refusal.description)
      })
  }
}
