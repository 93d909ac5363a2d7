// Compiles reports/*.sql into the room Reports, so that a report is one file and the program needs
// no files beside it. To add a report is to add a file. The link Sources/Reports/Queries makes the
// folder part of the room: without it the build keeps its list of reports from the last planning,
// and a report that was removed stops the next build.

import Foundation
import PackagePlugin

/// Turns every .sql file of the folder `reports` into one generated Swift file.
@main
struct EmbedReports: BuildToolPlugin {
  /// One command for all reports: it runs again when a report, or the list of them, has changed.
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Queries")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let reports = names.filter { $0.hasSuffix(".sql") }.sorted().map { folder.appending(path: $0) }
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedReports.swift")
    return [
      .buildCommand(
        displayName: "Embedding reports",
        executable: try context.tool(named: "embed-reports").url,
        arguments: [output.path, folder.path],
        inputFiles: [folder] + reports,
        outputFiles: [output])
    ]
  }
}
