// The surface of step times against the machine that it comes from.

import Cluster
import ModelCost
import Numerics
import Testing
import Units

@testable import Serving

@Suite("Step times as a surface")
struct StepSurfaceTests {
  private static let seed: UInt64 = 20_260_117

  private func points(_ deployment: Deployment, _ count: Int) -> [SurfacePoint] {
    var random = RandomStream(seed: Self.seed, purpose: RandomPurpose("test.surface"))
    return (0..<count).map { _ in deployment.point(&random) }
  }

  // Cells are checked at their middles; between, rows that fill another tile make a step.
  @Test(
    "within 1 % of the machine at random steps of every deployment", arguments: Deployment.all)
  func accuracy(_ deployment: Deployment) throws {
    var surface = try deployment.surface()
    var errors: [Double] = []
    for point in points(deployment, 12) {
      let error = surface.time(point).seconds / surface.exact(point).seconds - 1
      #expect(abs(error) <= 0.01, "seed \(Self.seed), \(point)")
      errors.append(abs(error))
    }

    let statistics = surface.statistics
    #expect(statistics.outsideCalls == 0)
    #expect(statistics.largestError <= 0.005)
    #expect(statistics.machineRuns >= statistics.nodes)
    print(
      deployment.name,
      "seed \(Self.seed): largest error \(errors.max() ?? 0),"
        + " \(statistics.machineRuns) runs, \(statistics.cells) cells")
  }

  @Test("times of decoding do not depend on the order of questions", arguments: [0, 1, 6, 9])
  func order(index: Int) throws {
    let deployment = Deployment.all[index]
    let points = points(deployment, 12).filter { $0.prefillTokens == 0 }
    var (one, other) = try (deployment.surface(), deployment.surface())

    let times = points.map { one.time($0) }

    #expect(Array(points.reversed().map { other.time($0) }.reversed()) == times)
    #expect(points.map { one.time($0) } == times)
    #expect(one.statistics.machineRuns == other.statistics.machineRuns)
  }

  @Test("sharing with other draws changes no time", arguments: [1, 6, 9])
  func sharing(index: Int) throws {
    let deployment = Deployment.all[index]
    let (spec, model, cluster) = try deployment.spec()
    let draw = PredictionDraw(seed: Self.seed, number: 3)
    let drawn = cluster.drawn(
      draw, exchangeDeviation: 0.1, normalQuantile: normalQuantile, exponential: exponential)
    func surface(_ cluster: ClusterSpec, _ shared: SharedSurface) -> StepSurface {
      StepSurface(
        spec, model: model, cluster: cluster, asksMachineFirst: false, sharing: shared)
    }
    let shared = SharedSurface()
    var best = surface(cluster, shared)
    var (known, own) = (
      surface(drawn, shared.drawn(draw)), surface(drawn, SharedSurface())
    )
    for point in points(deployment, 3) {
      let time = known.time(point)
      #expect(time == own.time(point))
      #expect(time != best.time(point))
    }
    #expect(shared.drawn(draw) === shared.drawn(draw))
    #expect(shared.drawn(PredictionDraw(seed: 1, number: 3)) !== shared.drawn(draw))
  }

  @Test("a line gives the same times as the points on it, and sums them", arguments: [0, 4, 11])
  func lines(index: Int) throws {
    let deployment = Deployment.all[index]
    var surface = try deployment.surface()
    for point in points(deployment, 6) {
      let line = surface.line(point)
      #expect(line.start == surface.time(point))
      #expect(line.context == point.decodeContext && line.contextLimit > point.decodeContext)

      let growth = point.decodeTokens
      let count = min(50, (line.contextLimit - 1 - point.decodeContext) / growth + 1)
      var (sum, next) = (SimDuration.zero, point)
      for _ in 0..<count {
        #expect(line.time(decodeContext: next.decodeContext) == surface.time(next))
        sum += surface.time(next)
        next.decodeContext += growth
      }
      #expect(line.total(count: count, growth: growth) == sum)
    }
  }

  @Test("a larger step is not faster, unless it is on the machine", arguments: Deployment.all)
  func monotone(_ deployment: Deployment) throws {
    var surface = try deployment.surface()
    for point in points(deployment, 3) {
      let time = surface.time(point).seconds
      var larger = [point, point, point]
      larger[0].unitTokens *= 1.3
      larger[1].imbalance *= 1.3
      larger[2].prefillPairsDoubled = point.prefillPairsDoubled / 2 * 3
      larger[2].prefillContext = point.prefillContext * 2
      larger[2].decodeContext = point.decodeContext * 3 / 2
      for other in larger {
        let ratio = surface.exact(other).seconds / surface.exact(point).seconds
        #expect(
          surface.time(other).seconds >= time * min(1, ratio * 0.995),
          "seed \(Self.seed), \(point), \(other)")
      }
    }
  }

  @Test("above the largest node the machine answers, and is counted")
  func outside() throws {
    var surface = try Deployment.all[4].surface()
    let point = SurfacePoint(decodes: 5000, decodeTokens: 5000, decodeContext: 5_000_000)

    #expect(surface.time(point) == surface.exact(point))
    #expect(surface.statistics.outsideCalls == 1)
    #expect(surface.statistics.nodes == 0)
  }

  @Test("steps of few layers are continued to all of them exactly", arguments: Deployment.all)
  func shortened(_ deployment: Deployment) throws {
    let (spec, model, cluster) = try deployment.spec()
    let machine = SurfaceMachine(spec, model, cluster)
    for (decodes, prompts, microbatches) in [(7, 0, 1), (64, 0, 2), (40, 1500, 2), (0, 4000, 1)] {
      var step = SurfaceMachine.Step()
      (step.decodes, step.context, step.microbatches) = (decodes, 3000, microbatches)
      (step.prefillTokens, step.meanKeys, step.prefillContext) = (prompts, 1500, 800)
      (step.groupShare, step.imbalance) = (1.1, 1.2)

      let whole = machine.wholePeriod(step)

      let difference = machine.period(step).picoseconds - whole.picoseconds
      #expect(abs(difference) <= 2 * Int64(model.layers), "\(step)")
    }
  }

  @Test("prompts of different lengths are as long as the machine's equal ones")
  func unequalPrompts() throws {
    let deployment = Deployment.all[5]
    var surface = try deployment.surface()
    // One prompt of 3,000 tokens and three of 500 attend to as many tokens as their pairs say.
    let lengths = [3000, 500, 500, 500]
    let pairs = lengths.reduce(0) { $0 + $1 * ($1 + 1) }
    let point = SurfacePoint(prefillTokens: 4500, prefillPairsDoubled: pairs)

    let apart = lengths.map { length in
      surface.exact(
        SurfacePoint(prefillTokens: length, prefillPairsDoubled: length * (length + 1))
      ).seconds
    }.reduce(0, +)

    let together = surface.time(point).seconds
    let one = surface.exact(
      SurfacePoint(prefillTokens: 4500, prefillPairsDoubled: 4500 * 4501)
    ).seconds
    // Their products are shared, and none of them attends to another.
    #expect(together < apart && together < one)
  }
}
