// Optimizer states in host memory: what moves over the host link, and who updates.
//
// Updated on the host, as DeepSpeed's CPU Adam and Megatron-LM's hybrid device optimizer do:
// gradients go down, BF16 weights come up, in chunks that overlap, or one after another. Updated on
// the GPU: states come up after the last backward and go down beside the next step's forward.
//
// The bandwidths are inputs: those of hosts differ by much more than those of GPUs.

import ModelCost
import Units

/// How a share of the optimizer's states lies in host memory.
package struct OptimizerOffload: Hashable, Sendable {
  /// Where offloaded states are updated.
  package enum Updater: String, CaseIterable, Hashable, Sendable {
    case host
    case gpu
  }

  /// Bandwidth of PCIe 5.0 x16 in one direction: fact hw.pcie5_x16.
  package static let hostLink = BytesPerSecond(64e9)
  /// Bandwidth of host memory for one GPU's update: two thirds of a fourth of a socket's.
  package static let assumedHostMemory = BytesPerSecond(50e9)
  /// Chunks of an update on the host that overlap.
  package static let assumedOffloadChunks = 16

  /// Share of the states, above 0 and at most 1.
  package var share: Double
  package var updater: Updater
  /// Whether chunks overlap on the link and on the host.
  package var overlaps: Bool
  /// Bandwidth of a GPU's link to its host in one direction.
  package var link: BytesPerSecond
  /// Bandwidth of host memory for the update of one GPU's states.
  package var hostMemory: BytesPerSecond

  package init(
    share: Double, updater: Updater, overlaps: Bool, link: BytesPerSecond,
    hostMemory: BytesPerSecond
  ) {
    self.share = share
    self.updater = updater
    self.overlaps = overlaps
    self.link = link
    self.hostMemory = hostMemory
  }

  /// The times of one chunk: down the link, on the host, and up again.
  struct Chunk {
    var down: SimDuration
    var update: SimDuration
    var up: SimDuration
  }

  /// The chunks of an update.
  ///
  /// - Parameter parameters: parameters whose states the GPU updates.
  func chunks(parameters: Double, _ precision: TrainingPrecision) -> [Chunk] {
    let count = overlaps && updater == .host ? Self.assumedOffloadChunks : 1
    let numbers = parameters * share / Double(count)
    let states = Double(precision.optimizerBytes)
    func time(_ bytes: Double, _ rate: BytesPerSecond) -> SimDuration {
      SimDuration(seconds: numbers * bytes / rate.value)
    }
    let gradients = Double(precision.gradients.bytes)
    let weights = Double(Precision.bf16.bytes)
    let chunk =
      switch updater {
      case .host:
        // Reads gradient and states; writes states and the weight.
        Chunk(
          down: time(gradients, link), update: time(gradients + 2 * states + weights, hostMemory),
          up: time(weights, link))
      case .gpu: Chunk(down: time(states, link), update: .zero, up: time(states, link))
      }
    return Array(repeating: chunk, count: count)
  }
}
