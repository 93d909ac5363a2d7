// Errors of a results file as values: a kind, and then the wording.

import Foundation
import GRDB
import Text

/// A problem with a results file or a query on it.
package struct StoreProblem: ExplainedError, Hashable {
  /// The class of the problem.
  package enum Kind: String, CaseIterable, Sendable {
    case missing, directory, notRegularFile, unreadable, unwritableFolder, readOnlyFile
    case empty, notADatabase, foreign, newer, damaged, diskFull, busy, inputOutput
    case brokenRecord, noSuchRow
    case badQuery, refusedQuery, timeLimit, sizeLimit
  }

  /// The class of the problem.
  package var kind: Kind
  /// The path as given by the user.
  package var path: String
  /// The problem, in one sentence without the file name.
  package var what: String
  /// The remedy; empty if there is nothing to add.
  package var remedy: String

  /// `usage` for a bad query, `badData` for a missing run, `noInput` for a missing file,
  /// `brokenInvariant` for an impossible record, else `file`.
  package var exitStatus: ExitStatus {
    switch kind {
    case .badQuery, .refusedQuery, .timeLimit, .sizeLimit: .usage
    case .noSuchRow: .badData
    case .missing: .noInput
    case .brokenRecord: .brokenInvariant
    default: .file
    }
  }

  package var explanations: [Explanation] {
    [Explanation(what, at: path, advice: remedy.isEmpty ? nil : remedy)]
  }

  init(_ kind: Kind, _ path: String, _ what: String, _ remedy: String = "") {
    self.kind = kind
    self.path = path
    self.what = what
    self.remedy = remedy
  }

  /// Makes the problem for an `errno` of the operating system.
  init(_ kind: Kind, _ path: String, _ what: String, errno code: Int32) {
    self.init(kind, path, "\(what): \(String(cString: strerror(code)).lowercased())")
  }

  /// Makes the problem for a SQLite result code.
  ///
  /// A plain SQLITE_ERROR comes from an internal statement here, so a table or column is missing.
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
        .unwritableFolder, path, "the file or its journal cannot be opened",
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
