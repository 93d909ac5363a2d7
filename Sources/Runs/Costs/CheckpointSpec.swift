// The checkpoints of a run: what they hold, where they go, and so how long a save and a load take.
//
// Times are bytes over the tightest of three bandwidths: a GPU's link to its host, a node's link to
// storage, and storage as a whole. Every GPU writes its own part; flows are not simulated, and
// other traffic does not slow them.

import Training

/// Bytes of a checkpoint.
package struct CheckpointSize: Hashable, Sendable {
  /// All of it, each parameter once.
  package var bytes: Double
  /// The part that the fullest GPU writes.
  package var ofGPU: Double
  /// The part that the fullest node writes.
  package var ofNode: Double
  /// What all GPUs read at a load.
  package var read: Double
  /// What the fullest node reads.
  package var readOfNode: Double
  /// What the fullest GPU receives.
  package var readOfGPU: Double

  /// A checkpoint of parameters.
  ///
  /// - Parameters:
  ///   - saved: the parameters, and how GPUs divide them.
  ///   - stateBytes: bytes of master weight and moments of a parameter.
  ///   - weightBytes: bytes of a weight that is saved besides; 0 if none is.
  ///   - gpusPerNode: GPUs of a node, all taken to be as full as the fullest.
  ///   - readsOnce: whether one replica reads weights and sends them to the others.
  package init(
    _ saved: SavedParameters, stateBytes: Int, weightBytes: Int, gpusPerNode: Int,
    readsOnce: Bool
  ) {
    let (states, weights) = (Double(stateBytes), Double(weightBytes))
    let gpus = Double(gpusPerNode)
    bytes = saved.unique * (states + weights)
    ofGPU = saved.fullestShard * (states + weights)
    ofNode = ofGPU * gpus
    let copies = readsOnce ? saved.fullestShard : saved.fullestRank
    read = saved.unique * states + weights * (readsOnce ? saved.unique : saved.held)
    readOfNode = (saved.fullestShard * states + copies * weights) * gpus
    readOfGPU = saved.fullestShard * states + saved.fullestRank * weights
  }
}

/// How a run saves its state.
package struct CheckpointSpec: Hashable, Sendable {
  /// When saves are made.
  package enum Interval: Hashable, Sendable {
    case steps(Int)
    case seconds(Double)
    /// As often as the closed form says, in whole steps.
    case optimal
  }

  /// Checkpoints in the memory of other nodes.
  package struct InMemory: Hashable, Sendable {
    /// When they are made.
    package var interval: CheckpointLevel.Interval
    /// Nodes that hold each other's state.
    package var groupSize: Int
    /// Whether these are neighbours; else as far apart as possible.
    package var areNeighbours: Bool

    package init(interval: CheckpointLevel.Interval, groupSize: Int, areNeighbours: Bool) {
      self.interval = interval
      self.groupSize = groupSize
      self.areNeighbours = areNeighbours
    }
  }

  /// What storage takes in from all nodes; no figure for writing is published.
  package static let assumedStorageBandwidth = 1e12
  /// A node's link to storage: as the clients of 3FS, 200 Gb/s.
  package static let assumedStorageLink = 25e9

  package var interval: Interval
  /// Whether training goes on while a save is written.
  package var isAsynchronous = false
  /// Whether the weights that kernels read are saved beside the optimizer's states.
  package var keepsWeights = false
  /// Whether one replica reads weights and sends them to the others.
  package var readsOnce = true
  /// Bytes a second that storage takes from all nodes.
  package var storage = assumedStorageBandwidth
  /// Bytes a second between a node and storage.
  package var nodeLink = assumedStorageLink
  /// Bytes a second between a GPU and its host.
  package var hostLink: Double
  /// What a save does while the one before is being written.
  package var overlap = CheckpointLevel.Overlap.wait
  /// The newest saves that are kept.
  package var keeps = 2
  /// Seconds of a check of the state before each save; nil without.
  package var verification: Double?
  /// Nil if there are none.
  package var inMemory: InMemory?

  package init(every interval: Interval, hostLink: Double) {
    self.interval = interval
    self.hostLink = hostLink
  }

  /// Seconds from a GPU to its host.
  package func copySeconds(_ size: CheckpointSize) -> Double { size.ofGPU / hostLink }

  /// Seconds to write a save to storage.
  package func writeSeconds(_ size: CheckpointSize) -> Double {
    max(size.bytes / storage, size.ofNode / nodeLink)
  }

  /// Seconds for which training stands still at a save.
  func stallSeconds(_ size: CheckpointSize) -> Double {
    isAsynchronous ? copySeconds(size) : max(copySeconds(size), writeSeconds(size))
  }

  /// Seconds from then until the save is durable.
  func persistSeconds(_ size: CheckpointSize) -> Double { isAsynchronous ? writeSeconds(size) : 0 }

  /// Seconds to read a save from storage.
  package func loadSeconds(_ size: CheckpointSize) -> Double {
    max(size.read / storage, size.readOfNode / nodeLink, size.readOfGPU / hostLink)
  }

  /// The kinds of saves of a run.
  ///
  /// - Parameters:
  ///   - interval: that of saves in storage.
  ///   - nodeNetwork: bytes a second between nodes, for those in memory.
  func levels(
    _ size: CheckpointSize, interval: CheckpointLevel.Interval, nodeNetwork: Double
  ) -> [CheckpointLevel] {
    var storage = CheckpointLevel(every: interval, stall: stallSeconds(size))
    storage.persist = persistSeconds(size)
    storage.overlap = overlap
    storage.load = loadSeconds(size)
    storage.keeps = keeps
    guard let inMemory else { return [storage] }
    var memory = CheckpointLevel(every: inMemory.interval, stall: copySeconds(size))
    memory.persist = size.ofNode * Double(inMemory.groupSize - 1) / nodeNetwork
    memory.load = max(size.ofNode / nodeNetwork, size.readOfGPU / hostLink)
    memory.keeps = 1
    memory.survival = .groups(
      size: inMemory.groupSize, areNeighbours: inMemory.areNeighbours)
    return [memory, storage]
  }
}
