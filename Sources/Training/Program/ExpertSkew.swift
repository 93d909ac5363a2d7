// Uneven experts in a folded step, where one GPU stands for its expert group.
//
// A rank stands for the GPU of its expert group that receives most rows over the whole step. Its
// experts take the time of its own rows: up to the balanced load as an ordinary operation, the rest
// as `expertExcess`. Before the combine its communication stream waits, as `expertWait`, as long as
// the fullest GPU of that layer and microbatch computes longer than itself. Whether computation in
// turn waits for that is an outcome: an overlapped pair hides it where it has other work.
//
// Validity: all GPUs of the group are taken to enter a layer's experts together. The GPU with most
// rows is the late one, so another is mostly ahead and the wait in truth shorter. Beside a step of
// every GPU the extra time is right to 15 % in groups of 8 (tested). In groups of 64 with sigma
// 0.59 the 671B step came out 5 to 6 % too short folded; with the built-in trace it takes 18.13 s
// folded and 18.14 s with every GPU, against 17.99 s balanced. A mean GPU in its place gives half
// of it: its waits hide behind overlap, where the fullest GPU has work.

import Execution
import ModelCost
import Routing
import Schedules
import Units

/// A block of a cell, with the loads of its experts in the cell's microbatch.
struct CellBlock {
  var kind: LayerKind
  /// Nil without experts, where loads are balanced, and where every GPU is simulated.
  var skew: ExpertSkew?
  /// What the layer's dispatch and combine send in the microbatch, where that is not the balanced.
  var exchanges: ExchangeTransfers?
  /// Layer x microbatches + microbatch of experts whose time differs between the GPUs that are
  /// simulated.
  var load: Int?
}

/// The experts of one layer and microbatch on the GPU that stands for its group.
struct ExpertSkew {
  private let passes: [Pass]

  private struct Pass {
    var own: ComputeTime
    var wait: ComputeTime
  }

  /// - Parameters:
  ///   - layer: the layer among those with experts.
  ///   - gpu: the GPU of the expert group that the rank stands for.
  init(costs: BlockCosts, loads: StepLoads, layer: Int, microbatch: Int, gpu: Int) {
    let rows = loads.rows(layer: layer, microbatch: microbatch, gpu: gpu)
    let most = loads.mostRows(layer: layer, microbatch: microbatch)
    passes = LayerKernels.Pass.allCases.map { pass in
      let own = costs.expertTime(pass, rows: rows)
      // Nobody waits for weight gradients.
      let longest = pass == .backwardWeight ? own : costs.expertTime(pass, rows: most)
      return Pass(
        own: own,
        wait: ComputeTime(
          alone: longest.alone - own.alone,
          besideCommunication: max(
            .zero, longest.besideCommunication - own.besideCommunication)))
    }
  }

  /// Time of the experts of this GPU.
  func own(_ pass: LayerKernels.Pass) -> ComputeTime { passes[Self.index(pass)].own }

  /// How much longer the experts of the fullest GPU take.
  func wait(_ pass: LayerKernels.Pass) -> ComputeTime { passes[Self.index(pass)].wait }

  private static func index(_ pass: LayerKernels.Pass) -> Int {
    switch pass {
    case .forward: 0
    case .backwardInput: 1
    case .backwardWeight: 2
    }
  }
}

extension StepCompiler {
  /// The GPU of its expert group that each rank stands for: the first with most rows over the step.
  /// Empty where loads are balanced.
  func fullestGPUs() -> [Int] {
    guard let loads = costs.loads else { return [] }
    return plan.cells.map { cells in
      var sums = [Int](repeating: 0, count: loads.sizes.gpus)
      for work in cells.compactMap(\.forwardWork) {
        for layer in expertLayers(of: work.stage) {
          for gpu in sums.indices {
            sums[gpu] += loads.rows(layer: layer, microbatch: work.microbatch, gpu: gpu)
          }
        }
      }
      var fullest = 0
      for gpu in sums.indices where sums[gpu] > sums[fullest] { fullest = gpu }
      return fullest
    }
  }

  /// The blocks of a stage with the loads of a microbatch.
  ///
  /// - Parameters:
  ///   - gpu: the GPU of its expert group that the rank stands for; nil where every GPU is
  ///     simulated.
  ///   - exchanges: by layer x microbatches + microbatch; empty where every GPU is simulated.
  func blocks(of work: Work, gpu: Int?, exchanges: [ExchangeTransfers?]) -> [CellBlock] {
    let stage = stages[work.stage]
    var layer = stage.expertLayersBefore
    return stage.blocks.map { kind in
      guard let loads = costs.loads, kind == .moe else { return CellBlock(kind: kind) }
      defer { layer += 1 }
      let load = layer * loads.sizes.microbatches + work.microbatch
      guard let gpu else { return CellBlock(kind: kind, load: load) }
      return CellBlock(
        kind: kind,
        skew: ExpertSkew(
          costs: costs, loads: loads, layer: layer, microbatch: work.microbatch, gpu: gpu),
        exchanges: exchanges[load])
    }
  }

  /// Adds what the layers of a rank send in each microbatch: an exchange is over when the fullest
  /// GPU has its tokens, or has sent their results, so its messages stand for all.
  func addUnevenExchanges(
    rank: Int, _ exchanges: inout [ExchangeTransfers?], _ program: inout StepProgram
  ) {
    guard let loads = costs.loads else { return }
    for work in plan.cells[rank].compactMap(\.forwardWork) {
      for layer in expertLayers(of: work.stage) {
        let load = loads.mostExchangeLoad(layer: layer, microbatch: work.microbatch, costs)
        exchanges[layer * loads.sizes.microbatches + work.microbatch] = ExchangeTransfers(
          dispatch: program.add(transfers.exchange(.dispatch, rank: rank, load: load)),
          combine: program.add(transfers.exchange(.combine, rank: rank, load: load)))
      }
    }
  }

  private func expertLayers(of stage: Int) -> Range<Int> {
    let first = stages[stage].expertLayersBefore
    return first..<first + stages[stage].blocks.filter { $0 == .moe }.count
  }
}

extension StepLoads {
  /// What a GPU and its node receive of a layer in a microbatch, over the mean.
  func exchangeLoad(
    layer: Int, microbatch: Int, gpu: Int, _ costs: BlockCosts
  ) -> ExchangeLoad {
    let perNode = sizes.gpus / costs.expertNodes
    let first = gpu / perNode * perNode
    let onNode = (first..<first + perNode).reduce(0) {
      $0 + rows(layer: layer, microbatch: microbatch, gpu: $1)
    }
    let mean = Double(sizes.rowsPerGPU)
    return ExchangeLoad(
      gpu: Double(rows(layer: layer, microbatch: microbatch, gpu: gpu)) / mean,
      node: Double(onNode) / (mean * Double(perNode)))
  }

  /// The loads of the fullest GPU and of the fullest node.
  func mostExchangeLoad(layer: Int, microbatch: Int, _ costs: BlockCosts) -> ExchangeLoad {
    (0..<sizes.gpus).reduce(ExchangeLoad(gpu: 0, node: 0)) { most, gpu in
      let load = exchangeLoad(layer: layer, microbatch: microbatch, gpu: gpu, costs)
      return ExchangeLoad(gpu: max(most.gpu, load.gpu), node: max(most.node, load.node))
    }
  }
}
