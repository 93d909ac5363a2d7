// What the figures of a service depend on besides its run.

import Cluster
import Units

/// The parameters of a service and its cluster that its figures use.
package struct ServiceBasis: Sendable {
  /// The classes with their objectives; at least one.
  package var classes: [TrafficClass]
  /// Arrivals in this window count in latencies; nil for all.
  package var window: Range<SimTime>?
  /// Drafts per verification; 0 without.
  package var drafts = 0
  /// GPUs of a node.
  package var gpusPerNode: Int
  /// Thermal design power of a GPU.
  package var power: Watts
  /// Rental price of a GPU.
  package var price: USDollarsPerGPUHour

  package init(
    classes: [TrafficClass], window: Range<SimTime>? = nil, drafts: Int = 0, gpusPerNode: Int,
    power: Watts, price: USDollarsPerGPUHour
  ) {
    self.classes = classes
    self.window = window
    self.drafts = drafts
    self.gpusPerNode = gpusPerNode
    self.power = power
    self.price = price
  }

  /// The basis of a service on a cluster.
  package init(_ spec: ServiceSpec, on cluster: ClusterSpec) {
    let gpu = cluster.node.gpu
    self.init(
      classes: spec.classes, window: spec.window, drafts: spec.drafts?.count ?? 0,
      gpusPerNode: cluster.node.gpusPerNode, power: gpu.thermalDesignPower, price: gpu.price)
  }
}
