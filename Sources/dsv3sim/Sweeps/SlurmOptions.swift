// Options of `--engine slurm`.

import ArgumentParser

/// How an array job is submitted.
struct SlurmOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Shards of the array job; default: as fits.", valueName: "count"))
  var shards: Int?

  @Option(
    help: ArgumentHelp("Shards that run at the same time; default: all.", valueName: "count"))
  var throttle: Int?

  @Option(
    name: .customLong("sbatch"), parsing: .singleValue,
    help: ArgumentHelp(
      "An option for sbatch, such as --partition=cpu. May be repeated.", valueName: "option"))
  var extra: [String] = []
}
