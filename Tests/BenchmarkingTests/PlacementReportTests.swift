import Benchmarking
import Foundation
import Testing

@Suite("The figures of placement")
struct PlacementReportTests {
  static let report: PlacementReport = {
    var settings = PlacementBenchmark.Settings()
    settings.layers = 4
    settings.runs = 1
    settings.minimumRunSeconds = 0.001
    return PlacementReport(PlacementBenchmark.figures(settings))
  }()

  @Test("both planners are timed on every layer of the same loads")
  func shape() {
    let figures = Self.report.figures

    #expect(figures.map(\.policy) == ["eplb", "best"])
    #expect(figures.allSatisfy { $0.imbalances.count == 4 })
    #expect(figures.allSatisfy { $0.seconds > 0 && $0.seconds.isFinite })
    #expect(figures[0].bounds == figures[1].bounds)
    #expect(Set(figures[0].imbalances).count > 1, "layers have loads of their own")
  }

  @Test("the sizes are those of DeepSeek-V3 and its published decoding unit")
  func published() {
    // 61 layers, 3 of them dense (the paper, section 4.2); EP144 on 18 nodes of 8 GPUs with 32
    // redundant experts (DeepSeek-V3/R1 Inference System Overview).
    let sizes = PlacementBenchmark.sizes

    #expect(PlacementBenchmark.Settings().layers == 61 - 3)
    #expect(sizes.gpus == sizes.nodes * 8)
    #expect(sizes.replicas == PlacementBenchmark.experts + 32)
    #expect(sizes.problems(experts: PlacementBenchmark.experts) == [])
  }

  @Test("on each layer: bound, ours, EPLB, in this order, and the loads are uneven")
  func order() {
    let figures = Self.report.figures

    for layer in 0..<4 {
      // Both sums round, in other orders.
      #expect(figures[1].bounds[layer] <= figures[1].imbalances[layer] * (1 + 1e-12))
      #expect(figures[1].imbalances[layer] <= figures[0].imbalances[layer])
      #expect(figures[0].bounds[layer] >= 1)
      #expect(figures[0].imbalances[layer] > 1)
    }
  }

  @Test("the means are those of the layers")
  func means() {
    let figure = PlacementFigure(
      policy: "best", seconds: 0.5, imbalances: [1.5, 2.5], bounds: [1, 1.5])

    #expect(figure.meanImbalance == 2)
    #expect(figure.meanBound == 1.25)
  }

  @Test("the table has a line for each planner and one that says what was planned")
  func table() {
    let figure = PlacementFigure(
      policy: "best", seconds: 0.0125, imbalances: [1.5, 2.5], bounds: [1, 1.5])

    let lines = PlacementReport([figure]).table().split(separator: "\n")

    #expect(lines.count == 2)
    #expect(
      lines[0] == "best: 2 layers in 12.5 ms; mean over layers of max/mean GPU load 2,"
        + " of its lower bound 1.25")
    #expect(lines[1].hasPrefix("256 experts a layer on 144 GPUs, 288 slots; loads log-normal"))
  }

  @Test("the JSON says the same as the figures")
  func json() throws {
    let objects = try jsonObjects(Self.report.json())

    #expect(objects.count == Self.report.figures.count)
    for (object, figure) in zip(objects, Self.report.figures) {
      #expect(object["policy"] as? String == figure.policy)
      #expect(object["layers"] as? Int == 4)
      #expect(object["gpus"] as? Int == 144)
      for (name, value) in [
        ("planning_time_s", figure.seconds), ("mean_max_over_mean", figure.meanImbalance),
        ("mean_lower_bound", figure.meanBound),
      ] {
        #expect(try holds(object, name, value))
      }
    }
  }
}
