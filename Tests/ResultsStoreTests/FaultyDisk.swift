// A file system of SQLite for tests: in chosen folders, an operation fails when its turn comes, and
// all writes are kept, so that what a power failure leaves can be made of them. Files elsewhere are
// those of the operating system.

import Foundation
import GRDBSQLite
import Synchronization

/// Operations that can fail.
enum DiskOperation: String, CaseIterable, Sendable {
  case open, write, sync

  /// The result code of SQLite.
  fileprivate var failure: Int32 {
    switch self {
    case .open: SQLITE_CANTOPEN
    case .write: SQLITE_IOERR | 3 << 8
    case .sync: SQLITE_IOERR | 4 << 8
    }
  }
}

/// What was done to a file, by its name without the folder.
enum DiskEvent: Sendable {
  case write(name: String, offset: Int64, bytes: [UInt8])
  case truncate(name: String, size: Int64)
  case sync(name: String)
  case delete(name: String)
}

/// The file system; it becomes that of all later connections of this process.
final class FaultyDisk: Sendable {
  static let shared = FaultyDisk()

  /// What happens in a folder.
  private struct Plan {
    var failing: DiskOperation?
    /// The turn that fails, counted from 1, and all later ones if the fault lasts.
    var turn = 0
    var lasts = false
    var count = 0
    var events: [DiskEvent] = []

    /// Counts an operation.
    ///
    /// - Returns: whether it fails.
    mutating func fails(_ operation: DiskOperation) -> Bool {
      guard operation == failing else { return false }
      count += 1
      return lasts ? count >= turn : count == turn
    }
  }

  private struct OpenFile {
    var path: String
    var methods: UInt
  }

  private struct State {
    var plans: [String: Plan] = [:]
    var files: [UInt: OpenFile] = [:]
    /// Our methods for those of the operating system.
    var methods: [UInt: UInt] = [:]
  }

  private let state = Mutex(State())

  private init() {
    guard let usual = sqlite3_vfs_find(nil) else { preconditionFailure("SQLite has no files") }
    let own = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    own.initialize(to: usual.pointee)
    own.pointee.pNext = nil
    own.pointee.zName = UnsafePointer(strdup("faulty"))
    own.pointee.xOpen = { _, name, file, flags, out in
      FaultyDisk.shared.open(name, file, flags, out)
    }
    own.pointee.xDelete = { _, name, syncs in FaultyDisk.shared.delete(name, syncs) }
    sqlite3_vfs_register(own, 1)
  }

  /// Lets an operation fail in a folder.
  ///
  /// - Parameters:
  ///   - operation: the kind of the operation; nil to keep only its events.
  ///   - turn: which one, from 1.
  ///   - lasts: whether all later ones fail too.
  func fail(
    _ operation: DiskOperation?, _ turn: Int = 0, lasts: Bool = false, in folder: String
  ) {
    state.withLock {
      $0.plans[folder] = Plan(failing: operation, turn: turn, lasts: lasts)
    }
  }

  /// Ends what `fail` began.
  ///
  /// - Returns: whether the turn came, and what happened meanwhile.
  func heal(_ folder: String) -> (failed: Bool, events: [DiskEvent]) {
    state.withLock {
      let plan = $0.plans.removeValue(forKey: folder)
      return plan.map { ($0.turn > 0 && $0.count >= $0.turn, $0.events) } ?? (false, [])
    }
  }

  // MARK: Operations

  private static var usual: UnsafeMutablePointer<sqlite3_vfs>? {
    var vfs = sqlite3_vfs_find(nil)
    while let found = vfs, String(cString: found.pointee.zName) == "faulty" {
      vfs = found.pointee.pNext
    }
    return vfs
  }

