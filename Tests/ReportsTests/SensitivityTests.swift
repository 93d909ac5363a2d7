// Sensitivities of stored experiments whose results are known functions: the expected figures are
// those of the functions, of tests of Statistics, or counted by hand.

import Foundation
import Recording
import ResultsStore
import Testing
import Units

@testable import Reports
@testable import Statistics

/// A results file with an experiment whose trials have one metric each.
struct SampleExperiment {
  let sample: SampleStore
  let id: ExperimentID

  /// - Parameter values: of the metric, nil for a refused trial.
  init(
    _ axes: [AxisRecord], parameters: [[(key: String, value: String)]], values: [Double?],
    metric: MetricKind = .stepTime, statistic: MetricStatistic = .value
  ) throws {
    sample = try SampleStore([])
    id = try sample.store.begin(
      ExperimentHead(
        kind: "sweep", name: "s", hash: "ab", trialCount: values.count, axes: axes))
    for (index, value) in values.enumerated() {
      var record = sampleRecord()
      record.metrics = value.map { [Metric(metric, $0, statistic: statistic)] } ?? []
      let trial = TrialRecord(
        index: index, parameters: parameters[index],
        outcome: value == nil ? .refused(reason: "odd") : .ran(record))
      try sample.store.write(
        trial, of: id,
        clock: value == nil ? nil : RunClock(startedAt: Date(), wallSeconds: 1))
    }
  }

  func sensitivity(metric: MetricKind? = .stepTime) throws -> Sensitivity {
    try Sensitivity(of: id, in: sample.store, metric: metric)
  }
}

@Suite("Sensitivities of experiments")
struct SensitivityTests {
  private let ranges = ["a", "b"].map { DesignRecord.Range(key: $0, low: "0", high: "1") }

  private func design(_ kind: DesignKind, _ size: Int, _ points: [[Double]]) -> (
    axes: [AxisRecord], parameters: [[(key: String, value: String)]]
  ) {
    let record = DesignRecord(kind: kind, size: size, seed: 5, ranges: ranges)
    return (
      [AxisRecord(keys: ["a", "b"], points: points.count, design: record)],
      points.map { [("a", "\($0[0])"), ("b", "\($0[1])")] }
    )
  }

  @Test("a tornado: low, base, high and swing of each input, the widest first")
  func tornado() throws {
    let points = Tornado(dimensions: 2).points
    let (axes, parameters) = design(.tornado, 1, points)
    let trials = try SampleExperiment(
      axes, parameters: parameters, values: points.map { 10 + 2 * $0[0] - 8 * $0[1] })

    let table = try trials.sensitivity().table

    // Base 10 + 1 - 4 = 7; the ends lie 0.45 from the middle.
    #expect(table.rows.map { $0[0] } == [.text("b"), .text("a")])
    #expect(table.rows[0][1...3] == [.text("0.05"), .text("0.5"), .text("0.95")])
    for (row, expected) in zip(table.rows, [[10.6, 7, 3.4, 7.2], [6.1, 7, 7.9, 1.8]]) {
      for (value, expected) in zip(row[4...], expected) {
        #expect(abs((value.number ?? .nan) - expected) < 1e-12)
      }
    }
  }

  @Test("a refused end leaves the swing from base to the other end, and is told")
  func refused() throws {
    let (axes, parameters) = design(.tornado, 1, Tornado(dimensions: 2).points)
    let trials = try SampleExperiment(
      axes, parameters: parameters, values: [5, nil, 7, nil, nil])

    let sensitivity = try trials.sensitivity()

    #expect(sensitivity.table.rows[0][4...7] == [.null, .real(5), .real(7), .real(2)])
    #expect(sensitivity.table.rows[1][7] == .null)
    #expect(sensitivity.text(.table).contains("3 of 5 trials have no value"))
  }

  @Test("Morris: mu* and sigma of a linear function are its slopes and zero")
  func morris() throws {
    let points = Morris(dimensions: 2, trajectories: 4, seed: 5).points
    let (axes, parameters) = design(.morris, 4, points)
    let trials = try SampleExperiment(
      axes, parameters: parameters, values: points.map { 3 * $0[0] - 20 * $0[1] })

    let table = try trials.sensitivity().table

    #expect(table.rows.map { $0[0] } == [.text("b"), .text("a")])
    for (row, expected) in zip(table.rows, [[20.0, -20, 0, 4], [3, 3, 0, 4]]) {
      for (value, expected) in zip(row[3...], expected) {
        #expect(abs((value.number ?? .nan) - expected) < 1e-12)
      }
    }
  }

