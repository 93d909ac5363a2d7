// `dsv3sim merge`: makes one file of the shards of a sweep.

import ArgumentParser

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge", abstract: "Merge the shards of a sweep into its merged.db.",
    discussion: "The file has the same bytes however the trials were divided. Exit status: 0 all"
      + " ran, 65 some failed, 75 some are missing.")

  @Argument(help: "Folder of the sweep.")
  var folder: String

  mutating func run() throws {
    let folder = SweepFolder(folder)
    let state = try SweepState(folder, try folder.manifest())
    try state.merge()
    try state.report()
  }
}
