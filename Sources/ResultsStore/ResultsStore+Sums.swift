// What a step consists of, summed, to rows and back.

import GRDB
import Recording
import Units

extension ResultsStore {
  static func insertSums(
    _ result: SimulationResult, run: Int64, into database: Database
  ) throws {
    var cell = try BulkInsert(database, table: "cell_time", columnCount: 10)
    defer { cell.finish() }
    for (position, row) in result.cellTimes.enumerated() {
      cell.bind(run)
      cell.bind(position)
      cell.bind(row.rank)
      cell.bind(row.member)
      cell.bind(row.gpus)
      cell.bind(row.kind.rawValue)
      cell.bind(row.count)
      cell.bind(row.time.picoseconds)
      cell.bind(row.start.picoseconds)
      cell.bind(row.end.picoseconds)
      try cell.insert()
    }
    var exchange = try BulkInsert(database, table: "traffic_time", columnCount: 8)
    defer { exchange.finish() }
    for (position, row) in result.trafficTimes.enumerated() {
      exchange.bind(run)
      exchange.bind(position)
      exchange.bind(row.rank)
      exchange.bind(row.member)
      exchange.bind(row.gpus)
      exchange.bind(row.kind.rawValue)
      exchange.bind(row.count)
      exchange.bind(row.time.picoseconds)
      try exchange.insert()
    }
    var load = try BulkInsert(database, table: "layer_load", columnCount: 4)
    defer { load.finish() }
    for row in result.layerLoads {
      load.bind(run)
      load.bind(row.layer)
      load.bind(row.maxOverMean)
      if let planned = row.plannedMaxOverMean { load.bind(planned) } else { load.bindNull() }
      try load.insert()
    }
  }

  /// Reads the sums of a run into its result; files from before they were kept have none.
  func readSums(of run: Int64, into result: inout SimulationResult) throws(StoreProblem) {
    guard try hasColumn("cells", in: "cell_time") else { return }
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
      "layer, max_over_mean, planned_max_over_mean", of: "layer_load", run, by: "layer"
    ) { row throws(StoreProblem) in
      LayerLoad(
        layer: Int(try row.integer()), maxOverMean: try row.real(),
        plannedMaxOverMean: row.optionalReal())
    }
  }
}
