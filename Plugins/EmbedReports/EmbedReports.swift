// Compiles reports/*.sql into the room Reports, so that a report is one file and the program needs
// no files beside it. A prebuild command: it runs before every build, so a report that is added,
// changed or removed is seen. (A build command keeps the list of its inputs from the last planning,
// and a report that was removed then stops the build.)

import Foundation
import PackagePlugin

/// Turns every .sql file of the folder `reports` into one generated Swift file.
@main
struct EmbedReports: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let package = context.package.directoryURL
    let output = context.pluginWorkDirectoryURL.appending(path: "Embedded")
    return [
      .prebuildCommand(
        displayName: "Embedding reports",
        executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: [
          package.appending(path: "reports/embed.sh").path,
          package.appending(path: "reports").path, output.path,
        ],
        outputFilesDirectory: output)
    ]
  }
}
