// Files that appear under their names only when they are complete. Until then they lie beside them
// under names of their own, which a signal or the next start removes.

import Foundation
import Synchronization

/// A file that is being written beside the place where it belongs.
package struct UnfinishedFile {
  /// Where it is written.
  package let path: String
  /// Where it belongs: links are followed, also one whose file is not there yet.
  package let target: String

  /// Makes an empty file with a unique name, and removes those that dead processes have left.
  ///
  /// The name says host and process, because other hosts may write to the same folder.
  ///
  /// - Parameter path: where the file belongs; its folder must exist.
  /// - Throws: `POSIXError` if the folder takes no file.
  package init(for path: String) throws(POSIXError) {
    target = Self.followed(path)
    let marked = target + ".creating-"
    Self.sweep(marked)
    for attempt in 0..<1_000 {
      let name = "\(marked)\(Self.host)-\(getpid())-\(attempt)"
      let descriptor = open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0o666)
      if descriptor >= 0 {
        close(descriptor)
        self.path = name
        Removals.add(name)
        return
      }
      guard errno == EEXIST else { break }
    }
    throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
  }

  /// Removes the file and the journals that SQLite may have made.
  package func remove() {
    for suffix in Self.suffixes { unlink(path + suffix) }
    Removals.forget(path)
  }

  /// Gives the complete file its name, in place of a file that has it.
  ///
  /// - Returns: false if that failed; `errno` says why, and the file is still there.
  package func replaceTarget() -> Bool {
    guard rename(path, target) == 0 else { return false }
    Removals.forget(path)
    return true
  }

  /// The path behind links, also if nothing is there yet; the path itself if it is no link.
  package static func followed(_ path: String) -> String {
    var path = path
    // As many links as the kernel follows.
    for _ in 0..<40 {
      guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
        break
      }
      let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
      path = next.hasPrefix("/") ? next : folder + next
    }
    return path
  }

  /// Removes all unfinished files of this process at SIGINT, SIGTERM and SIGHUP, which then end it.
  package static func removeAtSignals() {
    Removals.prepare()
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let before = signal(number, Removals.handler)
      // A process in the background of a script ignores them already.
      if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) {
        signal(number, SIG_IGN)
      }
    }
  }

  /// What SQLite and we append to the name.
  fileprivate static let suffixes = ["", "-journal", "-wal", "-shm"]

  /// The host's name, as far as it may stand in a file's name.
  package static let host: String = {
    var bytes = [CChar](repeating: 0, count: 256)
    gethostname(&bytes, bytes.count - 1)
    let name = String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    return name.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
  }()

  /// Removes files with this beginning whose process on this host is gone.
  private static func sweep(_ marked: String) {
    let url = URL(filePath: marked + host + "-")
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: url.deletingLastPathComponent().path)
    for name in names ?? [] where name.hasPrefix(url.lastPathComponent) {
      let process = name.dropFirst(url.lastPathComponent.count).prefix(while: \.isNumber)
      guard let number = Int32(process), kill(number, 0) != 0, errno == ESRCH else { continue }
      unlink(url.deletingLastPathComponent().appending(path: name).path)
    }
  }
}

/// The unfinished files of this process, where a signal handler finds them: it may neither allocate
/// nor wait for a lock.
private enum Removals {
  private typealias Slot = Atomic<UnsafeMutablePointer<CChar>?>

  private static let capacity = 64
  nonisolated(unsafe) private static let slots = UnsafeMutablePointer<Slot>.allocate(
    capacity: capacity)
  private static let isReady = Mutex(false)
  /// Whether the handler reads the names, which then stay in memory: the process ends anyway.
  private static let isEnding = Atomic(false)

  static func prepare() {
    isReady.withLock { isReady in
      guard !isReady else { return }
      for slot in 0..<capacity { (slots + slot).initialize(to: Slot(nil)) }
      isReady = true
      // A handler must not be the first to use it.
      _ = isEnding.load(ordering: .sequentiallyConsistent)
    }
  }

  /// Notes a file and its journals; those beyond the capacity are left to the next start.
  static func add(_ path: String) {
    prepare()
    isReady.withLock { _ in
      var names = names(path)
      for slot in 0..<capacity where !names.isEmpty && name(in: slot) == nil {
        slots[slot].store(strdup(names.removeFirst()), ordering: .sequentiallyConsistent)
      }
    }
  }

  static func forget(_ path: String) {
    prepare()
    isReady.withLock { _ in
      let names = names(path)
      for slot in 0..<capacity {
        guard let name = name(in: slot), names.contains(String(cString: name)) else { continue }
        slots[slot].store(nil, ordering: .sequentiallyConsistent)
        // A handler that begins after this question does not find the name any more.
        if !isEnding.load(ordering: .sequentiallyConsistent) { free(name) }
      }
    }
  }

  private static func name(in slot: Int) -> UnsafeMutablePointer<CChar>? {
    slots[slot].load(ordering: .sequentiallyConsistent)
  }

  private static func names(_ path: String) -> [String] {
    UnfinishedFile.suffixes.map { path + $0 }
  }

  static let handler: @convention(c) (Int32) -> Void = { number in
    isEnding.store(true, ordering: .sequentiallyConsistent)
    for slot in 0..<capacity {
      if let name = name(in: slot) { unlink(name) }
    }
    signal(number, SIG_DFL)
    raise(number)
  }
}
