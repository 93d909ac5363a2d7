// The command: parses arguments, runs one subcommand, and turns every failure into one message on
// stderr and one of the designed exit statuses.

import ArgumentParser
import Experiments
import Foundation
import MoEEngine
import Recording
import ResultsStore
import Routing
import Scenarios

/// The root of all subcommands.
struct DSV3Sim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dsv3sim",
    abstract: "Simulates clusters that train DeepSeek-V3-class models.",
    discussion: "Exit status: 0 done, 64 wrong usage, 65 bad scenario or data, 66 no such input, "
      + "70 a broken invariant (our bug), 74 file or database.",
    version: ProgramVersion.text,
    subcommands: [
      RunCommand.self, CompareCommand.self, ShowCommand.self, QueryCommand.self,
      TimelineCommand.self,
      ValidateCommand.self, SchemaCommand.self, SchedulesCommand.self, KernelsCommand.self,
      HardwareCommand.self, ModelsCommand.self, FactsCommand.self, ExpertsCommand.self,
      MoECommand.self, BenchCommand.self,
    ])
}

/// The version that results record.
enum ProgramVersion {
  /// Semantic version.
  static let text = "0.1.0"
}

/// A failure with its exit status, told in one message.
struct CommandFailure: Error {
  /// As in sysexits.h.
  var status: Int32
  /// What went wrong and what to do, without a trailing line feed.
  var message: String

  /// Sorts the errors of all rooms by exit status; nil for errors of the argument parser.
  init?(_ error: any Error) {
    switch error {
    case let failure as CommandFailure: self = failure
    case let error as ScenarioError:
      self.init(status: error.exitStatus, message: error.description)
    case let refusal as any SimulationRefusal:
      self.init(status: refusal.exitStatus, message: refusal.message)
    case let problems as PlacementProblems:
      self.init(status: 65, message: problems.description)
    case let problem as CorpusProblem:
      self.init(status: problem.isMissing ? 66 : 65, message: problem.description)
    case let diverged as DivergedTraining:
      self.init(status: 70, message: diverged.description)
    case let broken as BrokenInvariant:
      self.init(status: 70, message: "error: \(broken.description)")
    case let problem as StoreProblem:
      self.init(status: problem.exitStatus, message: problem.description)
    default: return nil
    }
  }

  init(status: Int32, message: String) {
    self.status = status
    self.message = message
  }
}

@main
enum Program {
  static func main() {
    StandardStreams.takeClosed()
    do {
      var command = try DSV3Sim.parseAsRoot()
      try command.run()
    } catch {
      guard let failure = CommandFailure(error) else { DSV3Sim.exit(withError: error) }
      StandardStreams.tell(failure.message)
      exit(failure.status)
    }
  }
}

/// Writes a result to stdout.
func emit(_ text: String) throws {
  do {
    try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
  } catch {
    throw CommandFailure(status: 74, message: "error: stdout: cannot be written")
  }
}

/// Writes progress or a remark to stderr.
func remark(_ text: String) {
  StandardStreams.tell(text)
}
