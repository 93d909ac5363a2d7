// The keys of a sweep file, declared as those of scenarios are.

import Recording
import Text

/// Keys of a sweep file.
enum SweepKeys {
  static let name = Key<String>("name", .text, .required, "Name of the sweep in results.")
  static let seed = Key<Int>(
    "seed", .integer(0...Int.max), fallback: 1,
    "Seed of designs and of replications; replications have the same seeds at every point.")
  static let scenario = Key<String>(
    "scenario", .text, "The scenario to vary, relative to the folder of this file.")
  static let scenarios = Key<[String]>(
    "scenarios", .list(.text, isSet: true, count: 1...1000),
    "Scenarios to vary one after another; the slowest axis.")
  static let set = Key<[Fields]>(
    "set", .list(.record(SettingKeys.record), isSet: false, count: 1...1000),
    "Changes to every trial, as with --set.")
  static let axes = Key<[Fields]>(
    "axes", .list(.record(SweepAxisKeys.record), isSet: false, count: 1...64),
    "Axes of the grid, the last one fastest.")
  static let design = Key<Fields>(
    "design", .record(DesignKeys.record),
    "Points between the ends of ranges, beside the grid; the axis after those of the grid.")
  static let replications = Key<Int>(
    "replications", .integer(1...100_000), fallback: 1,
    "Trials with different seeds at each point; the fastest axis. Without it, the scenario's seed.")
  static let record = Record(
    [
      name.declaration, seed.declaration, scenario.declaration, scenarios.declaration,
      set.declaration, axes.declaration, design.declaration, replications.declaration,
    ], exactlyOne: [["scenario", "scenarios"]])
}

/// Keys of an entry of `set`.
enum SettingKeys {
  static let key = Key<String>(
    "key", .text, .required, "A key of the scenario, such as training.microbatches.")
  static let value = Key<String>(
    "value", .text, "Its value; absent: the key is removed, as with --unset.")
  static let record = Record([key.declaration, value.declaration])
}

/// Keys of an entry of `axes`.
enum SweepAxisKeys {
  static let key = Key<String>(
    "key", .text, "A key of the scenario, such as training.microbatches.")
  static let values = Key<[String]>(
    "values", .list(.text, isSet: true, count: 1...100_000), "The values of key.")
  static let keys = Key<[String]>(
    "keys", .list(.text, isSet: true, count: 1...64), "Keys that vary together.")
  static let points = Key<[[String]]>(
    "points",
    .list(.list(.text, isSet: false, count: 1...64), isSet: false, count: 1...100_000),
    "The points of keys, each a list with one value for each key.")
  static let record = Record(
    [key.declaration, values.declaration, keys.declaration, points.declaration],
    exactlyOne: [["key", "keys"], ["values", "points"]])
}

/// Keys of `design`.
enum DesignKeys {
  static let kind = Key<DesignKind>(
    "kind", .choice(DesignKind.allCases.map(\.rawValue)), .required,
    "latin_hypercube: points in equal slices of each range. tornado: one range at a time at 5 and"
      + " at 95 % of it, the others in the middle; of levels, the first, last and middle one."
      + " morris: paths along which one range changes at a time. sobol: shares of variance.")
  static let points = Key<Int>(
    "points", .integer(1...100_000),
    "Points of a latin_hypercube, paths of morris (10 to 20), rows of sobol (a power of two).")
  static let ranges = Key<[Fields]>(
    "ranges", .list(.record(RangeKeys.record), isSet: false, count: 1...64), .required,
    "The keys that vary, each with the ends of its range or with its levels.")
  static let record = Record([kind.declaration, points.declaration, ranges.declaration])
}

/// Keys of an entry of `design.ranges`.
enum RangeKeys {
  static let key = Key<String>(
    "key", .text, .required, "A key of the scenario, such as cluster.node.nic.")
  static let from = Key<String>("from", .text, "The low end, for example 25 GB/s.")
  static let to = Key<String>("to", .text, "The high end, in the same unit.")
  static let levels = Key<[String]>(
    "levels", .list(.text, isSet: true, count: 2...1000),
    "The values of a key without a range, in order; each stands for an equal part.")
  static let record = Record(
    [key.declaration, from.declaration, to.declaration, levels.declaration],
    exactlyOne: [["from", "levels"]], atMostOne: [["to", "levels"]])
}

extension DesignKind: KeyValue {}
