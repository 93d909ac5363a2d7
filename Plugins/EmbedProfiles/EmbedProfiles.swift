// Compiles the expert load profiles of the folder Synthesis/Builtin into the room Routing.

import Foundation
import PackagePlugin

/// Turns every .txt file of the folder into one generated Swift file.
@main
struct EmbedProfiles: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Synthesis/Builtin")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let inputs = names.filter { $0.hasSuffix(".txt") }.sorted().map { folder.appending(path: $0) }
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedProfiles.swift")
    return [
      .buildCommand(
        displayName: "Embedding load profiles",
        executable: try context.tool(named: "embed-corpus").url,
        arguments: [output.path, folder.path],
        inputFiles: inputs, outputFiles: [output])
    ]
  }
}
