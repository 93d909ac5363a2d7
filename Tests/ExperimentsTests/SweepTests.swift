import Foundation
import Recording
import Scenarios
import Statistics
import Testing

@testable import Experiments

@Suite("The experiment of a sweep")
struct SweepTests {
  private static let folder =
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "scenarios").path

  private func sweep(_ lines: String...) throws -> Experiment {
    let head = ["name: a", "seed: 5", "scenario: \(Self.folder)/tiny-16gpu.yaml"]
    let file = try SweepFile(
      text: (head + lines).joined(separator: "\n") + "\n", file: "a.yaml")
    return Experiment.sweep(file)
  }

  @Test("axes are in the order of the file, the last fastest, replications innermost")
  func order() throws {
    let experiment = try sweep(
      "axes:", "  - {key: training.microbatches, values: [8, 16]}",
      "  - {keys: [training.schedule, training.parallel.tensor], points: [[1f1b, 1], [zb_h1, 2]]}",
      "replications: 2")

    let rows = (0..<experiment.count).map { experiment.parameters(at: $0).map(\.value) }

    let points = [["1f1b", "1"], ["zb_h1", "2"]]
    let expected = ["8", "16"].flatMap { batch in
      points.flatMap { point in ["1", "2"].map { [batch] + point + [$0] } }
    }
    #expect(rows == expected)
  }

  @Test("a replication has one seed at every point, and different ones have different seeds")
  func seeds() throws {
    let experiment = try sweep(
      "axes: [{key: training.microbatches, values: [8, 16, 32]}]", "replications: 4")

    let seeds = try (0..<12).map { try experiment.scenario(at: $0).seed }

    #expect(Set(seeds).count == 4)
    #expect(Array(seeds[0..<4]) == Array(seeds[4..<8]) && seeds[0..<4] == seeds[8..<12])
  }

  @Test("the axes tell the rule, the ends and the seed of a design")
  func axes() throws {
    let experiment = try sweep(
      "axes: [{key: cluster.nodes, values: [2, 4]}]",
      "design: {kind: morris, points: 3, ranges: [{key: cluster.node.nic, from: 25 GB/s,"
        + " to: 100 GB/s}, {key: training.microbatches, levels: [8, 16]}]}", "replications: 2")

    let axes = experiment.axisRecords

    #expect(axes.map(\.keys.count) == [1, 2, 1] && axes.map(\.points) == [2, 9, 2])
    let design = try #require(axes[1].design)
    #expect(design.kind == .morris && design.size == 3 && design.pointCount == 9)
    #expect(design.ranges.map(\.low) == ["25.0 GB/s", "8"])
    #expect(design.ranges.map(\.high) == ["100.0 GB/s", "16"])
    // The coordinates follow from the seed alone.
    let points = Morris(dimensions: 2, trajectories: 3, seed: design.seed).points
    let levels = (0..<9).map { experiment.parameters(at: 2 * $0)[2].value }
    #expect(levels == points.map { $0[1] < 0.5 ? "8" : "16" })
    #expect(axes[0].design == nil && axes[2].design == nil)
  }

  @Test("a Latin hypercube has one value in each slice of every range")
  func hypercube() throws {
    let experiment = try sweep(
      "design:", "  kind: latin_hypercube", "  points: 20",
      "  ranges: [{key: cluster.node.nic, from: 20 GB/s, to: 40 GB/s}]")

    let slices = try (0..<20).map { index in
      let text = experiment.parameters(at: index)[0].value.split(separator: " ")[0]
      return Int(try #require(Double(text)) - 20)
    }

    #expect(slices.sorted() == Array(0..<20))
  }

  @Test(
    "designs have the numbers of points of their rules",
    arguments: [
      ("tornado", "", 5), ("morris", "  points: 10", 30), ("sobol", "  points: 8", 32),
    ])
  func sizes(kind: String, points: String, count: Int) throws {
    let experiment = try sweep(
      "design:", "  kind: \(kind)", points,
      "  ranges: [{key: cluster.node.nic, from: 20 GB/s, to: 40 GB/s},"
        + " {key: training.microbatches, from: 8, to: 64}]")

    #expect(experiment.count == count)
  }

  @Test("the identity of a trial depends on what it says, the hash of a sweep on its text too")
  func identity() throws {
    let one = try sweep("axes: [{key: cluster.node.nic, values: [50 GB/s]}]")
    let other = try sweep("axes: [{key: cluster.node.nic, values: [400 Gb/s]}]")

    #expect(one.identity(at: 0, version: "1") == other.identity(at: 0, version: "1"))
    #expect(one.identity(at: 0, version: "1") != one.identity(at: 0, version: "2"))
    #expect(one.hash(version: "1") != other.hash(version: "1"))
  }

  @Test("runs name the version of the results, not the build")
  func version() throws {
    let experiment = try sweep("axes: [{key: cluster.node.nic, values: [50 GB/s]}]")
    var versions: [String] = []

    try experiment.run([0], workers: 1) {
      versions += [$0.trial.record?.provenance.programVersion].compactMap(\.self)
    }

    #expect(versions == ["results \(Experiment.resultVersion)"])
  }

  @Test("several scenarios are the slowest axis")
  func scenarios() throws {
    let file = try SweepFile(
      text: "name: a\nscenarios: [tiny-16gpu.yaml, own-order.yaml]\nreplications: 2\n",
      file: Self.folder + "/a.yaml")
    let experiment = Experiment.sweep(file)

    let names = try (0..<4).map { try experiment.scenario(at: $0).name }

    #expect(names[0] == names[1] && names[2] == names[3] && names[0] != names[2])
  }
}
