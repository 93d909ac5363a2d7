// Packs expert replicas onto the GPUs of one node (or of all nodes, if nodes do not matter), with a
// local search that lowers the maximum GPU load.
//
// Every step strictly lowers the load of the most loaded GPU without raising another to it, so a
// descent ends. Two replicas of an expert share a GPU only if packing leaves no other slot.

/// A packing in progress.
struct ReplicaPacking {
  /// Load of each expert, `[experts]`.
  let loads: [Double]
  let gpus: Int
  let slotsPerGPU: Int
  /// Replicas of each expert, `[experts]`.
  private(set) var counts: [Int]
  /// Load of one replica of each expert, `[experts]`.
  private(set) var shares: [Double]
  /// Expert of each slot, `[gpus * slotsPerGPU]`.
  private(set) var slots: [Int]
  /// Load of each GPU, `[gpus]`.
  private(set) var sums: [Double]
  /// Replicas of each expert on each GPU, `[experts, gpus]`. One expert may have all 65,536 slots
  /// on one GPU, which is one more than 16 bits count.
  private var copies: [UInt32]

  /// Relative gain below which a step is rounding, not progress.
  private static let leastGain = 1e-9

  /// Adds replicas greedily to the expert with the largest share, at most one per GPU if possible,
  /// then packs largest first.
  init(loads: [Double], slots: Int, gpus: Int) {
    self.loads = loads
    self.gpus = gpus
    slotsPerGPU = slots / gpus
    let isSpread = loads.count * gpus >= slots && loads.count >= slots / gpus
    (counts, shares) = Self.greedyCounts(
      loads, slots: slots, maxPerExpert: isSpread ? gpus : slots)
    self.slots = Array(repeating: -1, count: slots)
    sums = Array(repeating: 0, count: gpus)
    copies = Array(repeating: 0, count: loads.count * gpus)
    packLargestFirst()
  }

  /// The packing that given slots describe.
  init(loads: [Double], slots: [Int], gpus: Int) {
    self.loads = loads
    self.gpus = gpus
    slotsPerGPU = slots.count / gpus
    self.slots = slots
    counts = Array(repeating: 0, count: loads.count)
    for expert in slots { counts[expert] += 1 }
    shares = zip(loads, counts).map { $0 / Double($1) }
    sums = Array(repeating: 0, count: gpus)
    copies = Array(repeating: 0, count: loads.count * gpus)
    for (slot, expert) in slots.enumerated() { copies[expert * gpus + slot / slotsPerGPU] += 1 }
    resum()
  }

  /// Maximum GPU load.
  var maxLoad: Double { sums.max() ?? 0 }

  /// Replicas of each expert and the load of each: every slot beyond one per expert goes to the
  /// expert whose replicas are the largest.
  static func greedyCounts(
    _ loads: [Double], slots: Int, maxPerExpert: Int
  ) -> (counts: [Int], shares: [Double]) {
    var counts = [Int](repeating: 1, count: loads.count)
    var shares = loads
    for _ in loads.count..<slots {
      var largest = -1
      for expert in loads.indices where counts[expert] < maxPerExpert {
        if largest < 0 || shares[expert] > shares[largest] { largest = expert }
      }
      counts[largest] += 1
      shares[largest] = loads[largest] / Double(counts[largest])
    }
    return (counts, shares)
  }

  private mutating func packLargestFirst() {
    let order = loads.indices.sorted { (shares[$1], $0) < (shares[$0], $1) }
    var filled = [Int](repeating: 0, count: gpus)
    for expert in order {
      for _ in 0..<counts[expert] {
        var (best, bestHolds) = (-1, false)
        for gpu in 0..<gpus where filled[gpu] < slotsPerGPU {
          let holds = copies[expert * gpus + gpu] > 0
          if best < 0 || (holds ? 1 : 0, sums[gpu]) < (bestHolds ? 1 : 0, sums[best]) {
            (best, bestHolds) = (gpu, holds)
          }
        }
        slots[best * slotsPerGPU + filled[best]] = expert
        filled[best] += 1
        sums[best] += shares[expert]
        copies[expert * gpus + best] += 1
      }
    }
  }

  private mutating func resum() {
    for gpu in 0..<gpus {
      var sum = 0.0
      for slot in gpu * slotsPerGPU..<(gpu + 1) * slotsPerGPU { sum += shares[slots[slot]] }
      sums[gpu] = sum
    }
  }

  private var mostLoadedGPU: Int {
    var result = 0
    for gpu in 1..<max(1, gpus) where sums[gpu] > sums[result] { result = gpu }
    return result
  }

  // MARK: Steps

  /// Swaps and moves until neither helps, `steps` are used up, or the maximum load reaches `goal`.
  ///
  /// - Complexity: O(slotsPerGPU x slots) per swap; a move costs that x the redundant replicas.
  mutating func descend(steps: Int, goal: Double = 0) {
    var left = steps
    while left > 0, maxLoad > goal * (1 + Self.leastGain) {
      left -= 1
      if swapOnce() { continue }
      if !moveOnce() { break }
    }
    resum()
  }

