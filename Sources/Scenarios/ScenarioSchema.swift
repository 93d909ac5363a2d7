// The JSON Schema of scenarios, generated from the declarations that the decoder follows.
//
// It covers keys, forms and ranges; only the loader checks conditions between keys.

import Recording
import Schedules

/// The schema of a scenario file.
package enum ScenarioSchema {
  /// The schema as JSON text (draft 2020-12), the same for every call.
  package static func json() -> String {
    var members: JSONMembers = [
      ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
      ("title", .text("dsv3sim scenario")),
    ]
    members += ScenarioKeys.record.schema
    let schedules = ScheduleCatalogue.all.flatMap { [$0.name] + $0.aliases }
    members.append(("$comment", .text("schedules: " + schedules.joined(separator: ", "))))
    return RecordValue.object(members).description + "\n"
  }
}
