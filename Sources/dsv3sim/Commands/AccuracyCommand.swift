// `dsv3sim accuracy`: simulated beside published figures.

import Accuracy
import ArgumentParser
import Experiments
import Recording
import Reports
import Text

struct AccuracyCommand: ParsableCommand {
  /// The formats of every study, and a page of documentation.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case table
    case json
    case csv
    case markdown
  }

  static let configuration = CommandConfiguration(
    commandName: "accuracy",
    abstract: "Simulate published figures, and show errors, intervals and coverage.")

  @Option(help: ArgumentHelp("A group of figures by its letter: \(groups).", valueName: "letter"))
  var group: String?

  @Option(help: "Form of the result.")
  var format = Format.table

  @Flag(help: "Errors of kernel times on rows that were left out, by class, instead of figures.")
  var kernels = false

  @OptionGroup var trials: TrialOptions

  private static let letters = Figure.Group.allCases.map(\.rawValue)
  private static let groups = Figure.Group.allCases.map(\.title).joined(separator: "; ")

  func validate() throws {
    guard let group, !Self.letters.contains(group) else { return }
    throw CommandProblem.usage(
      "--group: \(quoted(group)) is not a group", advice: knownText(Self.letters, insteadOf: group))
  }

  mutating func run() throws {
    if kernels {
      guard let format = OutputFormat(rawValue: format.rawValue), group == nil else {
        throw CommandProblem.usage("--kernels: has a table, JSON or CSV, and no groups")
      }
      return try emit(StudyText.text(.kernelErrors, format))
    }
    let figures = PublishedFigures.all.filter { group == nil || $0.group.rawValue == group }
    let progress = Progress("runs")
    let study = try Comparison(
      of: figures, workers: trials.jobs, programVersion: ProgramVersion.text
    ) { progress.tell($0, of: $1) }.study(withoutMissing: group != nil)
    switch OutputFormat(rawValue: format.rawValue) {
    case .some(let format): try emit(StudyText.text(study, format))
    case .none: try emit(StudyText.markdown(ofAccuracy: study))
    }
  }
}
