// Caches from prefill to decode as flows on the cluster's network: they share ports and links
// between switches with each other, by max-min fairness.
//
// Each GPU that holds a part of a cache sends it to the GPU that will hold it. Under tensor
// parallelism each GPU has its heads; latents are equal on all GPUs of a group, of which one sends
// and one receives. Not modelled: the exchanges of experts take nothing of the ports, or lose
// nothing to caches; copying a latent to the other GPUs of its group takes no time.

import Cluster
import EventKernel
import Units

/// The GPUs that hold a cache, and their shares of it.
struct CacheHolders: Hashable {
  /// The first GPU of each stage's group.
  var groups: [Int]
  /// GPUs of a group.
  var tensor: Int
  /// Whether each GPU of a group has a part of each token's cache, or all of it.
  var isDivided: Bool

  /// Bounds of the parts, from 0 to 1, with the GPU that holds each.
  ///
  /// - Parameter number: chooses one of several equal holders.
  func parts(_ number: Int) -> [(end: Double, gpu: Int)] {
    let width = 1 / Double(groups.count)
    return groups.enumerated().flatMap { stage, first -> [(end: Double, gpu: Int)] in
      let start = Double(stage) * width
      guard isDivided else { return [(start + width, first + number % tensor)] }
      return (0..<tensor).map { place in
        (start + width * Double(place + 1) / Double(tensor), first + place)
      }
    }
  }
}

/// Transfers on a network.
final class NetworkCarrier: CacheCarrier {
  private let wiring: Wiring
  private let holders: [CacheHolders]
  private let bytesPerToken: Double
  private var network: FlowNetwork
  /// Flows of a transfer that have not arrived.
  private var open: [Int: Int] = [:]
  private var flows: [Int: [FlowID]] = [:]
  /// Flows whose last byte is on its way, by the time when it arrives.
  private var arriving: [(time: SimTime, transfer: Int)] = []
  private var completions: [FlowCompletion] = []
  /// Bytes sent.
  private(set) var bytes = 0.0

  /// - Parameters:
  ///   - holders: the GPUs of each instance.
  ///   - bytesPerToken: bytes of a token's cache in all layers.
  init(_ wiring: Wiring, holders: [CacheHolders], bytesPerToken: Double) {
    self.wiring = wiring
    self.holders = holders
    self.bytesPerToken = bytesPerToken
    let capacities = (0..<wiring.linkCount).map { wiring.capacity(of: LinkID($0)) }
    network = FlowNetwork(capacities: capacities, longestPath: 16)
  }

  func start(_ transfer: Int, _ piece: CacheTransfer, now: SimTime) -> SimTime? {
    advance(to: now)
    let total = Double(piece.tokens) * bytesPerToken
    bytes += total
    let source = holders[piece.source].parts(piece.request.index)
    let target = holders[piece.target].parts(piece.request.index)
    var (place, other) = (0, 0)
    var start = 0.0
    while place < source.count, other < target.count {
      let end = min(source[place].end, target[other].end)
      send(transfer, from: source[place].gpu, to: target[other].gpu, bytes: total * (end - start))
      start = end
      if source[place].end <= end { place += 1 }
      if other < target.count, target[other].end <= end { other += 1 }
    }
    return nil
  }

  private func send(_ transfer: Int, from source: Int, to target: Int, bytes: Double) {
    let routes = wiring.routes(from: source, to: target)
    for route in routes {
      let flow = network.start(
        path: route.links.map { Int32($0.index) }, bytes: bytes / Double(routes.count),
        latency: route.latency, tag: transfer)
      flows[transfer, default: []].append(flow)
      open[transfer, default: 0] += 1
    }
  }

  func cancel(_ transfer: Int, now: SimTime) {
    advance(to: now)
    for flow in flows[transfer] ?? [] { network.cancel(flow) }
    flows[transfer] = nil
    open[transfer] = nil
    arriving.removeAll { $0.transfer == transfer }
  }

  func nextEnd() -> SimTime? {
    let arrival = arriving.map(\.time).min()
    guard let drain = network.nextCompletion() else { return arrival }
    return arrival.map { min($0, drain) } ?? drain
  }

  func ends(now: SimTime) -> [Int] {
    advance(to: now)
    var ended: [Int] = []
    var later: [(time: SimTime, transfer: Int)] = []
    for each in arriving {
      guard each.time <= now else {
        later.append(each)
        continue
      }
      guard let left = open[each.transfer] else { continue }
      open[each.transfer] = left > 1 ? left - 1 : nil
      if left == 1 {
        flows[each.transfer] = nil
        ended.append(each.transfer)
      }
    }
    arriving = later
    return ended
  }

  private func advance(to time: SimTime) {
    completions.removeAll(keepingCapacity: true)
    network.advance(to: time, completions: &completions)
    for each in completions { arriving.append((each.delivered, each.tag)) }
  }
}
