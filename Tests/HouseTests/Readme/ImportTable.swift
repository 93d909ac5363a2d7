// Which target may import which: docs/architecture.md's "Map of the house" against the package
// and its imports.

import Foundation

/// A target of the package, as `swift package dump-package` describes it.
struct PackageTarget: Equatable {
  var name: String
  /// `regular`, `executable`, `test`, `system` ...
  var kind: String
  /// Names of the targets and products it depends on.
  var dependencies: [String]
  /// Whether it is in its usual folder below Sources or Tests.
  var hasUsualPlace: Bool

  /// The targets of a dumped package.
  ///
  /// - Throws: `CocoaError` if the text is not such a dump.
  static func all(inDump text: String) throws -> [PackageTarget] {
    let dump = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    guard let targets = dump?["targets"] as? [[String: Any]] else {
      throw CocoaError(.propertyListReadCorrupt)
    }
    return targets.map { target in
      let dependencies = (target["dependencies"] as? [[String: Any]] ?? []).flatMap { entry in
        entry.values.compactMap { ($0 as? [Any])?.first as? String }
      }
      return PackageTarget(
        name: target["name"] as? String ?? "", kind: target["type"] as? String ?? "",
        dependencies: dependencies, hasUsualPlace: target["path"] == nil)
    }
  }
}

/// The permitted imports of each room.
struct ImportTable {
  /// A row of the table: the rooms and outside modules that a room may import.
  struct Doors {
    var rooms: Set<String>
    var outside: Set<String>
  }

  /// Permitted imports by room.
  var doors: [String: Doors]

  /// Reads the table; `-` marks an empty cell.
  init(rows: [Readme.Row]) {
    doors = Dictionary(
      rows.map { row in
        let words = { (column: String) in
          Set((row[column] ?? "").split { " ,".contains($0) }.map(String.init).filter { $0 != "-" })
        }
        return (row["target"] ?? "", Doors(rooms: words("may import"), outside: words("outside")))
      }
    ) { first, _ in first }
  }

  /// Rooms without a row, dependencies that the table lacks, and entries that are not dependencies.
  ///
  /// - Parameter rooms: the names of the targets that are rooms; other names are outside modules.
  func problems(of targets: [PackageTarget], rooms: Set<String>) -> [String] {
    targets.filter { rooms.contains($0.name) }.flatMap { target -> [String] in
      guard let door = doors[target.name] else {
        return ["\(target.name): no row in the \"Map of the house\""]
      }
      let missing = target.dependencies.compactMap { name -> String? in
        let isKnown = rooms.contains(name)
        guard !(isKnown ? door.rooms : door.outside).contains(name) else { return nil }
        return "\(target.name) depends on \(name), unlike the \"Map of the house\""
      }
      let idle = door.rooms.union(door.outside).subtracting(target.dependencies).sorted()
      return missing + idle.map { "\(target.name) does not depend on \($0), unlike the map" }
    }
  }

  /// Dependencies of rooms that no file imports.
  static func unusedDoors(_ files: [SourceFile], of targets: [PackageTarget]) -> [String] {
    targets.flatMap { target -> [String] in
      let own = files.filter { $0.target == target.name }
      guard !own.isEmpty else { return [] }
      let imported = Set(own.flatMap { $0.swift.imports.map(\.module) })
      return target.dependencies.filter { !imported.contains($0) }
        .map { "\(target.name) declares \($0) but never imports it" }
    }
  }

  /// Cyclic dependencies, one text for each room on a cycle.
  var circles: [String] {
    doors.keys.sorted().filter { start in
      var (seen, waiting): (Set<String>, [String]) = ([], Array(doors[start]?.rooms ?? []))
      while let next = waiting.popLast() {
        if seen.insert(next).inserted { waiting += doors[next]?.rooms ?? [] }
      }
      return seen.contains(start)
    }.map { "\($0) can be reached from itself" }
  }

  /// Imports that the file's target does not declare.
  static func undeclaredImports(_ file: SourceFile, of targets: [PackageTarget]) -> [Offence] {
    let target = targets.first { $0.name == file.target }
    let declared = Set(target?.dependencies ?? []).union(toolchainModules)
    return file.swift.imports.filter { !declared.contains($0.module) }.map {
      Offence(
        line: $0.line,
        message: "`import \($0.module)`: \(file.target) does not declare it in Package.swift")
    }
  }

  private static let toolchainModules: Set = [
    "Swift", "Foundation", "FoundationEssentials", "FoundationXML", "Dispatch", "Synchronization",
    "Glibc", "Musl", "Darwin", "Testing", "PackagePlugin",
  ]
}
