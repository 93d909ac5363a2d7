// What the experts of the simulated GPUs compute if the attention groups of a unit have different
// numbers of tokens, and if some experts have more than others.
//
// The simulated GPU has the tokens of its own group, and the experts of the most loaded GPU: rows
// from the mean tokens of all groups, times the imbalance. It dispatches its own tokens, receives
// what belongs to its rows, and returns their results. Of the mean and the imbalance only the
// product matters.
//
// Validity: the GPU with the most tokens of its own is taken to have the busiest experts too, and
// to forward as much more than the mean as its experts compute. One imbalance holds for all layers.

import Routing

/// The load of an attention group's experts in a unit whose groups differ.
package struct UnitLoad: Hashable, Sendable {
  /// Tokens of an attention group, mean over the unit.
  package var tokens: Double
  /// Rows of the most loaded GPU / mean; 1 for even loads.
  package var maxOverMean: Double

  package init(tokens: Double, maxOverMean: Double = 1) {
    self.tokens = tokens
    self.maxOverMean = maxOverMean
  }
}

extension InferenceSpec {
  /// Tokens of a group, mean over the unit / the step's own. Only other groups can differ.
  var groupShare: Double {
    guard let unit, layout.data > 1 else { return 1 }
    return unit.tokens / Double(microbatchRows.reduce(0) { $0 + $1.tokens })
  }

  /// Rows of the experts / those of a unit in which every group has the step's own tokens, and all
  /// GPUs as many rows. GPUs with a part of every expert are even.
  var expertShare: Double {
    guard let unit else { return 1 }
    return groupShare * (layout.experts == .whole ? unit.maxOverMean : 1)
  }
}

extension GPUTraffic {
  /// The traffic of a GPU that sends its own tokens and receives a share of what comes in.
  func receiving(_ share: Double) -> GPUTraffic {
    GPUTraffic(
      rows: rows * share, arrived: arrived * share, forwarded: forwarded * share,
      networkOut: networkOut, networkIn: networkIn * share, scaleUpOut: scaleUpOut,
      scaleUpIn: scaleUpIn * share)
  }
}
