// Results files that were changed behind the program's back: by values that SQLite's types allow,
// by SQL, and byte by byte.

import Foundation
import GRDBSQLite

/// The rows of a results file that an input changes.
///
/// The first line is the reader and the number of a run or experiment: `picture 2`. Each further
/// line is a change, `TABLE COLUMN ROW VALUE`, or `sql STATEMENT`. An unknown word chooses one of
/// the known words, so that every input changes something.
struct DamagedFile {
  private let lines: [Substring]
  private let readers: [FileReader]
  private let bench: FuzzBench

  init(_ input: [UInt8], _ readers: [FileReader], _ bench: FuzzBench) {
    lines = String(decoding: input, as: UTF8.self).split(separator: "\n")
    self.readers = readers
    self.bench = bench
  }

  /// Applies the changes and reads the file.
  func read() throws -> String? {
    let words = lines.first?.split(separator: " ") ?? []
    let names = readers.map(\.rawValue)
    let reader = readers[Self.choice(words.first ?? "", among: names)]
    let path = try bench.file("damaged.db", try bench.sample())
    let editor = try Editor(path)
    let tables = try bench.columns(in: path).filter { reader.readsTraces == $0.isOfTraces }
    for line in lines.dropFirst().prefix(16) { change(by: line, tables, editor) }
    editor.close()
    return try reader.read(path, number: words.count > 1 ? Int64(words[1]) : nil, bench)
  }

  /// The index of a word; that of an unknown word is its hash.
  private static func choice(_ word: Substring, among names: [String]) -> Int {
    names.firstIndex(of: String(word))
      ?? Int(word.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 })
      % names.count
  }

  private func change(by line: Substring, _ tables: [SampleTable], _ editor: Editor) {
    let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
    if words.first == "sql" {
      editor.execute(words.dropFirst().joined(separator: " "))
      return
    }
    guard words.count == 4 else { return }
    let table = tables[Self.choice(words[0], among: tables.map(\.name))]
    let column = table.columns[Self.choice(words[1], among: table.columns)]
    let row = Self.choice(words[2], among: (0..<max(1, table.rows)).map { "\($0)" })
    editor.execute(
      """
      UPDATE \(table.name) SET "\(column)" = \(Self.literal(words[3]))
      WHERE "\(column)" IS (SELECT "\(column)" FROM \(table.name) LIMIT 1 OFFSET \(row))
      """)
  }

  /// A value as SQL: a number, NULL and a blob as written, anything else as text.
  private static func literal(_ word: Substring) -> String {
    let isPlain = Int64(word) != nil || Double(word)?.isFinite == true || word == "NULL"
    let isBlob =
      word.hasPrefix("x'") && word.hasSuffix("'") && word.count.isMultiple(of: 2) == false
      && word.dropFirst(2).dropLast().allSatisfy(\.isHexDigit)
    if isPlain || isBlob { return String(word) }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "''").filter { $0 != "\0" } + "'"
  }

  /// Runs a statement on a file.
  static func execute(_ sql: String, on path: String) throws {
    let editor = try Editor(path)
    editor.execute(sql)
    editor.close()
  }
}

/// A table of the sample with its columns and the number of its rows.
struct SampleTable {
  var name: String
  var columns: [String]
  var rows: Int
  /// Whether it holds a routing trace or what follows from one.
  var isOfTraces: Bool { name.hasPrefix("routing_trace") || name == "load_profile" }
}

/// A connection that checks nothing.
private final class Editor {
  private var handle: OpaquePointer?

  /// - Throws: `CocoaError` if the file cannot be opened.
  init(_ path: String) throws {
    guard sqlite3_open(path, &handle) == SQLITE_OK else {
      throw CocoaError(.fileReadCorruptFile)
    }
    sqlite3_exec(
      handle,
      "PRAGMA ignore_check_constraints = 1; PRAGMA foreign_keys = 0; PRAGMA synchronous = 0;", nil,
      nil, nil)
    sqlite3_set_authorizer(
      handle, { _, action, _, _, _, _ in action == SQLITE_ATTACH ? SQLITE_DENY : SQLITE_OK }, nil)
  }

  /// Runs a statement; one that is not valid changes nothing, and one that goes on is stopped.
  func execute(_ sql: String) {
    sqlite3_progress_handler(handle, 1_000_000, { _ in 1 }, nil)
    sqlite3_exec(handle, sql, nil, nil, nil)
  }

  func close() { sqlite3_close_v2(handle) }
}

/// The bytes of a results file that an input changes: the reader and a number, then four bytes a
/// change, three for the place and one for the value.
struct DamagedPages {
  private let input: [UInt8]
  private let bench: FuzzBench

  init(_ input: [UInt8], _ bench: FuzzBench) {
    self.input = input
    self.bench = bench
  }

  /// Applies the changes and reads the file.
  func read() throws -> String? {
    guard input.count >= 2 else { return nil }
    var bytes = try bench.sample()
    for start in stride(from: 2, to: input.count - 3, by: 4) {
      let place = input[start..<start + 3].reduce(0) { $0 << 8 | Int($1) }
      bytes[place % bytes.count] = input[start + 3]
    }
    let reader = FileReader.allCases[Int(input[0]) % FileReader.allCases.count]
    return try reader.read(
      try bench.file("damaged.db", bytes), number: input[1] == 0 ? nil : Int64(input[1]), bench)
  }
}
