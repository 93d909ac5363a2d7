// What a step consists of, summed, to rows and back.

import GRDB
import Recording
import Units

extension ResultsStore {
  static func insertSums(
    _ result: SimulationResult, run: Int64, into database: Database
  ) throws {
    try BulkInsert.fill("cell_time", of: run, result.cellTimes, database) {
      try $0.insert(
        $1.rank, $1.member, $1.gpus, $1.kind.rawValue, $1.count, $1.time.picoseconds,
        $1.start.picoseconds, $1.end.picoseconds)
    }
    try BulkInsert.fill("traffic_time", of: run, result.trafficTimes, database) {
      try $0.insert(
        $1.rank, $1.member, $1.gpus, $1.kind.rawValue, $1.count, $1.time.picoseconds)
    }
    try BulkInsert.fill("layer_load", of: run, result.layerLoads, database) {
      try $0.insert($1.layer, $1.maxOverMean, $1.plannedMaxOverMean)
    }
  }

  /// Reads the sums of a run into its result; files from before they were kept have none.
  func readSums(of run: Int64, into result: inout SimulationResult) throws(StoreProblem) {
    guard try hasTable("cell_time") else { return }
    result.cellTimes = try rows(
      "rank, member, gpus, kind, cells, time_ps, start_ps, end_ps", of: "cell_time", run
    ) { row throws(StoreProblem) in
      CellTime(
        rank: Int(try row.integer()), member: Int(try row.integer()),
        gpus: Int(try row.integer()), kind: try row.named(CellKind.self),
        count: Int(try row.integer()), time: SimDuration(picoseconds: try row.integer()),
        start: SimTime(picoseconds: try row.integer()),
        end: SimTime(picoseconds: try row.integer()))
    }
    result.trafficTimes = try rows(
      "rank, member, gpus, kind, exchanges, time_ps", of: "traffic_time", run
    ) { row throws(StoreProblem) in
      TrafficTime(
        rank: Int(try row.integer()), member: Int(try row.integer()),
        gpus: Int(try row.integer()), kind: try row.named(TrafficKind.self),
        count: Int(try row.integer()), time: SimDuration(picoseconds: try row.integer()))
    }
    result.layerLoads = try rows(
      "layer, max_over_mean, planned_max_over_mean", of: "layer_load", run
    ) { row throws(StoreProblem) in
      LayerLoad(
        layer: Int(try row.integer()), maxOverMean: try row.real(),
        plannedMaxOverMean: row.optionalReal())
    }
  }
}
