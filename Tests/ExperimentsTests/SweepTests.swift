import Foundation
import Recording
import Scenarios
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
    return Experiment.sweep(file, programVersion: "test")
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

  @Test("several scenarios are the slowest axis")
  func scenarios() throws {
    let file = try SweepFile(
      text: "name: a\nscenarios: [tiny-16gpu.yaml, own-order.yaml]\nreplications: 2\n",
      file: Self.folder + "/a.yaml")
    let experiment = Experiment.sweep(file, programVersion: "test")

    let names = try (0..<4).map { try experiment.scenario(at: $0).name }

    #expect(names[0] == names[1] && names[2] == names[3] && names[0] != names[2])
  }
}
