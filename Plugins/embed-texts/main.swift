// Writes a Swift file that holds the files of a folder, except Markdown and folders in it, byte for
// byte and ordered by name. A file that already holds that is left alone: in the build after the
// first one, SwiftPM links this tool and runs it again, and rooms with texts need no second
// compilation.
// Usage: embed-texts OUTPUT.swift FOLDER   Run by the plugin EmbedTexts only.

import Foundation

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
  FileHandle.standardError.write(Data("usage: embed-texts OUTPUT.swift FOLDER\n".utf8))
  exit(64)
}
do {
  let folder = URL(fileURLWithPath: arguments[2])
  let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
  var source = "/// The files of the folder `Embedded`: name without ending, and content.\n"
  source += "let embeddedTexts: [(name: String, text: String)] = [\n"
  for file in names.filter({ $0.contains(".") && !$0.hasSuffix(".md") }).sorted() {
    let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
    let name = file.prefix { $0 != "." }
    // The debug description of any text is a valid Swift literal.
    source += "  (name: \(name.debugDescription), text: \(text.debugDescription)),\n"
  }
  source += "]\n"
  if (try? String(contentsOfFile: arguments[1], encoding: .utf8)) != source {
    try source.write(toFile: arguments[1], atomically: true, encoding: .utf8)
  }
} catch {
  FileHandle.standardError.write(Data("embed-texts: error: \(error)\n".utf8))
  exit(74)
}