  /// Trials of a design whose input takes a few values, written as designs write them, and whose
  /// second one has no effect.
  private func levelled(
    _ kind: DesignKind, _ size: Int, _ points: [[Double]], _ levels: [String],
    _ result: (Int) -> Double
  ) throws -> [[ResultValue]] {
    let ranges = [
      DesignRecord.Range(key: "a", low: levels[0], high: levels[levels.count - 1]),
      DesignRecord.Range(key: "b", low: "0", high: "1"),
    ]
    let record = DesignRecord(kind: kind, size: size, seed: 5, ranges: ranges)
    let chosen = points.map { LatinHypercube.level(of: $0[0], levels: levels.count) }
    return try SampleExperiment(
      [AxisRecord(keys: ["a", "b"], points: points.count, design: record)],
      parameters: zip(points, chosen).map { [("a", levels[$1]), ("b", "\($0[1])")] },
      values: chosen.map(result)
    ).sensitivity().table.rows
  }

  @Test(
    "Morris: the effect of levels is that from the first to the last, not more",
    arguments: [
      ["off", "on"], ["low", "middle", "high"], ["1", "2"], ["8 GB", "16 GB", "24 GB"],
    ])
  func morrisLevels(levels: [String]) throws {
    let points = Morris(dimensions: 2, trajectories: 6, seed: 5).points

    let rows = try levelled(.morris, 6, points, levels) { 7 + 3 * Double($0) }

    let whole = 3 * Double(levels.count - 1)
    #expect(rows[0][0] == .text("a"))
    for (value, expected) in zip(rows[0][3...], [whole, whole, 0, 6]) {
      #expect(abs((value.number ?? .nan) - expected) < 1e-12)
    }
  }

  @Test("Morris: uneven numbers count by their distance, and words by their position")
  func morrisUneven() throws {
    let points = Morris(dimensions: 2, trajectories: 6, seed: 5).points
    let numbers = [1.0, 2, 8]

    let rows = try levelled(.morris, 6, points, ["1", "2", "8"]) { numbers[$0] }
    let unsorted = try levelled(.morris, 6, points, ["8", "1", "4"]) { Double($0) }

    // From 1 to 8, and from the first to the last.
    #expect(abs((rows[0][3].number ?? .nan) - 7) < 1e-12)
    #expect(abs((unsorted[0][3].number ?? .nan) - 2) < 1e-12)
  }

  @Test(
    "a Latin hypercube: levels that order the results have a rank correlation of one",
    arguments: [["off", "on"], ["1", "2", "3"]])
  func latinLevels(levels: [String]) throws {
    let points = LatinHypercube(count: 20, dimensions: 2, seed: 5).points

    let rows = try levelled(.latinHypercube, 20, points, levels) { Double($0) }

    #expect(rows[0][0] == .text("a"))
    #expect(abs((rows[0][3].number ?? .nan) - 1) < 1e-12)
  }

  @Test("Sobol: the shares of 3 a + b are 0.9 and 0.1, alone and in total")
  func sobol() throws {
    let points = Sobol(dimensions: 2, rows: 64, seed: 5).points
    let (axes, parameters) = design(.sobol, 64, points)
    let trials = try SampleExperiment(
      axes, parameters: parameters, values: points.map { 3 * $0[0] + $0[1] })

    let table = try trials.sensitivity().table

    for (row, share) in zip(table.rows, [0.9, 0.1]) {
      let figures = row[3...].compactMap(\.number)
      // 64 rows err less than the width of the interval of independent rows.
      #expect(abs(figures[0] - share) < figures[2] - figures[1])
      #expect(abs(figures[3] - share) < figures[5] - figures[4])
      #expect(figures[1] <= figures[0] && figures[0] <= figures[2] && figures[6] == 64)
    }
    #expect(table.rows.map { $0[0] } == [.text("a"), .text("b")])
  }

  @Test("a Latin hypercube: rank correlations, one for the only input that counts")
  func latinHypercube() throws {
    let points = LatinHypercube(count: 20, dimensions: 2, seed: 5).points
    let (axes, parameters) = design(.latinHypercube, 20, points)
    let trials = try SampleExperiment(
      axes, parameters: parameters, values: points.map { -$0[1] * $0[1] })

    let rows = try trials.sensitivity().table.rows

    #expect(rows[0][0] == .text("b") && rows[0][3] == .real(-1) && rows[0][4] == .integer(20))
    #expect(abs(rows[1][3].number ?? 1) < 0.6)
  }

