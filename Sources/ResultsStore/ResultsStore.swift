// The results file: the only access to SQLite. A run is written in one transaction, so it is stored
// whole or not at all. A new file is built under another name and published with its first run, so
// no failure leaves half a file. Do not open two stores on one file in one process: POSIX locks
// belong to the process, and closing any descriptor of the file drops them.

import Foundation
import GRDB
import Recording

/// The number of a stored run, from 1 in storage order.
package struct RunID: Hashable, Sendable {
  /// The value of `run.id`.
  package var rawValue: Int64

  package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// The number of a stored experiment.
package struct ExperimentID: Hashable, Sendable {
  /// The value of `experiment.id`.
  package var rawValue: Int64

  package init(rawValue: Int64) { self.rawValue = rawValue }
}

/// The wall-clock start and duration of a run, kept apart from all other facts.
package struct RunClock: Sendable {
  /// The start of the run.
  package var startedAt: Date
  /// The duration of the run in seconds.
  package var wallSeconds: Double

  package init(startedAt: Date, wallSeconds: Double) {
    self.startedAt = startedAt
    self.wallSeconds = wallSeconds
  }
}

/// A file of results: `store.write(record, clock: clock)`, then `store.query("SELECT ...")`.
package final class ResultsStore {
  /// The intended use of the file.
  package enum Mode: Sendable {
    /// Read and write; create the file if it does not exist.
    case create
    /// Only read.
    case read
  }

  let file: StoreFile
  private let mode: Mode
  private let busySeconds: Double
  private let pageLimit: Int?
  /// Whether the file has a write-ahead log.
  private let keepsLog: Bool
  /// The command that makes such a file, for messages.
  private let maker: String
  /// Whether a results file was found at the path.
  ///
  /// Once found, the file is not inspected again: that would close a descriptor, which drops the
  /// locks of our own connections.
  private(set) var isFound: Bool
  private var writer: DatabaseQueue?
  var reader: QueryConnection?

  /// The path as given by the user.
  package var path: String { file.path }

  /// The command that makes most results files.
  package static let usualMaker = "dsv3sim run ... -o FILE"

  /// Opens a results file. In mode `create`, a missing file is created by the first write.
  ///
  /// - Parameter maker: the command that makes such a file, for messages.
  /// - Throws: `StoreProblem` for a file that is missing in mode `read`, cannot be written in mode
  ///   `create`, or is not a results file. A file at the path is left unchanged.
  package convenience init(
    path: String, mode: Mode = .create, maker: String = usualMaker
  ) throws(StoreProblem) {
    try self.init(path: path, mode: mode, busySeconds: 10, pageLimit: nil, maker: maker)
  }

  /// Opens a results file. `busySeconds` is the time to wait for other writers; `pageLimit` is the
  /// size in pages at which SQLite treats the disk as full; with `keepsLog`, a new file gets a
  /// write-ahead log, which network file systems do not support.
  init(
    path: String, mode: Mode, busySeconds: Double, pageLimit: Int?, keepsLog: Bool = true,
    maker: String = usualMaker
  ) throws(StoreProblem) {
    file = StoreFile(path: path)
    self.mode = mode
    self.busySeconds = busySeconds
    self.pageLimit = pageLimit
    self.keepsLog = keepsLog
    self.maker = maker
    let state = try file.inspect()
    isFound = state != .absent
    switch mode {
    case .create: try file.checkWritable(state)
    case .read:
      guard state != .absent else { throw Self.missing(path, maker) }
    }
  }

  /// Runs a body in one transaction that holds the write lock from its start.
  ///
  /// The body may run twice if another process creates the file at the same time.
  func transaction<T>(_ body: (Database) throws -> T) throws -> T {
    precondition(mode == .create, "a store opened for reading is not written")
    do {
      if try !find() {
        let value = try firstTransaction(body)
        // Inspects the file that another process has just created; no connection to it is open yet.
        guard try find() else { throw absence }
        if let value { return value }
      }
      let queue = try writer ?? connect(to: file.safePath)
      writer = queue
      return try run(body, on: queue)
    } catch let error as DatabaseError {
      if error.resultCode == .SQLITE_CONSTRAINT, try hasStrayRows() {
        throw StoreProblem(
          .damaged, path, "the file is damaged: it has rows of a run that it does not have",
          "restore it from a copy")
      }
      throw StoreProblem(
        path: path, code: error.resultCode, message: error.message ?? error.description)
    }
  }

  /// Whether a table has rows of a run that is not there, which a new run would meet.
  private func hasStrayRows() throws(StoreProblem) -> Bool {
    guard try find() else { return false }
    for table in Schema.tables where table.creation.contains("run INTEGER NOT NULL REFERENCES") {
      let stray = "SELECT 1 FROM \(table.name) WHERE run NOT IN (SELECT id FROM run) LIMIT 1"
      if try !query(stray).rows.isEmpty { return true }
    }
    return false
  }

  /// Returns whether a results file exists now.
  func find() throws(StoreProblem) -> Bool {
    if !isFound { isFound = try file.inspect() != .absent }
    return isFound
  }

  /// Builds the file under another name and publishes it.
  ///
  /// - Returns: nil if another process published the file first; nothing is kept then.
  private func firstTransaction<T>(_ body: (Database) throws -> T) throws -> T? {
    let staging = try file.makeStagingFile()
    defer { staging.remove() }
    let queue = try connect(to: staging.path)
    let value = try run(body, on: queue)
    // With a write-ahead log, later writers and readers do not block each other. The first load is
    // 1.2 times as fast without it, so it is enabled afterwards.
    if keepsLog {
      _ = try queue.inDatabase { try String.fetchOne($0, sql: "PRAGMA journal_mode = WAL") }
    }
    try queue.close()
    return try file.publish(staging) ? value : nil
  }

  private func run<T>(_ body: (Database) throws -> T, on queue: DatabaseQueue) throws -> T {
    var value: T?
    try queue.writeWithoutTransaction { database in
      try database.inTransaction(.immediate) {
        try Schema.bringUpToDate(database, path: path)
        value = try body(database)
        return .commit
      }
    }
    guard let value else { preconditionFailure("a transaction that commits has run its body") }
    return value
  }

  private func connect(to path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.busyMode = .timeout(busySeconds)
    configuration.prepareDatabase { [pageLimit] database in
      try database.execute(sql: "PRAGMA synchronous = NORMAL")
      if let pageLimit { try database.execute(sql: "PRAGMA max_page_count = \(pageLimit)") }
    }
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  /// The problem of a file that is not there.
  var absence: StoreProblem { Self.missing(path, maker) }

  private static func missing(_ path: String, _ maker: String) -> StoreProblem {
    StoreProblem(.missing, path, "there is no such file", "make it with: \(maker)")
  }
}
