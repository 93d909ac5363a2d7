// What can go wrong with a results file, as values: the kind first, the wording second.

import Foundation
import GRDB

/// A results file, or a query on it, that cannot be used.
public struct StoreProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The class of the problem.
  public enum Kind: String, CaseIterable, Sendable {
    case missing, directory, notRegularFile, unreadable, unwritableFolder, readOnlyFile
    case empty, notADatabase, foreign, newer, damaged, diskFull, busy, inputOutput
    case brokenRecord, noSuchRow
    case badQuery, refusedQuery, timeLimit
  }

  /// The class of the problem.
  public var kind: Kind
  /// The file as the user wrote it.
  public var path: String
  /// What is wrong, in one sentence without its file.
  public var what: String
  /// What the user can do; empty when there is nothing to add.
  public var remedy: String

  /// The exit status of the command: 64 for a bad query, 65 for a run that is not there, 66 for a
  /// file that is not, 70 for a record that cannot be true, else 74.
  public var exitStatus: Int32 {
    switch kind {
    case .badQuery, .refusedQuery, .timeLimit: 64
    case .noSuchRow: 65
    case .missing: 66
    case .brokenRecord: 70
    default: 74
    }
  }

  /// The message: `results.db: error: what`, then the remedy on a line of its own.
  public var description: String {
    "\(path): error: \(what)" + (remedy.isEmpty ? "" : "\n  \(remedy)")
  }

  init(_ kind: Kind, _ path: String, _ what: String, _ remedy: String = "") {
    self.kind = kind
    self.path = path
    self.what = what
    self.remedy = remedy
  }

  /// A problem that the operating system reports by `errno`.
  init(_ kind: Kind, _ path: String, _ what: String, errno code: Int32) {
    self.init(kind, path, "\(what): \(String(cString: strerror(code)).lowercased())")
  }

  /// The problem behind a SQLite result code.
  ///
  /// A plain SQLITE_ERROR comes from our own statements here, so a table or column is missing.
  init(path: String, code: ResultCode, message: String) {
    switch code.primaryResultCode {
    case .SQLITE_FULL:
      self.init(.diskFull, path, "the disk is full", "nothing was stored; free some space")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      self.init(.busy, path, "another program is writing to the file", "try again when it is done")
    case .SQLITE_NOTADB:
      self.init(.notADatabase, path, "the file is not a SQLite database")
    case .SQLITE_READONLY:
      self.init(.readOnlyFile, path, "the file cannot be written", "choose another file")
    case .SQLITE_CANTOPEN:
      self.init(
        .unwritableFolder, path, "SQLite cannot open the file or its journal",
        "the folder must be writable")
    case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH:
      self.init(.brokenRecord, path, "the record breaks the schema: \(message)")
    case .SQLITE_CORRUPT, .SQLITE_ERROR:
      self.init(.damaged, path, "the file is damaged: \(message)", "restore it from a copy")
    default:
      self.init(.inputOutput, path, "reading or writing failed: \(message)")
    }
  }
}