  @Test("a grid: means by level, with keys that vary together as one input")
  func grid() throws {
    let axes = [
      AxisRecord(keys: ["a", "b"], points: 2), AxisRecord(keys: ["c"], points: 2),
      AxisRecord(keys: ["replication"], points: 2),
    ]
    var parameters: [[(key: String, value: String)]] = []
    var values: [Double?] = []
    for first in 0..<2 {
      for second in 0..<2 {
        for replication in 0..<2 {
          parameters.append([
            ("a", "\(first)"), ("b", "x\(first)"), ("c", "\(second)"),
            ("replication", "\(replication + 1)"),
          ])
          values.append(Double(10 * first + second) + (replication == 0 ? 1 : -1))
        }
      }
    }
    let trials = try SampleExperiment(axes, parameters: parameters, values: values)

    let sensitivity = try trials.sensitivity()

    // Means of points 0, 1, 10, 11: levels 0.5 and 10.5, and 5 and 6; variances 25 and 0.25 of
    // 25.25. Two values 2 apart have a standard error of 1.
    let expected: [[ResultValue]] = [
      [
        .text("a + b"), .integer(2), .text("0 x0"), .real(0.5), .text("1 x1"), .real(10.5),
        .real(10), .real(25 / 25.25),
      ],
      [
        .text("c"), .integer(2), .text("0"), .real(5), .text("1"), .real(6), .real(1),
        .real(0.25 / 25.25),
      ],
    ]
    #expect(sensitivity.table.rows == expected)
    #expect(sensitivity.text(.table).contains("standard error of a point's mean: 1\n"))
  }

  @Test("with replications: the interval of the paired difference, free of what seeds share")
  func paired() throws {
    let points = [0.5, 0.05, 0.95]
    let design = DesignRecord(kind: .tornado, size: 1, seed: 0, ranges: [ranges[0]])
    let axes = [
      AxisRecord(keys: ["a"], points: 3, design: design),
      AxisRecord(keys: ["replication"], points: 3),
    ]
    let trials = try SampleExperiment(
      axes,
      parameters: points.flatMap { a in
        ["1", "2", "3"].map { [("a", "\(a)"), ("replication", $0)] }
      },
      // Seeds move all points by 0, 100 and 200; the third replication at high is 3 more.
      values: [10, 110, 210, 0, 100, 200, 20, 120, 223])

    let row = try #require(try trials.sensitivity().table.rows.first)

    // Differences 20, 20, 23: mean 21, deviation sqrt 3, error 1; t of two degrees is 4.302653.
    #expect(row[4...7] == [.real(100), .real(110), .real(121), .real(21)])
    #expect(abs((row[9].number ?? 0) - (21 - 4.302653)) < 1e-5)
    #expect(abs((row[10].number ?? 0) - (21 + 4.302653)) < 1e-5)
  }

  @Test("axes beside a design make a group each")
  func groups() throws {
    let points = Tornado(dimensions: 2).points
    let (design, own) = design(.tornado, 1, points)
    let axes = [AxisRecord(keys: ["n"], points: 2)] + design
    let trials = try SampleExperiment(
      axes, parameters: ["1", "2"].flatMap { n in own.map { [("n", n)] + $0 } },
      values: [1.0, 2].flatMap { n in points.map { n * $0[0] } })

    let table = try trials.sensitivity().table

    #expect(table.columns[0] == "at")
    #expect(table.rows.map { $0[0] } == ["n=1", "n=1", "n=2", "n=2"].map { .text($0) })
    #expect(abs((table.rows[2][8].number ?? 0) - 1.8) < 1e-12)
  }

  @Test("files without axes have one input a key; metrics with a mean alone show it")
  func older() throws {
    let trials = try SampleExperiment(
      [], parameters: [[("a", "1")], [("a", "2")]], values: [1, 4], metric: .timeToFirstToken,
      statistic: .mean)

    let sensitivity = try trials.sensitivity(metric: .timeToFirstToken)

    #expect(sensitivity.title == "sensitivity of ttft_s, mean in s")
    #expect(sensitivity.table.rows.map { $0[6] } == [.real(3)])
  }

  @Test("an unknown experiment, a metric of no trial and a sweep of nothing are refused")
  func refusals() throws {
    let trials = try SampleExperiment(
      [], parameters: [[("a", "1")], [("a", "2")]], values: [1, 4])
    let single = try SampleExperiment([], parameters: [[]], values: [1])

    #expect(throws: SensitivityProblem.self) { try trials.sensitivity(metric: .goodput) }
    #expect(throws: SensitivityProblem.self) { try single.sensitivity() }
    #expect(throws: StoreProblem.self) {
      try Sensitivity(of: ExperimentID(rawValue: 9), in: trials.sample.store)
    }
  }
}
