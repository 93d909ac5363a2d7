// What the host of a GPU costs a step: launches, synchronisations, the work of a whole step. A host
// runs ahead of its GPU and is hidden as long as it does.
//
// Not modelled: depth of the launch queue, Python's garbage collection, placement of processes.

import Cluster
import Numerics

/// Times of one GPU's host, in seconds.
package struct HostCosts: Hashable, Sendable {
  /// Of the GPU between the end of a kernel and the start of the next.
  package var gap = 0.0
  /// Of the host for an operation that it launches.
  package var operation = 0.0
  /// Operations of the forward of attention and a dense feed-forward; a backward has twice as many.
  package var denseOperations = 0.0
  /// The same of the experts of a layer.
  package var expertOperations = 0.0
  /// Of the host for the forward and backward of a layer's experts, if it was measured as a whole;
  /// nil to count operations.
  package var expertLayer: Double?
  /// Synchronisations of the forward of a layer with experts, which reads the numbers of its rows.
  package var synchronisations = 0
  /// Time of each besides the wait.
  package var synchronisation = 0.0
  /// Whether kernels of a layer are launched by captured graphs.
  package var usesGraphs = false
  /// Time of the optimizer's update over that of its kernel alone: norm, clipping, copies.
  package var optimizerFactor = 1.0
  /// Of the host for launches of the update in each step.
  package var optimizerLaunches = 0.0
  /// Of the host for data and logs in each step.
  package var stepWork = 0.0
  /// What the scheduler of a decode step needs beside the GPU.
  package var scheduler = 0.0
  /// What of a decode step nothing hides.
  package var unhidden = 0.0

  /// A host without any cost.
  package init() {}

  /// A host without any cost.
  package static let none = HostCosts()

  /// Time of a host with graphs over its time without.
  package static let assumedGraphShare = 0.1
  /// The forward's share of a layer that was measured forward and backward.
  package static let assumedForwardShare = 1.0 / 3

  /// Whether the host's work for layers is simulated.
  package var launchesLayers: Bool {
    operation > 0 || expertLayer ?? 0 > 0 || synchronisations > 0
  }

  /// Time of the host to launch what precedes the experts of a layer, or a whole layer without.
  package func denseLaunch(isForward: Bool) -> Double {
    operation * denseOperations * passes(isForward)
  }

  /// Time of the host to launch the experts of a layer.
  package func expertLaunch(isForward: Bool) -> Double {
    guard let expertLayer else { return operation * expertOperations * passes(isForward) }
    let share = isForward ? Self.assumedForwardShare : 1 - Self.assumedForwardShare
    return expertLayer * share * (usesGraphs ? Self.assumedGraphShare : 1)
  }

  /// Deviation of ln of a host's times from one machine to another.
  package static let assumedHostSpread = 0.35

  /// The factor of a draw on all times of a host.
  package static func factor(of draw: PredictionDraw) -> Double {
    exponential(assumedHostSpread * normalQuantile(draw.uniform("host")))
  }

  /// What the update of weights takes over its kernel alone, from one program to another.
  private static let optimizerFactors = 1.3...2.2

  /// The costs of a host in a draw: one factor on all of its times, and one on the work around the
  /// optimizer's kernel, if there is any.
  package func drawn(_ draw: PredictionDraw) -> HostCosts {
    let factor = Self.factor(of: draw)
    var host = self
    for path in Self.times { host[keyPath: path] *= factor }
    host.expertLayer = expertLayer.map { $0 * factor }
    if Self.optimizerFactors.contains(optimizerFactor) {
      host.optimizerFactor = draw.uniform("optimizer", in: Self.optimizerFactors)
    }
    return host
  }

  private static let times: [any WritableKeyPath<HostCosts, Double> & Sendable] = [
    \.operation, \.synchronisation, \.optimizerLaunches, \.stepWork, \.scheduler, \.unhidden,
  ]

  private func passes(_ isForward: Bool) -> Double {
    (isForward ? 1 : 2) * (usesGraphs ? Self.assumedGraphShare : 1)
  }
}
