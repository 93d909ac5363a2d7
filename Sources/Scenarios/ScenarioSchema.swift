// The JSON Schema of scenarios, generated from the declarations that the decoder follows.
//
// It knows the keys, forms and ranges; conditions between keys are the loader's alone.

import Schedules

/// The schema of a scenario file.
public enum ScenarioSchema {
  /// The schema as JSON text (draft 2020-12), the same at every call.
  public static func json() -> String {
    var members: [(String, JSON)] = [
      ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
      ("title", .string("dsv3sim scenario")),
    ]
    members += ScenarioKeys.record.schema
    let schedules = ScheduleCatalogue.all.flatMap { [$0.name] + $0.aliases }
    members.append(("$comment", .string("schedules: " + schedules.joined(separator: ", "))))
    return JSON.object(members).text() + "\n"
  }
}
