// A text file that a scenario or another file refers to by a name relative to its own folder.

import Foundation
import Text

/// A file beside another one.
struct ReferredFile {
  /// The name as written.
  let name: String
  /// The path to open, and to name in messages.
  let path: String
  /// The folder outside of which a confined process reads nothing; nil for a file that the command
  /// line names.
  private let bounds: String?

  /// - Parameter folder: folder of the referring file with a trailing slash, or empty.
  init(_ name: String, folder: String) {
    self.init(
      name: name, path: name.hasPrefix("/") ? name : folder + name,
      bounds: folder.isEmpty ? "." : folder)
  }

  /// A file that the command line names.
  init(given path: String) { self.init(name: path, path: path, bounds: nil) }

  private init(name: String, path: String, bounds: String?) {
    self.name = name
    self.path = path
    self.bounds = bounds
  }

  /// Whether files may only refer to others in their own folders, for who runs scenarios of others.
  private static let isConfined =
    !["", "0"].contains(ProcessInfo.processInfo.environment["DSV3SIM_CONFINED"] ?? "")

  /// Why the file is not to be opened: its kind, or its place in a confined process; nil if it may.
  var obstacle: ValueProblem? {
    if Self.isConfined, let bounds, !isInside(bounds) {
      return ValueProblem(
        "\(quoted(name)) is outside of the folder of the file that names it",
        allowed: "expected: a file in that folder, because DSV3SIM_CONFINED is set")
    }
    return inputObstacle(path).map { ValueProblem("\(quoted(name)) \($0)") }
  }

  /// Whether the path stays in a folder, links included. What is not there stays if its name does.
  private func isInside(_ folder: String) -> Bool {
    guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else { return false }
    guard let root = Self.real(folder), let place = Self.real(path) else { return true }
    return place == root || place.hasPrefix(root == "/" ? root : root + "/")
  }

  private static func real(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The path in brackets, for messages; empty if it is as written.
  var tried: String { path == name ? "" : " (tried \(quoted(path)))" }

  /// The folder of the file with a trailing slash; empty if the path is only a name.
  var folder: String { Self.folder(of: path) }

  /// The folder of a path with a trailing slash; empty if the path is only a name.
  static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
  }

  /// Whether it is a folder.
  var isFolder: Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }

  /// The pairs of files of ServeGen's clients in the folder, in the order of their numbers.
  var chunks: [(trace: ReferredFile, dataset: ReferredFile)] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    let (prefix, kind, ending) = ("chunk-", "-trace", ".csv")
    let numbers = names.compactMap { name -> Int? in
      let stem = name.hasSuffix(ending) ? name.dropLast(ending.count) : ""
      guard stem.hasPrefix(prefix), stem.hasSuffix(kind) else { return nil }
      return Int(stem.dropFirst(prefix.count).dropLast(kind.count))
    }
    let inside = name.hasSuffix("/") ? name : name + "/"
    let folder = path.hasSuffix("/") ? path : path + "/"
    func file(_ name: String) -> ReferredFile {
      ReferredFile(name: inside + name, path: folder + name, bounds: bounds)
    }
    return numbers.sorted().map {
      (file(prefix + "\($0)" + kind + ending), file(prefix + "\($0)-dataset.json"))
    }
  }

  /// The text, without a byte order mark.
  ///
  /// - Parameters:
  ///   - limit: maximum size in bytes.
  ///   - content: what the file is to contain, for messages: `an order`.
  /// - Throws: `ValueProblem` with the name; `isMissingFile` if there is no such file.
  func text(limit: Int, content: String) throws(ValueProblem) -> String {
    guard let text = String(validating: try data(limit: limit, content: content), as: UTF8.self)
    else { throw ValueProblem("\(quoted(name)) is not UTF-8 text") }
    return text.withoutByteOrderMark
  }

  /// The bytes.
  ///
  /// - Throws: as `text`.
  func bytes(limit: Int, content: String) throws(ValueProblem) -> [UInt8] {
    [UInt8](try data(limit: limit, content: content))
  }

  private func data(limit: Int, content: String) throws(ValueProblem) -> Data {
    if let obstacle { throw obstacle }
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      var problem = ValueProblem("\(quoted(name)): no such file\(tried)")
      problem.isMissingFile = true
      throw problem
    }
    guard !isDirectory.boolValue else {
      throw ValueProblem("\(quoted(name)) is a directory, not a file with \(content)")
    }
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw ValueProblem("\(quoted(name)) cannot be opened for reading")
    }
    defer { try? handle.close() }
    // Reading an empty file returns nil, which is not an error.
    let data = (try? handle.read(upToCount: limit + 1)) ?? Data()
    guard data.count <= limit else {
      throw ValueProblem(
        "\(quoted(name)) is larger than \(limit) bytes, the limit for \(content)")
    }
    return data
  }
}
