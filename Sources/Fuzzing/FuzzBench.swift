// What inputs are read with: a folder for files, and files to damage, made once.

import Experiments
import Foundation
import MoEEngine
import Recording
import ResultsStore
import Text

/// A failure of the bench itself, which is never the input's, and so a finding.
struct BenchProblem: ExplainedError {
  let explanations: [Explanation]
  var exitStatus: ExitStatus { .brokenInvariant }

  init(_ error: any Error) { explanations = [Explanation("the bench: \(error)")] }
}

/// The place where inputs are read.
package final class FuzzBench {
  /// The folder for files.
  let folder: String
  /// The path of a scenario that is only a text: files that it names are beside it.
  let scenarioPath: String
  private var knownSample: [UInt8]?
  private var knownColumns: [SampleTable] = []
  private var knownRecord: RunRecord?
  private var openStore: (store: ResultsStore, path: String, bytes: [UInt8])?
  private var openTrainer: (trainer: Trainer, checkpoint: Data)?

  /// - Parameters:
  ///   - folder: an existing folder for files, best in memory.
  ///   - scenarios: the folder of the shipped scenarios, with a trailing slash.
  package init(folder: String, scenarios: String) {
    self.folder = folder
    scenarioPath = scenarios + "fuzz.yaml"
  }

  /// The path of a file with some bytes; a file of this name is replaced.
  func file(_ name: String, _ bytes: [UInt8]) throws -> String {
    let path = folder + "/" + name
    for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
    do { try Data(bytes).write(to: URL(filePath: path)) } catch { throw BenchProblem(error) }
    return path
  }

  /// The bytes of the results file to damage.
  func sample() throws -> [UInt8] {
    if let knownSample { return knownSample }
    let path = folder + "/sample.db"
    for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
    do { try SampleFile.write(to: path) } catch { throw BenchProblem(error) }
    try DamagedFile.execute("PRAGMA journal_mode = DELETE", on: path)
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    unlink(path)
    knownSample = bytes
    return bytes
  }

  /// The tables of the sample; `path` is a copy of it.
  func columns(in path: String) throws -> [SampleTable] {
    if !knownColumns.isEmpty { return knownColumns }
    let store = try ResultsStore(path: path, mode: .read)
    let answer = try store.query(
      """
      SELECT schema.name, column.name FROM sqlite_schema AS schema
      JOIN pragma_table_info(schema.name) AS column WHERE schema.type = 'table'
      """)
    var tables: [SampleTable] = []
    for row in answer.rows {
      guard case .text(let table) = row[0], case .text(let column) = row[1] else { continue }
      if tables.last?.name == table {
        tables[tables.count - 1].columns.append(column)
      } else {
        let rows = try store.query("SELECT 1 FROM \(table)").rows.count
        tables.append(SampleTable(name: table, columns: [column], rows: rows))
      }
    }
    knownColumns = tables
    return tables
  }

  /// A run to store.
  func record() throws -> RunRecord {
    if let knownRecord { return knownRecord }
    do {
      let record = try Trial(try SmallScenario.training.scenario(), programVersion: "fuzz").run()
      knownRecord = record
      return record
    } catch { throw BenchProblem(error) }
  }

  /// An undamaged results file, open for queries, with its path and bytes.
  func queried() throws -> (store: ResultsStore, path: String, bytes: [UInt8]) {
    if let openStore { return openStore }
    let bytes = try sample()
    let path = try file("queried.db", bytes)
    let opened = (try ResultsStore(path: path, mode: .read), path, bytes)
    openStore = opened
    return opened
  }

  /// A training run of the smallest preset, and its checkpoint.
  func training() -> (trainer: Trainer, checkpoint: Data) {
    if let openTrainer { return openTrainer }
    let trainer = Trainer(TrainingSettings(preset: .tiny), .embedded)
    let opened = (trainer, trainer.checkpoint())
    openTrainer = opened
    return opened
  }
}
