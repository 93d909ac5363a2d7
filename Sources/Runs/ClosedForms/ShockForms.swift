// Failures that several nodes share: independent Poisson shocks to a node, to a rack with all its
// nodes, and to the site (A. Marshall, I. Olkin, "A multivariate exponential distribution", 1967).

import Numerics

/// A site of equal racks and the rates of its shocks.
package struct ShockForms: Hashable, Sendable {
  /// Nodes of the site.
  package var nodes: Int
  /// Nodes of each rack; a divisor of `nodes`.
  package var nodesPerRack: Int
  /// Shocks per hour to one node, to one rack and to the site.
  package var nodeRate, rackRate, siteRate: Double

  /// - Precondition: racks are whole, and rates are not negative nor all zero.
  package init(
    nodes: Int, nodesPerRack: Int, nodeRate: Double, rackRate: Double, siteRate: Double
  ) {
    precondition(nodes > 0 && nodesPerRack > 0 && nodes.isMultiple(of: nodesPerRack))
    precondition(min(nodeRate, rackRate, siteRate) >= 0 && nodeRate + rackRate + siteRate > 0)
    self.nodes = nodes
    self.nodesPerRack = nodesPerRack
    self.nodeRate = nodeRate
    self.rackRate = rackRate
    self.siteRate = siteRate
  }

  private var ofNodes: Double { Double(nodes) * nodeRate }
  private var ofRacks: Double { Double(nodes / nodesPerRack) * rackRate }

  /// Shocks per hour that touch a job on all nodes.
  package var jobRate: Double { ofNodes + ofRacks + siteRate }

  /// Mean time between shocks that touch a job on all nodes, hours.
  package var jobMeanTimeBetweenFailures: Double { 1 / jobRate }

  /// Mean number of nodes that a shock takes.
  package var meanNodesLost: Double {
    (ofNodes + ofRacks * Double(nodesPerRack) + siteRate * Double(nodes)) / jobRate
  }

  /// The probability that a shock takes one node: then a copy on any other node survives, in the
  /// same rack too.
  package var oneNodeProbability: Double { ofNodes / jobRate }

  /// The probability that copies in other racks survive a shock.
  package var otherRackSurvival: Double { (ofNodes + ofRacks) / jobRate }

  /// The probability that two nodes both work after some hours.
  ///
  /// - Parameters:
  ///   - sameRack: whether they share a rack.
  ///   - hours: the time that passes, hours.
  package func bothAlive(sameRack: Bool, after hours: Double) -> Double {
    exponential(-(2 * nodeRate + (sameRack ? 1 : 2) * rackRate + siteRate) * hours)
  }
}
