// `dsv3sim sweep`: runs scenarios over grids, designs and replications, here or on a cluster, and
// goes on where it stopped.

import ArgumentParser
import Experiments
import Recording
import Reports
import Scenarios
import Text

struct SweepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sweep",
    abstract: "Run the trials of a sweep file: grids, designs, replications, several scenarios.",
    discussion: "Trials that are there are not run again; a failed trial stays with its reason and"
      + " stops nothing. Exit status: 0 all ran, 65 some failed, 75 incomplete: run again.")

  @Argument(
    help: "A sweep file, or the name of a bundled one, such as pretrain-sensitivity.",
    completion: .custom(BundledFiles.sweeps.completions))
  var sweep: String

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Folder of the sweep; default: the name of the file with .sweep, here.", valueName: "file"),
    completion: .file())
  var output: String?

  @OptionGroup var trials: TrialOptions

  @Flag(help: "List the trials with their parameters and identities; run none.")
  var dryRun = false

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Run only trials with one of these values of a key. May be repeated.",
      valueName: "key=value,value"))
  var only: [String] = []

  @Option(help: ArgumentHelp("Start no trial after this many have failed.", valueName: "count"))
  var maxFailures: Int?

  @Flag(help: "Run failed trials again.")
  var retryFailed = false

  @Flag(help: "Run everything again if another version of the program made the folder.")
  var rerun = false

  @Option(help: ArgumentHelp("Run one of N shards: trials I, I + N, ...", valueName: "i/n"))
  var shard: String?

  @Option(
    help: "Where trials run; slurm submits an array job that runs the shards, and one that merges.")
  var engine = SweepEngine.local

  @OptionGroup var cluster: SlurmOptions

  mutating func run() throws {
    let shard = try Shard.chosen(shard, engine, filters: only, maxFailures: maxFailures)
    let path = try BundledFiles.sweeps.path(of: sweep)
    let file = try SweepFile(path: path, traces: .stored)
    let experiment = Experiment.sweep(file)
    let filter = try SweepFilter(only, experiment)
    if dryRun { return try emit(TrialList(experiment, filter).text) }
    try experiment.check()
    for scenario in file.scenarios {
      scenario.document.remarkNotes(ScenarioChanges(settings: file.settings))
    }
    let folder = SweepFolder(output ?? SweepFolder.usualPath(of: sweep))
    let manifest = SweepManifest(experiment)
    try folder.claim(manifest, text: file.text, reruns: rerun)
    if engine == .slurm {
      return try SlurmArray(
        sweep: path, folder: folder, manifest: manifest, options: cluster, jobs: trials.jobs,
        retriesFailed: retryFailed
      ).submitOrReport()
    }
    if retryFailed {
      try folder.forgetFailures(
        of: manifest, in: shard.map { [folder.shard($0)] } ?? folder.wholeShards())
    }
    try ShardRun(
      experiment: experiment, manifest: manifest, folder: folder, shard: shard ?? .whole,
      isChosen: filter.takes, workers: trials.jobs, maximumFailures: maxFailures ?? Int.max
    ).run()
    if let shard { return try folder.checkWhole(shard, manifest) }
    let state = try SweepState(folder, manifest)
    try state.merge()
    try state.report()
  }
}

extension SweepFolder {
  /// Reports that a shard is whole; merging is another command.
  ///
  /// - Throws: `CommandProblem` that names its missing trials.
  func checkWhole(_ shard: Shard, _ manifest: SweepManifest) throws {
    let known = try trials(of: manifest)
    let missing = shard.indices(of: manifest.trialCount).filter { known[$0] == nil }
    guard missing.isEmpty else { throw CommandProblem.incomplete(path, missing) }
    remark("shard \(shard.name) is whole")
  }

  /// The name of a sweep file without folder and ending, with `.sweep`.
  static func usualPath(of file: String) -> String {
    var name = String(file.split(separator: "/").last ?? "")
    for ending in [".yaml", ".yml", ".sweep"] where name.hasSuffix(ending) {
      name = String(name.dropLast(ending.count))
    }
    return name + ".sweep"
  }
}

extension Shard {
  /// The shard of the options; nil for all trials.
  ///
  /// - Throws: `CommandProblem` for options out of range or against each other.
  static func chosen(
    _ text: String?, _ engine: SweepEngine, filters: [String], maxFailures: Int?
  ) throws -> Shard? {
    if let maxFailures, maxFailures < 1 {
      throw CommandProblem.usage("--max-failures \"\(maxFailures)\": expected at least 1")
    }
    let shard = try text.map { try Shard($0) }
    if engine == .slurm, shard != nil || !filters.isEmpty {
      throw CommandProblem.usage("--engine slurm chooses the shards: leave out --shard and --only")
    }
    return shard
  }
}

/// Where trials run.
enum SweepEngine: String, CaseIterable, ExpressibleByArgument {
  case local
  case slurm
}

/// The options `--only KEY=VALUE,VALUE`.
struct SweepFilter {
  private let experiment: Experiment
  private let wanted: [ExperimentAxis]

  /// - Throws: `CommandProblem` for a key or a value that no trial has.
  init(_ texts: [String], _ experiment: Experiment) throws {
    self.experiment = experiment
    let keys = experiment.axes.flatMap(\.keys)
    wanted = try texts.map { text in
      guard let axis = ExperimentAxis(text) else {
        throw CommandProblem.usage(
          "--only \(quoted(text)) is not KEY=VALUE,VALUE",
          advice: "for example: --only training.microbatches=32,64")
      }
      guard keys.contains(axis.key) else {
        throw CommandProblem.usage(
          "--only \(quoted(axis.key)): the sweep does not vary this key",
          advice: knownText(keys, insteadOf: axis.key))
      }
      let known = experiment.labels(of: axis.key)
      for label in axis.values.flatMap(\.labels) where !known.contains(label) {
        throw CommandProblem.usage(
          "--only \(axis.key)=\(label): no trial has this value",
          advice: knownText(known, insteadOf: label))
      }
      return axis
    }
  }

  /// Whether a trial has one of the values of every key.
  func takes(_ index: Int) -> Bool {
    guard !wanted.isEmpty else { return true }
    let parameters = experiment.parameters(at: index)
    return wanted.allSatisfy { axis in
      parameters.contains { parameter in
        parameter.key == axis.key && axis.values.contains { $0.labels == [parameter.value] }
      }
    }
  }
}

extension TrialList {
  /// The trials that a filter takes, with the start of their identities.
  init(_ experiment: Experiment, _ filter: SweepFilter) {
    let rows = (0..<experiment.count).filter(filter.takes).map { index in
      let identity = experiment.identity(at: index, version: Experiment.resultVersion)
      return [String(index)] + experiment.parameters(at: index).map(\.value)
        + [String(identity.prefix(12))]
    }
    self.init(keys: experiment.axes.flatMap(\.keys), rows: rows, total: experiment.count)
  }
}
