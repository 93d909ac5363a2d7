// Files of expert counts and of placements: what they are taken for is told on stderr.

import ArgumentParser
import Experiments
import Foundation
import Routing
import Text

/// A file of expert counts that was read.
struct CountsFile {
  /// The counts.
  let loads: ExpertLoads
  /// What the file was taken for, and each doubt about it.
  let remarks: [String]

  /// Help of an argument that names one.
  static let help: ArgumentHelp =
    "Counts, a row per layer and a column per expert, as CSV or SGLang's JSON; or a trace file."

  /// Reads a file of counts, or a results file with a routing trace.
  ///
  /// - Throws: `CommandProblem` for an unreadable file or one without a trace, `PlacementProblem`
  ///   for the content of a file of counts.
  init(_ path: String) throws {
    if Self.isSQLite(path) {
      loads = ExpertLoads(try TraceFile.load(path).trace)
      remarks = []
    } else {
      let counts = try ExpertCounts(text: MeasuredText.read(path), file: path)
      loads = counts.loads
      remarks =
        ["\(path): taken for \(counts.form)"]
        + counts.warnings.map { "\(path): warning: \($0)" }
    }
  }

  /// Prints the remarks on stderr; to be called when nothing else can fail, since a failure is the
  /// only message of a command.
  func tell() { remarks.forEach(remark) }

  /// Whether a file has the header of a SQLite database.
  static func isSQLite(_ path: String) -> Bool {
    guard inputObstacle(path) == nil, let handle = FileHandle(forReadingAtPath: path) else {
      return false
    }
    defer { try? handle.close() }
    return (try? handle.read(upToCount: 16)).flatMap { $0 } == Data("SQLite format 3\0".utf8)
  }
}

/// What `experts place` starts from: counts, and perhaps a placement to show instead of a plan.
struct PlacementSource {
  let loads: ExpertLoads
  let placement: ExpertPlacement?
  /// Dense layers whose rows are neither in the counts nor in the placement.
  let missingLayers: Int
  private let remarks: [String]

  /// - Parameters:
  ///   - counts: a file of counts; nil if `from` has them, or for even loads.
  ///   - from: a file of an engine with counts or a placement.
  ///   - engine: the engine whose file is to be written, if any.
  ///   - denseLayers: first rows of the placement to leave out, unless `engine` wants rows for
  ///     them and the placement has none.
  /// - Throws: `CommandProblem` and `PlacementProblem`, as reading files does.
  init(counts: String?, from: String?, engine: PlacementEngine?, denseLayers: Int) throws {
    let text =
      try from.map { CountsFile.isSQLite($0) ? "" : try MeasuredText.read($0) } ?? ""
    guard let from, PlacementMap.isMap(text: text) else {
      guard let path = counts ?? from else {
        throw CommandProblem.usage("place needs COUNTS or --from FILE")
      }
      if counts != nil, let from {
        throw CommandProblem.badData(
          from, "is not a placement", advice: "expected: counts from one file, not from two")
      }
      guard engine != nil || denseLayers == 0 else { throw Self.needsEngine }
      let file = try CountsFile(path)
      (loads, placement, remarks) = (file.loads, nil, file.remarks)
      missingLayers = denseLayers
      return
    }
    missingLayers = engine == .sglang ? denseLayers : 0
    let map = try PlacementMap(text: text, file: from)
    let taken = "\(from): taken for \(map.form)"
    if let counts {
      let file = try CountsFile(counts)
      let leavesOut = engine != .sglang || !map.fits(file.loads)
      placement = try map.placement(for: file.loads, denseLayers: leavesOut ? denseLayers : 0)
      (loads, remarks) = (file.loads, [taken] + file.remarks)
    } else {
      // First the check that every expert has a slot: the file then bounds the loads.
      let given = try map.placement(
        experts: map.experts, denseLayers: engine == .sglang ? 0 : denseLayers)
      placement = given
      loads = ExpertLoads(
        layers: given.layers.count, experts: map.experts,
        values: [Float](repeating: 1, count: given.layers.count * map.experts))
      remarks =
        [taken, "no counts: balance is that of even loads"]
        + (denseLayers == 0 ? Self.doubt(map, engine) : [])
    }
  }

  /// The doubt whether rows are those of dense layers, if an engine numbers only others.
  private static func doubt(_ map: PlacementMap, _ engine: PlacementEngine?) -> [String] {
    guard let engine, engine != .sglang, map.hasDenseLayers else { return [] }
    return [
      "all \(map.layers.count) rows are kept: SGLang has one for every layer of the model,"
        + " \(engine.rawValue) only for layers with experts; --dense-layers N leaves out the first"
        + " N, counts leave out their rows of zeros"
    ]
  }

  /// What is wrong with dense layers of counts whose file no engine loads.
  static let needsEngine = CommandProblem.usage(
    "--dense-layers needs --for", advice: "expected: --for sglang, or --from a placement")

  /// Prints what the files were taken for on stderr; to be called when nothing else can fail.
  func tell() { remarks.forEach(remark) }
}
