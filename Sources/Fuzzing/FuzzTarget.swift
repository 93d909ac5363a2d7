// The doors through which foreign bytes come in, each as a function that a fuzzer can call: it
// reads an input as the program would and says what should not have happened. A trap is found by
// the fuzzer itself.

import Text

/// A kind of input that is fuzzed.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// Text of a scenario: parsed, resolved and checked.
  case scenario
  /// Settings of small scenarios, one a line; what is valid and small is simulated.
  case settings
  /// Text of a sweep.
  case sweep
  /// Quantities and counts.
  case quantity
  /// Order files.
  case order
  /// Tables of expert counts, which are also planned on.
  case counts
  /// Load profiles.
  case profile
  /// A model's `config.json`.
  case config
  /// Request traces as JSON lines or CSV.
  case requests
  /// A client of ServeGen: rates, a line `---`, lengths.
  case servegen
  /// Cases of services to evaluate, as JSON.
  case cases
  /// Measurements of any known tool.
  case calibration
  /// Results files whose rows and tables were changed by SQL.
  case results
  /// Routing traces whose rows were changed by SQL.
  case traces
  /// Results files with changed bytes.
  case pages
  /// Checkpoints of the engine whose hash is right.
  case checkpoint
  /// SQL of a user.
  case query

  /// What should not have happened; nil if the input was taken or refused as it should be.
  package func finding(_ input: [UInt8], on bench: FuzzBench) -> String? {
    do { return try use(input, on: bench) } catch let error as any ExplainedError {
      return Self.unfitness(of: error)
    } catch {
      return "an error without explanation: \(error)"
    }
  }

  /// Bytes of a message that a person can still read.
  private static let messageLimit = 2_000

  /// Why an error is not one to show; nil for a proper refusal.
  private static func unfitness(of error: any ExplainedError) -> String? {
    guard !error.explanations.isEmpty else { return "an error without a reason: \(error)" }
    guard error.exitStatus != .brokenInvariant else { return "told as our bug: \(error)" }
    let longest = error.explanations.map(\.report).max { $0.utf8.count < $1.utf8.count } ?? ""
    return longest.utf8.count <= messageLimit
      ? nil : "a message of \(longest.utf8.count) bytes: \(longest.prefix(200))"
  }

  private func use(_ input: [UInt8], on bench: FuzzBench) throws -> String? {
    switch self {
    case .scenario: try TextInput(input, bench).scenario()
    case .settings: try SettingsInput(input, bench).run()
    case .sweep: try TextInput(input, bench).sweep()
    case .quantity: try TextInput(input, bench).quantity()
    case .order: try TextInput(input, bench).order()
    case .counts: try TextInput(input, bench).counts()
    case .profile: try TextInput(input, bench).profile()
    case .config: try TextInput(input, bench).config()
    case .requests: try TextInput(input, bench).requests()
    case .servegen: try TextInput(input, bench).serveGen()
    case .cases: try TextInput(input, bench).cases()
    case .calibration: try TextInput(input, bench).calibration()
    case .results: try DamagedFile(input, FileReader.ofResults, bench).read()
    case .traces: try DamagedFile(input, FileReader.ofTraces, bench).read()
    case .pages: try DamagedPages(input, bench).read()
    case .checkpoint: try CheckpointInput(input, bench).read()
    case .query: try QueryInput(input, bench).run()
    }
  }
}
