// What several surfaces of one deployment share: replications of a service, and its trials under
// other loads, ask for the same nodes. Whatever is shared is a function of the deployment and the
// step alone, so sharing changes no result; each surface still counts what it asks for.

import Cluster
import ModelCost
import Synchronization
import Units

/// Known parts of the surfaces of one deployment.
package final class SharedSurface: Sendable {
  /// The most periods that are kept, at the best estimates and in each draw: about 20 and 4 MB.
  private static let limits = (estimates: 100_000, draw: 20_000)
  /// The most draws that are kept.
  private static let mostDraws = 20

  private let known = Mutex<[SurfaceMachine.Step: SimDuration]>([:])
  private let limit: Int
  private let drawless: Drawless
  /// The draws of what is not known exactly that were asked for.
  private let draws = Mutex<[PredictionDraw: SharedSurface]>([:])

  /// What they have in common.
  private final class Drawless: Sendable {
    let spreads = KernelMemory<KernelSpread>()
    let balance = Mutex<ExpertBalance?>(nil)
  }

  package convenience init() { self.init(limit: Self.limits.estimates, Drawless()) }

  private init(limit: Int, _ drawless: Drawless) {
    self.limit = limit
    self.drawless = drawless
  }

  /// The same deployment in a draw of what is not known exactly.
  package func drawn(_ draw: PredictionDraw) -> SharedSurface {
    draws.withLock { draws in
      if let known = draws[draw] { return known }
      let surface = SharedSurface(limit: Self.limits.draw, drawless)
      if draws.count < Self.mostDraws { draws[draw] = surface }
      return surface
    }
  }

  /// Spreads of the times of kernels.
  var spreads: KernelMemory<KernelSpread> { drawless.spreads }

  /// The costs of the deployment's usual step, whose experts are placed by the first that asks.
  ///
  /// - Parameters:
  ///   - spec: the deployment.
  ///   - model: the model that is served.
  ///   - cluster: the GPUs that serve it, and their network, in any draw.
  /// - Precondition: as `InferenceCosts`.
  package func costs(
    of spec: InferenceSpec, model: ModelSpec, cluster: ClusterSpec
  ) -> InferenceCosts {
    drawless.balance.withLock { known in
      let costs = InferenceCosts(spec: spec, model: model, cluster: cluster, balance: known)
      known = costs.balance
      return costs
    }
  }

  /// The period of a step, made by the first that asks; two that ask at once may both make it.
  func period(_ step: SurfaceMachine.Step, make: () -> SimDuration) -> SimDuration {
    if let period = known.withLock({ $0[step] }) { return period }
    let period = make()
    known.withLock { if $0.count < limit { $0[step] = period } }
    return period
  }
}
