// Writes a Swift file that holds the .txt files of a folder, byte for byte and ordered by name, and
// the text of source files, one after the other.
// Usage: embed-corpus OUTPUT.swift FOLDER SOURCE...   Run by the plugin EmbedCorpus only.

import Foundation

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
  FileHandle.standardError.write(Data("usage: embed-corpus OUTPUT.swift FOLDER SOURCE...\n".utf8))
  exit(64)
}
do {
  let folder = URL(fileURLWithPath: arguments[2])
  let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
  var source = "/// The texts of the folder `Corpus/Texts`: name and content.\n"
  source += "let embeddedTexts: [(name: String, text: String)] = [\n"
  for file in names.filter({ $0.hasSuffix(".txt") }).sorted() {
    let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
    let name = String(file.dropLast(4))
    // The debug description is a valid Swift literal of any text.
    source += "  (name: \(name.debugDescription), text: \(text.debugDescription)),\n"
  }
  source += "]\n\n/// Swift of this project, a file a piece.\nlet embeddedCode: [String] = [\n"
  for path in arguments.dropFirst(3) {
    let text = try String(contentsOf: URL(fileURLWithPath: path), encoding: .utf8)
    source += "  \(text.debugDescription),\n"
  }
  source += "]\n"
  try source.write(toFile: arguments[1], atomically: true, encoding: .utf8)
} catch {
  FileHandle.standardError.write(Data("embed-corpus: error: \(error)\n".utf8))
  exit(74)
}
