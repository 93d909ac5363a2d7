// How flows choose among the parallel cables between layers of switches.
//
//     adaptive   each switch spreads flows evenly: parallel cables act as one link
//     ecmp       a hash of sender and receiver chooses one cable of each layer, for good; flows
//                that choose the same cable share it while others stay idle
//
// A pair of NICs is one flow. Kernels that open several connections per pair spread better.
// Source of both: arXiv 2505.09343, section 5.2.2, in words.

import Units

/// The rule by which switches choose paths.
package enum PathChoice: String, CaseIterable, Hashable, Sendable {
  case adaptive
  case ecmp
}

extension RandomPurpose {
  /// Hashes of sender and receiver.
  static let paths = RandomPurpose("cluster.paths")
}

extension ClusterSpec {
  /// The cable, out of a number of parallel ones, that the hash of a pair of NICs chooses.
  func cable(of count: Int, from source: NICPort, to target: NICPort) -> Int {
    let pair = number(of: source) * nicPortCount + number(of: target)
    var hash = RandomStream(seed: pathSeed, purpose: .paths, entity: pair)
    return hash.index(below: count)
  }
}
