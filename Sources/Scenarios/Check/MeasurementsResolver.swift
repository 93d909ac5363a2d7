// The files of the key `measurements`: a user's own kernel times, which join the compiled ones.

import KernelTimes
import Synchronization
import Text

/// Libraries of kernels by the texts of files, each made once for all scenarios of a document.
final class KernelLibraries: Sendable {
  private let known = Mutex<[[String]: KernelLibrary]>([:])

  /// The library of some files.
  ///
  /// - Parameter make: makes it from them.
  func library(of texts: [String], make: () -> KernelLibrary?) -> KernelLibrary? {
    known.withLock { known in
      let library = known[texts] ?? make()
      known[texts] = library
      return library
    }
  }
}

/// Reads files of measurements.
struct MeasurementsResolver {
  /// Folder of the scenario with a trailing slash; names are relative to it.
  let folder: String
  let libraries: KernelLibraries
  let problems: Problems

  private static let key = ScenarioKeys.measurements.name

  /// The library with the rows of the files, and their lines for the record; the compiled one, with
  /// problems reported, if a file cannot be used.
  func resolve(_ names: [String]) -> (library: KernelLibrary, remarks: [String]) {
    guard !names.isEmpty else { return (.compiled, []) }
    var texts: [String] = []
    let files = names.map { ReferredFile($0, folder: folder) }
    for file in files {
      do {
        texts.append(try file.text(limit: Measurements.byteLimit, content: "measurements"))
      } catch { problems.add(error, Self.key) }
    }
    guard texts.count == files.count else { return (.compiled, []) }
    let library = libraries.library(of: texts) { make(files, texts) }
    let lines = texts.flatMap { $0.split(whereSeparator: \.isNewline) }
    return (library ?? .compiled, lines.map { "measurements: \($0)" })
  }

  private func make(_ files: [ReferredFile], _ texts: [String]) -> KernelLibrary? {
    var read: [Measurements] = []
    var owners: [String: String] = [:]
    for (file, text) in zip(files, texts) {
      let measurements: Measurements
      do { measurements = try Measurements(reading: text) } catch {
        for explanation in error.explanations {
          problems.add(
            ValueProblem(explanation.message, allowed: explanation.advice.first), Self.key,
            at: Place(source: file.path, line: Int(explanation.place), column: 1))
        }
        continue
      }
      for series in measurements.series.map(\.measured.name) {
        if let owner = owners[series], owner != file.name {
          problems.add(
            Self.key, "\(quoted(file.name)) has rows of \(series), and so has \(quoted(owner))",
            allowed: "calibrate on all files together")
        }
        owners[series] = file.name
      }
      read.append(measurements)
    }
    return problems.diagnostics.isEmpty ? KernelLibrary(adding: read) : nil
  }
}
