// The results file: the only door to SQLite. A run is written in one transaction: it is there whole
// or not at all. A new file is built under another name and appears with its first run, so that no
// failure leaves half a file. Not for two stores on one file in one process: POSIX locks belong to
// the process, and closing any descriptor of the file drops them.

import Foundation
import GRDB
import Recording

/// The number of a stored run, in the order of storage from 1.
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

/// When a run happened and how long it took on the wall clock. Kept apart from all other facts.
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
  /// What the caller means to do with the file.
  package enum Mode: Sendable {
    /// Read it, and make it when it is not there.
    case create
    /// Only read it.
    case read
  }

  let file: StoreFile
  private let mode: Mode
  private let busySeconds: Double
  private let pageLimit: Int?
  /// Whether a results file was found at the path. It is not looked at again: that would close a
  /// descriptor, and with it the locks of our own connections.
  private(set) var isFound: Bool
  private var writer: DatabaseQueue?
  var reader: QueryConnection?

  /// The file as the user wrote it.
  package var path: String { file.path }

  /// Opens a results file. In mode `create` a file that is not there appears with the first write.
  ///
  /// - Throws: `StoreProblem` for a file that is missing in mode `read`, cannot be written in mode
  ///   `create`, or is not a results file. What stands at the path is left as it is.
  package convenience init(path: String, mode: Mode = .create) throws(StoreProblem) {
    try self.init(path: path, mode: mode, busySeconds: 10, pageLimit: nil)
  }

  /// As the public one. `busySeconds` is the patience with other writers; `pageLimit` is the size
  /// in pages at which SQLite takes the disk for full.
  init(
    path: String, mode: Mode, busySeconds: Double, pageLimit: Int?
  ) throws(StoreProblem) {
    file = StoreFile(path: path)
    self.mode = mode
    self.busySeconds = busySeconds
    self.pageLimit = pageLimit
    let state = try file.inspect()
    isFound = state != .absent
    switch mode {
    case .create: try file.checkWritable(state)
    case .read:
      guard state != .absent else { throw Self.missing(path) }
    }
  }

  /// Runs a body in one transaction that holds the write lock from its start.
  ///
  /// The body may run twice, when another program makes the file in the same instant.
  func transaction<T>(_ body: (Database) throws -> T) throws -> T {
    precondition(mode == .create, "a store opened for reading is not written")
    do {
      if try !find() {
        let value = try firstTransaction(body)
        // Judges what another program has put there meanwhile, while we hold no connection to it.
        guard try find() else { throw Self.missing(path) }
        if let value { return value }
      }
      let queue = try writer ?? connect(to: file.safePath)
      writer = queue
      return try run(body, on: queue)
    } catch let error as DatabaseError {
      throw StoreProblem(
        path: path, code: error.resultCode, message: error.message ?? error.description)
    }
  }

  /// Whether a results file is there by now.
  func find() throws(StoreProblem) -> Bool {
    if !isFound { isFound = try file.inspect() != .absent }
    return isFound
  }

  /// Builds the file under another name and publishes it.
  ///
  /// - Returns: nil when another program has published one meanwhile; nothing is kept then.
  private func firstTransaction<T>(_ body: (Database) throws -> T) throws -> T? {
    let staging = try file.makeStagingFile()
    defer { StoreFile.remove(staging) }
    let queue = try connect(to: staging)
    let value = try run(body, on: queue)
    // Later writers and readers do not wait for each other. The first load is 1.2 times as fast
    // without it, so it comes second.
    _ = try queue.inDatabase { try String.fetchOne($0, sql: "PRAGMA journal_mode = WAL") }
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

  static func missing(_ path: String) -> StoreProblem {
    StoreProblem(.missing, path, "there is no such file", "make it with: dsv3sim run ... -o FILE")
  }
}
