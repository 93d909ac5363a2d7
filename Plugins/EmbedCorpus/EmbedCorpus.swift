// Compiles the texts that the engine learns from into the room MoEEngine: the .txt files of its
// folder Corpus/Texts, and Swift of rooms below it as the domain of code.

import Foundation
import PackagePlugin

/// Turns the texts into one generated Swift file.
@main
struct EmbedCorpus: BuildToolPlugin {
  /// Rooms whose sources are the domain of code: those that the engine stands on, so that a change
  /// of them builds the engine again anyway, and the kernel's.
  private static let rooms = ["EventKernel", "Numerics", "Routing", "Units"]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let texts = target.directoryURL.appending(path: "Corpus/Texts")
    let sources = context.package.directoryURL.appending(path: "Sources")
    let code = try Self.rooms.flatMap {
      try files(below: sources.appending(path: $0), endingIn: ".swift")
    }
    let inputs = try files(below: texts, endingIn: ".txt") + code
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedCorpus.swift")
    return [
      .buildCommand(
        displayName: "Embedding the corpus",
        executable: try context.tool(named: "embed-corpus").url,
        arguments: [output.path, texts.path] + code.map(\.path),
        inputFiles: inputs + [texts.appending(path: "README.md")],
        outputFiles: [output])
    ]
  }

  /// Files of a folder and those below it, ordered by path.
  private func files(below folder: URL, endingIn suffix: String) throws -> [URL] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    return paths.filter { $0.hasSuffix(suffix) }.sorted().map { folder.appending(path: $0) }
  }
}
