// Writes a Swift file that holds the .sql files of a folder, byte for byte and ordered by name.
// Usage: embed-reports OUTPUT.swift FOLDER   Run by the plugin EmbedReports only.

import Foundation

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
  FileHandle.standardError.write(Data("usage: embed-reports OUTPUT.swift FOLDER\n".utf8))
  exit(64)
}
do {
  let folder = URL(fileURLWithPath: arguments[2])
  let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
  var source = "/// Every report of the folder `reports`: its name and its text.\n"
  source += "let embeddedReports: [(name: String, text: String)] = [\n"
  for file in names.filter({ $0.hasSuffix(".sql") }).sorted() {
    let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
    let name = String(file.dropLast(4))
    // The debug description is a valid Swift literal of any text.
    source += "  (name: \(name.debugDescription), text: \(text.debugDescription)),\n"
  }
  source += "]\n"
  try source.write(toFile: arguments[1], atomically: true, encoding: .utf8)
} catch {
  FileHandle.standardError.write(Data("embed-reports: error: \(error)\n".utf8))
  exit(74)
}
