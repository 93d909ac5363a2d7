// Compiles the files of a room's folder `Embedded` into the room, so that the program needs no data
// files. To add a text, add a file.
//
// The folder must be in the room, or linked there (Sources/Reports/Embedded): then adding or
// removing a file changes the room's list of files, and SwiftPM plans the build again. With a
// folder elsewhere, the build would keep its old list and fail on a removed file.

import Foundation
import PackagePlugin

/// Turns a room's texts into one generated Swift file.
@main
struct EmbedTexts: BuildToolPlugin {
  /// One command for all texts: it runs again when one of them, or their list, has changed.
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Embedded")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.contains(".") }
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedTexts.swift")
    return [
      .buildCommand(
        displayName: "Embedding texts of \(target.name)",
        executable: try context.tool(named: "embed-texts").url,
        arguments: [output.path, folder.path],
        inputFiles: [folder] + names.map { folder.appending(path: $0) }, outputFiles: [output])
    ]
  }
}
