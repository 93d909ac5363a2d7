// Compiles the version of the sources into the command, by Plugins/version.sh.
//
// It is separate from EmbedTexts because its inputs are not one folder of a room: they are every
// source, git's folder, whose modification time changes with a commit or a checkout, and git's
// tags. The script runs again when one of these has changed, but writes only a version that
// differs, so a build without changes compiles nothing.

import Foundation
import PackagePlugin

/// Makes the file that holds the version.
@main
struct EmbedVersion: BuildToolPlugin {
  /// One command; the script itself lists its inputs.
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let root = context.package.directoryURL
    let script = root.appending(path: "Plugins/version.sh")
    let output = context.pluginWorkDirectoryURL.appending(path: "Version.swift")
    let inputs = try lines(of: script, root.path, "--inputs")
    return [
      .buildCommand(
        displayName: "Reading the version", executable: script,
        arguments: [root.path, output.path],
        inputFiles: inputs.map { URL(filePath: $0, relativeTo: root).absoluteURL },
        outputFiles: [output])
    ]
  }

  private func lines(of program: URL, _ arguments: String...) throws -> [String] {
    let (process, output) = (Process(), Pipe())
    process.executableURL = program
    process.arguments = arguments
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n").map(String.init)
  }
}
