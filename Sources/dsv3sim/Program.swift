// The entry point: parses arguments, runs one subcommand, and turns every failure into one report
// on stderr and an `ExitStatus`.

import ArgumentParser
import Foundation
import Text

/// The root of all subcommands.
struct DSV3Sim: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dsv3sim",
    abstract: "Simulates clusters that train and serve DeepSeek-V3-class models.",
    discussion: "Exit status: 0 done, "
      + ExitStatus.allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: ", ") + ".",
    version: ProgramVersion.text,
    subcommands: [
      RunCommand.self, CompareCommand.self, SweepCommand.self, MergeCommand.self, PlanCommand.self,
      ShowCommand.self, DiffCommand.self, QueryCommand.self, ReportCommand.self,
      SensitivityCommand.self, TimelineCommand.self,
      ScenariosCommand.self, ValidateCommand.self, SchemaCommand.self, SchedulesCommand.self,
      KernelsCommand.self, InferenceCommand.self, CalibrateCommand.self,
      HardwareCommand.self, ModelsCommand.self, StacksCommand.self, FactsCommand.self,
      ExpertsCommand.self, MoECommand.self, ServiceCommand.self, AccuracyCommand.self,
      BenchCommand.self, ManualCommand.self,
    ])
}

@main
enum Program {
  static func main() {
    StandardStreams.takeClosed()
    // A limit on the size of files becomes an error of the write, as a full disk is one.
    signal(SIGXFSZ, SIG_IGN)
    UnfinishedFile.removeAtSignals()
    let line = OldNames(Array(CommandLine.arguments.dropFirst()))
    line.warnings.forEach(remark)
    let named = NamedCommand(line.words)
    var command: any ParsableCommand
    do {
      // The parser answers a request for help about no command with the help about all.
      if line.words.first == "help", let problem = named.problem { throw problem }
      command = try DSV3Sim.parseAsRoot(line.words)
    } catch {
      end(with: error, named) { .usage(error, named) }
    }
    do {
      try command.run()
    } catch {
      end(with: error, named) { .bug(["\(error)"]) }
    }
  }

  /// Reports a failure on stderr and exits with its status; nothing else does.
  private static func end(
    with error: any Error, _ command: NamedCommand, orElse problem: () -> CommandProblem
  ) -> Never {
    // The parser reports help and version as errors too.
    if DSV3Sim.exitCode(for: error).isSuccess { DSV3Sim.exit(withError: error) }
    let failure = (error as? any ExplainedError) ?? problem()
    let hint = failure.exitStatus == .usage ? "\n  \(command.hint)" : ""
    StandardStreams.tell(failure.report + hint)
    exit(failure.exitStatus.rawValue)
  }
}

/// Writes a result to stdout.
func emit(_ text: String) throws {
  StandardStreams.clearLine()
  do {
    try FileHandle.standardOutput.write(contentsOf: Data(terminalText(text).utf8))
  } catch {
    throw CommandProblem.file("stdout", "cannot be written")
  }
}

/// Writes progress or a remark to stderr.
func remark(_ text: String) {
  StandardStreams.tell(text)
}
