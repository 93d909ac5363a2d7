// Runs a planned step.

import Cluster
import Execution
import ModelCost
import Recording
import Routing
import Units

extension TrainingStep {
  /// Simulates the step.
  ///
  /// - Parameters:
  ///   - keepsTimeline: whether the result includes the bars and memory points of a timeline.
  ///   - workers: threads, which do not affect the result.
  /// - Complexity: O(operations x log ranks).
  package func run(keepsTimeline: Bool = false, workers: Workers = .one) -> SimulationResult {
    let step = SimulatedStep(self, workers: workers)
    let timeline = keepsTimeline ? StepTimeline(attribution: step.attribution) : nil
    return SimulationResult(
      stepTime: step.time, metrics: StepFigures(step).metrics(), rankTimes: step.rankTimes,
      cellTimes: step.cellTimes, trafficTimes: step.trafficTimes,
      memory: memory.ranks.enumerated().flatMap {
        $1.uses(rank: $0, gpus: spec.layout.gpusPerRank)
      },
      spans: timeline?.spans() ?? [], memoryPoints: timeline?.memoryPoints(memory) ?? [],
      expertLoads: expertLoads, layerLoads: layerLoads, network: step.network,
      assumptions: assumptions, fingerprint: step.times.fingerprint)
  }

  /// The traffic of each member's experts, by layer x microbatches + microbatch; nil if loads are
  /// balanced.
  func memberLoads(_ choice: RepresentativeChoice, _ costs: BlockCosts) -> MemberLoads? {
    guard let loads = costs.loads else { return nil }
    let sizes = loads.sizes
    let sequences = plan.cells.map { cells in
      var isHeld = Array(repeating: false, count: stages.count)
      for cell in cells { if let work = cell.forwardWork { isHeld[work.stage] = true } }
      return stages.indices.filter { isHeld[$0] }.flatMap { stages[$0].expertLayers }.flatMap {
        $0 * sizes.microbatches..<($0 + 1) * sizes.microbatches
      }
    }
    return MemberLoads(
      choice, groupSize: sizes.gpus, copies: spec.layout.sharding.expertTensor,
      loadCount: sizes.layers * sizes.microbatches,
      sequences: sequences, mostLoaded: loads.mostLoadedGPU
    ) { load in
      let (layer, microbatch) = load.quotientAndRemainder(dividingBy: sizes.microbatches)
      return loads.source.layer(layer, microbatch: microbatch)
    }
  }

  /// The simulated GPUs of each rank.
  func choice(isUneven: Bool) -> RepresentativeChoice {
    let layout = spec.layout
    return RepresentativeChoice(
      spec.fidelity,
      states: FaultStates(cluster).states(ranks: layout.pipeline, gpusPerRank: layout.gpusPerRank),
      groupSizes: layout.groupSizes, exchangeLevel: GroupLevel.expertGroup.rawValue,
      copies: layout.sharding.expertTensor,
      isUneven: isUneven, sharesLinks: !mergesEqualGroups || Wiring.isShared(cluster))
  }

  /// The transfers of the step, and the links that they cross.
  func transfers(_ representatives: Representatives) -> TransferPlanner {
    TransferPlanner(
      spec: spec, model: model, cluster: cluster, costs: costs, representatives: representatives)
  }

  private var expertLoads: [ExpertLoad] {
    guard let loads = costs.loads else { return [] }
    return (0..<loads.sizes.layers).flatMap { layer in
      (0..<loads.sizes.experts).map { expert in
        ExpertLoad(
          layer: layer, expert: expert, gpu: loads.gpu(layer: layer, expert: expert),
          rows: loads.total(layer: layer, expert: expert))
      }
    }
  }

  private var layerLoads: [LayerLoad] {
    guard let loads = costs.loads else { return [] }
    return (0..<loads.sizes.layers).map {
      LayerLoad(layer: $0, maxOverMean: loads.maxOverMean[$0])
    }
  }
}