  private func open(
    _ name: UnsafePointer<CChar>?, _ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32,
    _ out: UnsafeMutablePointer<Int32>?
  ) -> Int32 {
    guard let usual = Self.usual, let file else { return SQLITE_CANTOPEN }
    let path = name.map { String(cString: $0) }
    if let path, fails(.open, path) {
      file.pointee.pMethods = nil
      return DiskOperation.open.failure
    }
    let code = usual.pointee.xOpen(usual, name, file, flags, out)
    guard code == SQLITE_OK, let path, let methods = file.pointee.pMethods else { return code }
    state.withLock { state in
      guard state.plans[Self.folder(path)] != nil else { return }
      let place = UInt(bitPattern: methods)
      state.files[UInt(bitPattern: file)] = OpenFile(path: path, methods: place)
      let own = state.methods[place] ?? Self.own(like: methods)
      state.methods[place] = own
      file.pointee.pMethods = UnsafePointer(bitPattern: own)
    }
    return code
  }

  private static func own(like methods: UnsafePointer<sqlite3_io_methods>) -> UInt {
    let own = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    own.initialize(to: methods.pointee)
    own.pointee.xWrite = { FaultyDisk.shared.write($0, $1, $2, $3) }
    own.pointee.xSync = { FaultyDisk.shared.sync($0, $1) }
    own.pointee.xTruncate = { FaultyDisk.shared.truncate($0, $1) }
    own.pointee.xClose = { FaultyDisk.shared.close($0) }
    return UInt(bitPattern: own)
  }

  private func write(
    _ file: UnsafeMutablePointer<sqlite3_file>?, _ bytes: UnsafeRawPointer?, _ count: Int32,
    _ offset: Int64
  ) -> Int32 {
    guard let open = opened(file) else { return SQLITE_MISUSE }
    if fails(.write, open.path) { return DiskOperation.write.failure }
    let content = UnsafeRawBufferPointer(start: bytes, count: Int(count))
    add(.write(name: Self.name(open.path), offset: offset, bytes: Array(content)), open.path)
    return Self.methods(open).xWrite(file, bytes, count, offset)
  }

  private func sync(_ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32) -> Int32 {
    guard let open = opened(file) else { return SQLITE_MISUSE }
    if fails(.sync, open.path) { return DiskOperation.sync.failure }
    add(.sync(name: Self.name(open.path)), open.path)
    return Self.methods(open).xSync(file, flags)
  }

  private func truncate(_ file: UnsafeMutablePointer<sqlite3_file>?, _ size: Int64) -> Int32 {
    guard let open = opened(file) else { return SQLITE_MISUSE }
    add(.truncate(name: Self.name(open.path), size: size), open.path)
    return Self.methods(open).xTruncate(file, size)
  }

  private func close(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Int32 {
    guard let file,
      let open = state.withLock({ $0.files.removeValue(forKey: UInt(bitPattern: file)) })
    else { return SQLITE_MISUSE }
    return Self.methods(open).xClose(file)
  }

  private func delete(_ name: UnsafePointer<CChar>?, _ syncs: Int32) -> Int32 {
    guard let usual = Self.usual, let name else { return SQLITE_MISUSE }
    let path = String(cString: name)
    add(.delete(name: Self.name(path)), path)
    return usual.pointee.xDelete(usual, name, syncs)
  }

  // MARK: State

  private func opened(_ file: UnsafeMutablePointer<sqlite3_file>?) -> OpenFile? {
    state.withLock { $0.files[UInt(bitPattern: file)] }
  }

  private static func methods(_ open: OpenFile) -> sqlite3_io_methods {
    guard let methods = UnsafePointer<sqlite3_io_methods>(bitPattern: open.methods) else {
      preconditionFailure("an open file has methods")
    }
    return methods.pointee
  }

  private func fails(_ operation: DiskOperation, _ path: String) -> Bool {
    state.withLock { $0.plans[Self.folder(path)]?.fails(operation) ?? false }
  }

  private func add(_ event: DiskEvent, _ path: String) {
    state.withLock { $0.plans[Self.folder(path)]?.events.append(event) }
  }

  private static func folder(_ path: String) -> String {
    (path as NSString).deletingLastPathComponent
  }

  private static func name(_ path: String) -> String { (path as NSString).lastPathComponent }
}
