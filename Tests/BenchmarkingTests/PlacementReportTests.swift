import Benchmarking
import Foundation
import Testing

@Suite("The report of the placement benchmark")
struct PlacementReportTests {
  static let report: PlacementReport = {
    var settings = PlacementBenchmark.Settings()
    settings.layers = 4
    settings.runs = 1
    settings.minimumRunSeconds = 0.001
    return PlacementReport(PlacementBenchmark.figures(settings))
  }()

  @Test("both policies are timed on the same loads")
  func shape() {
    let figures = Self.report.figures

    #expect(figures.map(\.policy) == ["eplb", "best"])
    #expect(figures.allSatisfy { $0.imbalances.count == 4 })
    #expect(figures.allSatisfy { $0.seconds > 0 && $0.seconds.isFinite })
    #expect(figures[0].bounds == figures[1].bounds)
    #expect(Set(figures[0].imbalances).count > 1, "layers have different loads")
  }

  @Test("the sizes match DeepSeek-V3 and its published decoding unit")
  func published() {
    // 61 layers, 3 of them dense (the paper, section 4.2); EP144 on 18 nodes of 8 GPUs with 32
    // redundant experts (DeepSeek-V3/R1 Inference System Overview).
    let sizes = PlacementBenchmark.sizes

    #expect(PlacementBenchmark.Settings().layers == 61 - 3)
    #expect(sizes.gpus == sizes.nodes * 8)
    #expect(sizes.replicas == PlacementBenchmark.experts + 32)
    #expect(sizes.problems(experts: PlacementBenchmark.experts) == [])
  }

  @Test("on each layer, the best placement is between the lower bound and EPLB")
  func order() {
    let figures = Self.report.figures

    for layer in 0..<4 {
      // Imbalance and bound sum the same loads in different orders.
      #expect(figures[1].bounds[layer] <= figures[1].imbalances[layer] * (1 + 1e-12))
      #expect(figures[1].imbalances[layer] <= figures[0].imbalances[layer])
      #expect(figures[0].bounds[layer] >= 1)
      #expect(figures[0].imbalances[layer] > 1)
    }
  }

  @Test("the means are taken over the layers")
  func means() {
    let figure = PlacementFigure(
      policy: "best", seconds: 0.5, imbalances: [1.5, 2.5], bounds: [1, 1.5])

    #expect(figure.meanImbalance == 2)
    #expect(figure.meanBound == 1.25)
  }

  @Test("the table has one line per policy and one about the workload")
  func table() {
    let figure = PlacementFigure(
      policy: "best", seconds: 0.0125, imbalances: [1.5, 2.5], bounds: [1, 1.5])

    let lines = PlacementReport([figure]).table().split(separator: "\n")

    #expect(lines.count == 2)
    #expect(
      lines[0]
        == "best: 2 layers in 12.5 ms; max/mean GPU load 2, lower bound 1.25 (means over layers)")
    #expect(lines[1].hasPrefix("256 experts per layer on 144 GPUs, 288 slots; loads log-normal"))
  }

  @Test("the JSON has the same values as the figures")
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