  /// Swaps the best pair of replicas between the most loaded GPU and any other.
  private mutating func swapOnce() -> Bool {
    let full = mostLoadedGPU
    let limit = sums[full] * (1 - Self.leastGain)
    var best = limit
    var pair = (-1, -1)
    for mine in full * slotsPerGPU..<(full + 1) * slotsPerGPU {
      let a = slots[mine]
      let shareA = shares[a]
      for gpu in 0..<gpus where gpu != full {
        // Only a replica smaller than `a` but larger than `least` keeps the other GPU below `best`.
        let least = sums[gpu] + shareA - best
        if least >= shareA || copies[a * gpus + gpu] > 0 { continue }
        for theirs in gpu * slotsPerGPU..<(gpu + 1) * slotsPerGPU {
          let b = slots[theirs]
          let difference = shareA - shares[b]
          guard difference > 0, copies[b * gpus + full] == 0 else { continue }
          let result = max(sums[full] - difference, sums[gpu] + difference)
          if result < best {
            best = result
            pair = (mine, theirs)
          }
        }
      }
    }
    guard pair.0 >= 0 else { return false }
    exchange(pair.0, pair.1)
    return true
  }

  private mutating func exchange(_ first: Int, _ second: Int) {
    let (a, b) = (slots[first], slots[second])
    let (gpuA, gpuB) = (first / slotsPerGPU, second / slotsPerGPU)
    slots[first] = b
    slots[second] = a
    copies[a * gpus + gpuA] -= 1
    copies[b * gpus + gpuB] -= 1
    copies[a * gpus + gpuB] += 1
    copies[b * gpus + gpuA] += 1
    sums[gpuA] += shares[b] - shares[a]
    sums[gpuB] += shares[a] - shares[b]
  }

  /// Reassigns the best slot of a replicated expert to an expert of the most loaded GPU.
  private mutating func moveOnce() -> Bool {
    let full = mostLoadedGPU
    var best = sums[full] * (1 - Self.leastGain)
    var found = (slot: -1, expert: -1)
    for slot in slots.indices where counts[slots[slot]] > 1 {
      for mine in full * slotsPerGPU..<(full + 1) * slotsPerGPU {
        let expert = slots[mine]
        let gpu = slot / slotsPerGPU
        guard expert != slots[slot], copies[expert * gpus + gpu] == 0 else { continue }
        let result = largest(afterGiving: slot, to: expert, below: best)
        if result < best {
          best = result
          found = (slot, expert)
        }
      }
    }
    guard found.slot >= 0 else { return false }
    give(found.slot, to: found.expert)
    return true
  }

  /// The largest load among the GPUs that a move affects; returns early once it reaches `limit`.
  private func largest(afterGiving slot: Int, to expert: Int, below limit: Double) -> Double {
    let old = slots[slot]
    let host = slot / slotsPerGPU
    let oldShare = loads[old] / Double(counts[old] - 1)
    let newShare = loads[expert] / Double(counts[expert] + 1)
    let (rise, fall) = (oldShare - shares[old], shares[expert] - newShare)
    var result = 0.0
    for gpu in 0..<gpus {
      let (a, b) = (Int(copies[old * gpus + gpu]), Int(copies[expert * gpus + gpu]))
      guard a > 0 || b > 0 else { continue }
      var sum = sums[gpu] + Double(a) * rise - Double(b) * fall
      if gpu == host { sum += newShare - oldShare }
      result = max(result, sum)
      if result >= limit { return result }
    }
    return result
  }

  /// Reassigns a slot to another expert.
  private mutating func give(_ slot: Int, to expert: Int) {
    let old = slots[slot]
    let host = slot / slotsPerGPU
    slots[slot] = expert
    copies[old * gpus + host] -= 1
    copies[expert * gpus + host] += 1
    counts[old] -= 1
    counts[expert] += 1
    shares[old] = loads[old] / Double(counts[old])
    shares[expert] = loads[expert] / Double(counts[expert])
    resum()
  }

  /// Swaps duplicate replicas off their GPUs without raising the maximum load.
  mutating func separate() {
    guard gpus > 1 else { return }
    let limit = maxLoad * (1 + Self.leastGain)
    for slot in slots.indices {
      let (expert, host) = (slots[slot], slot / slotsPerGPU)
      guard copies[expert * gpus + host] > 1 else { continue }
      for other in slots.indices where other / slotsPerGPU != host {
        let gpu = other / slotsPerGPU
        let difference = shares[expert] - shares[slots[other]]
        guard copies[expert * gpus + gpu] == 0, copies[slots[other] * gpus + host] == 0,
          sums[gpu] + difference <= limit, sums[host] - difference <= limit
        else { continue }
        exchange(slot, other)
        break
      }
    }
  }
}
