// Compiles the version of the sources into the command, by Plugins/version.sh. Beside EmbedTexts it
// is a plugin of its own because what it depends on is not a folder of a room: every source, and
// git's folder, whose time changes with a commit or a checkout, and its tags. The script runs again
// when one of these has changed, but writes only a version that differs, so a build that changes
// nothing compiles nothing.

import Foundation
import PackagePlugin

/// Makes the file that holds the version.
@main
struct EmbedVersion: BuildToolPlugin {
  /// One command; the script itself says what it reads.
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
