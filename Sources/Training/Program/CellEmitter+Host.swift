// The host of a rank: a stream of launches and synchronisations beside those of its GPU.
//
//     launch           runs ahead of the GPU; what follows a layer waits until all of the layer's
//                      kernels are launched
//     synchronisation  waits until the GPU has routed the tokens of a layer with experts; their
//                      exchange and experts are launched after it
//
// A layer therefore takes as long as its GPU or its host, whichever is longer, and each
// synchronisation exposes what the host does next. Weight halves of backwards that are cells of
// their own are launched with the other half. Embedding, head and MTP projection are launched in
// proportion to their kernels.

import Execution
import ModelCost
import Units

extension CellEmitter {
  /// Begins a layer: what the last one launched has to be launched first.
  mutating func launch(_ block: CellBlock, isForward: Bool) {
    guard costs.host.launchesLayers else { return }
    awaitLaunches()
    let launched = costs[block.kind].launched
    host(
      costs.host.denseLaunch(isForward: isForward)
        * (isForward ? launched.forward : launched.backward), isForward: isForward)
    // The backward knows the numbers of rows.
    if block.kind.hasExperts, !isForward {
      host(costs.host.expertLaunch(isForward: false), isForward: false)
    }
  }

  /// Reads the numbers of rows of a layer with experts after its router, and launches the experts.
  mutating func synchronise(_ block: CellBlock) {
    guard costs.host.launchesLayers, block.kind.hasExperts else { return }
    let times = Double(costs.host.synchronisations) * costs.host.synchronisation
    if times > 0 {
      let read = add(
        .synchronisation, .launch, isForward: isForward(.forward),
        .takes(ComputeTime(SimDuration(seconds: times)), variant: nil), inputs: [computed()])
      awaited.append(read)
      synchronised = read
    }
    host(costs.host.expertLaunch(isForward: true), isForward: true)
  }

  /// Launches the dense feed-forward of a layer that its backward runs again.
  mutating func launchAgain(_ block: CellBlock) {
    guard costs.host.launchesLayers else { return }
    host(
      costs.host.denseLaunch(isForward: true) * costs[block.kind].again.launched, isForward: true)
  }

  /// Makes the next computation wait for everything that is being launched.
  mutating func awaitLaunches() {
    awaited += launched
    launched = []
  }

  private mutating func host(_ seconds: Double, isForward: Bool) {
    guard seconds > 0 else { return }
    launched = [
      add(
        .launch, .launch, isForward: isForward && self.isForward(.forward),
        .takes(ComputeTime(SimDuration(seconds: seconds)), variant: nil), inputs: [])
    ]
  }
}
