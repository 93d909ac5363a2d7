// `dsv3sim manual`: the manual page, for `make install`.

import ArgumentParser
import Foundation
import Reports

struct ManualCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Print the manual page in roff.", shouldDisplay: false)

  private static let examples = [
    ("dsv3sim run deepseek-v3-pretrain", "One step of pre-training on 2,048 GPUs."),
    (
      "dsv3sim compare deepseek-v3-pretrain --over training.microbatches=60,120",
      "Every schedule at two batch sizes, ranked."
    ),
    ("dsv3sim query results.db gpu-hours", "A report from stored results."),
    ("dsv3sim scenarios", "What else is bundled."),
  ]

  mutating func run() throws {
    let page = try ManualPage(
      help: Data(DSV3Sim._dumpHelp().utf8), version: ProgramVersion.text, examples: Self.examples)
    try emit(page.text)
  }
}
