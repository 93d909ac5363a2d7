// Experts on their way from the GPUs that hold a copy to those that are to hold one.
//
// A GPU receives an expert from one of its holders: itself, else one of its scale-up domain, else
// any; of several, the one that sends the least so far. The move takes as long as its busiest link
// needs, since engines post all copies at once, and each link then always has something to send.
//
// Validity: nothing else is on the links, and what is on them otherwise is not slowed. Fair sharing
// of links takes longer if a link waits for others.

import Cluster
import Routing
import Units

/// The links between the GPUs of a unit.
struct ExpertNetwork {
  private let wiring: Wiring
  /// Bytes of an expert's weights and scales.
  let expertBytes: Double
  /// The first GPU of the stage of each layer.
  private let firstGPUs: [Int]
  /// Routes from GPU to GPU of a unit, as far as they have been asked for.
  private var routes: [[Route]?]
  private let gpus: Int

  /// - Parameters:
  ///   - gpus: GPUs of the unit, the first of the cluster.
  ///   - firstGPUs: the first GPU of the stage of each layer with experts.
  init(_ wiring: Wiring, gpus: Int, firstGPUs: [Int], expertBytes: Double) {
    self.wiring = wiring
    self.gpus = gpus
    self.firstGPUs = firstGPUs
    self.expertBytes = expertBytes
    routes = Array(repeating: nil, count: gpus * gpus)
  }

  /// The move from a placement to another.
  ///
  /// Complexity: O(layers x slots + moved slots x holders).
  mutating func move(
    _ replanning: Replanning, from old: ExpertPlacement, to new: ExpertPlacement
  ) -> ExpertMove {
    var move = ExpertMove()
    var sent = Array(repeating: 0, count: gpus)
    var copies = Array(repeating: 0, count: gpus * gpus)
    let perGPU = replanning.sizes.slotsPerGPU
    for layer in old.layers.indices where old.layers[layer] != new.layers[layer] {
      let first = firstGPUs[layer]
      let before = old.layers[layer]
      var holders = Array(repeating: [Int](), count: before.counts.count)
      for (slot, expert) in before.experts.enumerated() {
        holders[expert].append(first + slot / perGPU)
      }
      let received = replanning.received(from: before, to: new.layers[layer])
      for (gpu, experts) in received.enumerated() {
        for expert in experts {
          move.slots += 1
          let target = first + gpu
          let source = sender(of: holders[expert], to: target, sent)
          guard source != target else { continue }
          sent[source] += 1
          copies[source * gpus + target] += 1
        }
      }
    }
    move.bytes = Double(move.slots) * expertBytes
    move.duration = duration(copies)
    return move
  }

  /// The holder that sends an expert.
  private func sender(of holders: [Int], to target: Int, _ sent: [Int]) -> Int {
    func distance(_ gpu: Int) -> Int {
      if gpu == target { return 0 }
      return wiring.cluster.domain(of: gpu) == wiring.cluster.domain(of: target) ? 1 : 2
    }
    var best = holders[0]
    for gpu in holders.dropFirst()
    where (distance(gpu), sent[gpu], gpu) < (distance(best), sent[best], best) { best = gpu }
    return best
  }

  /// The time of the busiest link, and the longest way.
  ///
  /// - Parameter copies: experts from GPU to GPU, `[sources, targets]`.
  private mutating func duration(_ copies: [Int]) -> SimDuration {
    var load = Array(repeating: 0.0, count: wiring.linkCount)
    var latency = SimDuration.zero
    for (pair, count) in copies.enumerated() where count > 0 {
      let ways = routes[pair] ?? wiring.routes(from: pair / gpus, to: pair % gpus)
      routes[pair] = ways
      let bytes = Double(count) * expertBytes / Double(ways.count)
      for way in ways {
        latency = max(latency, way.latency)
        for link in way.links { load[link.index] += bytes }
      }
    }
    var seconds = 0.0
    for (link, bytes) in load.enumerated() where bytes > 0 {
      seconds = max(seconds, bytes / wiring.capacity(of: LinkID(link)).value)
    }
    return SimDuration(seconds: seconds) + latency
  }
}
