// `dsv3sim calibrate`: what a user's own measurements say about kernel times.

import ArgumentParser
import Calibration
import Reports
import Text

struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Narrow the times of kernels to your machine by your own measurements.",
    discussion: "Reads output of DeepGEMM, DeepEP, nccl-tests, FlashMLA, FlashAttention and the"
      + " PyTorch profiler, tables of aiconfigurator as CSV, and CSV of your own. A scenario names"
      + " the file that -o writes with the key measurements. See docs/kernels.md.")

  @Argument(help: "Files of measurements.") var files: [String]
  @Option(
    help: ArgumentHelp(
      "GPU of files that do not say theirs, for example h100-sxm.", valueName: "name")) var gpu:
    String?
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("File to write, for the key measurements of scenarios.", valueName: "file"),
    completion: .file())
  var output: String?
  @Option(help: "Form of the result.") var format = OutputFormat.table

  mutating func run() throws {
    if let gpu, !Calibration.gpuNames.contains(gpu) {
      throw CommandProblem.usage(
        "--gpu \(quoted(gpu)) is not in the catalogue",
        advice: knownText(Calibration.gpuNames, insteadOf: gpu))
    }
    let calibration = try Calibration(
      files.map { MeasurementFile(name: $0, text: try MeasuredText.read($0)) }, gpu: gpu)
    if let output {
      try OutputFile(output).write(calibration.measurements.text)
      remark("measurements in \(output)")
    }
    try emit(StudyText.text(calibration.study, format))
  }
}
