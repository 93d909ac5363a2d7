// Checks a file by its first 100 bytes before SQLite opens it, so that a foreign file is never
// opened by SQLite and never modified. Source of the offsets: sqlite.org/fileformat2.html section
// 1.3 (read 2026-11-24).

import Foundation
import Text

/// The path of a results file, and operations on the file at that path.
struct StoreFile {
  /// The path as given by the user.
  let path: String
  /// The path for SQLite, behind links, in a form that keeps `:memory:` and `file:...` ordinary
  /// file names.
  let safePath: String

  init(path: String) {
    self.path = path
    let followed = UnfinishedFile.followed(path)
    let isSpecial = followed.hasPrefix(":") || followed.lowercased().hasPrefix("file:")
    safePath = isSpecial ? "./" + followed : followed
  }

  /// The state of the file at the path.
  enum State: Hashable {
    case absent
    /// A results file with this schema version.
    case results(version: Int32)
  }

  /// Reads the header of the file.
  ///
  /// - Throws: `StoreProblem` if the path holds anything but a results file that this program can
  ///   read.
  func inspect() throws(StoreProblem) -> State {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw StoreProblem(.missing, path, "the path is empty or holds a zero byte")
    }
    guard path != "-" else {
      throw StoreProblem(
        .notRegularFile, path, "a stream cannot hold a database",
        "name a file; ./- is one with this name")
    }
    var status = stat()
    // Not the path behind links: that of /dev/stdout ends with no file.
    guard stat(path, &status) == 0 else {
      switch errno {
      case ENOENT: return .absent
      case let code: throw StoreProblem(.unreadable, path, "the path cannot be used", errno: code)
      }
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw StoreProblem(.directory, path, "this is a directory", "name a file in it")
    default: throw StoreProblem(.notRegularFile, path, "this is not a regular file")
    }
    return .results(version: try version(head: try head(), size: Int64(status.st_size)))
  }

  private func head() throws(StoreProblem) -> [UInt8] {
    let descriptor = open(safePath, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StoreProblem(.unreadable, path, "the file cannot be read", errno: errno)
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = read(descriptor, &bytes, bytes.count)
    guard count >= 0 else {
      throw StoreProblem(.unreadable, path, "the file cannot be read", errno: errno)
    }
    return Array(bytes.prefix(count))
  }

  private func version(head: [UInt8], size: Int64) throws(StoreProblem) -> Int32 {
    guard !head.isEmpty else {
      throw StoreProblem(.empty, path, "the file is empty", "remove it or choose another file")
    }
    guard head.count == 100, head.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw StoreProblem(
        .notADatabase, path, "the file is not a SQLite database", "choose another file")
    }
    let identity = Self.bigEndian(head, 68)
    guard identity == Schema.applicationID else {
      throw StoreProblem(
        .foreign, path, "this SQLite file was not made by dsv3sim (application_id \(identity))",
        "it was left as it is; choose another file")
    }
    let version = Self.bigEndian(head, 60)
    guard version <= Schema.version else {
      throw StoreProblem(
        .newer, path,
        "the file comes from a newer dsv3sim (format \(version), known here: \(Schema.version))",
        "it was left as it is; use the newer program")
    }
    guard version >= 1, !isTruncated(head: head, size: size) else {
      throw StoreProblem(
        .damaged, path, "the file is damaged: its end or its format number is missing",
        "restore it from a copy")
    }
    return version
  }

  /// Whether pages are missing at the end. While a journal is pending, the size and the header may
  /// disagree for a moment, so the decision is left to SQLite.
  private func isTruncated(head: [UInt8], size: Int64) -> Bool {
    let stored = Int64(head[16]) << 8 | Int64(head[17])
    let pageSize = stored == 1 ? 65_536 : stored
    let pages = Int64(UInt32(bitPattern: Self.bigEndian(head, 28)))
    return size < pageSize * pages && !hasPendingJournal
  }

  /// Whether the file has a write-ahead log that is not empty.
  var hasPendingJournal: Bool {
    var status = stat()
    return stat(safePath + "-wal", &status) == 0 && status.st_size > 0
  }

  /// Checks that the file, or a new file in its folder, can be written; leaves no file behind.
  func checkWritable(_ state: State) throws(StoreProblem) {
    if case .results = state, access(safePath, W_OK) != 0 {
      throw StoreProblem(
        .readOnlyFile, path, "the file cannot be written",
        "change its permissions or choose another file")
    }
    try makeStagingFile().remove()
  }

  /// Creates an empty file with a unique name in the folder of the results file.
  ///
  /// - Throws: `StoreProblem.unwritableFolder` if the file cannot be created there.
  func makeStagingFile() throws(StoreProblem) -> UnfinishedFile {
    do {
      return try UnfinishedFile(for: safePath)
    } catch {
      throw StoreProblem(
        .unwritableFolder, path, "a file cannot be made in this folder",
        errno: error.code.rawValue)
    }
  }

  /// Renames a finished file to its final name. Never replaces an existing file.
  ///
  /// - Returns: false if another process was first.
  func publish(_ staging: UnfinishedFile) throws(StoreProblem) -> Bool {
    if link(staging.path, safePath) == 0 { return true }
    if errno == EEXIST { return false }
    // Some file systems have no hard links; there, the last check and the rename are not atomic.
    let hasNoLinks = errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS
    guard hasNoLinks else {
      throw StoreProblem(.inputOutput, path, "the file cannot be named", errno: errno)
    }
    if access(safePath, F_OK) == 0 { return false }
    guard staging.replaceTarget() else {
      throw StoreProblem(.inputOutput, path, "the file cannot be named", errno: errno)
    }
    return true
  }

  private static func bigEndian(_ bytes: [UInt8], _ offset: Int) -> Int32 {
    Int32(bitPattern: bytes[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
  }
}
