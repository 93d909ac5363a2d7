// Compiles the files of a room's folder `Embedded` into it, so that the program needs no files
// beside it: to add a text is to add a file. The folder lies in the room, or is a link there
// (Sources/Reports/Embedded), so that adding or removing a file changes the room's list of files
// and the build plans again. Elsewhere it would keep its old list and stop at a file that is gone.

import Foundation
import PackagePlugin

/// Turns a room's texts into one generated Swift file.
@main
struct EmbedTexts: BuildToolPlugin {
  /// One command for all texts: it runs again when one of them, or their list, has changed.
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Embedded")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
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
