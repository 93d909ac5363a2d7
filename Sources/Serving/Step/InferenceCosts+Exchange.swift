// The exchanges of a step with experts on the GPUs of other attention groups: dispatch and combine.

import Cluster
import Execution
import ModelCost
import Routing
import Units

extension InferenceCosts {
  /// What a dispatch and a combine of a microbatch, averaged over their time, ask of memory.
  func memoryDemand(_ tokens: Int) -> MemoryDemand {
    let directions = ExpertExchange.Direction.allCases
    let totals = directions.map { direction -> MemorySharing.Load in
      switch spec.phase {
      case .decode:
        let exchange = lowLatency(direction, tokens)
        return (
          exchange.seconds(on: node), exchange.memoryBytes
        )
      case .prefill:
        let exchange = normal(direction, tokens)
        return (
          exchange.seconds(on: node, sms: spec.communicationSMs, release: exchangeRelease),
          exchange.memoryBytes
        )
      }
    }
    return MemoryDemand(
      bytes: totals.reduce(0) { $0 + $1.bytes }, seconds: totals.reduce(0) { $0 + $1.seconds },
      sms: spec.communicationSMs, of: node.gpu.smCount)
  }

  /// A dispatch or combine of a microbatch as flows on the ports of a GPU.
  func exchange(_ direction: ExpertExchange.Direction, _ tokens: Int) -> ExchangeFlows {
    switch spec.phase {
    case .decode: ExchangeFlows(lowLatency(direction, tokens), node: node)
    case .prefill:
      ExchangeFlows(
        normal(direction, tokens), node: node, sms: spec.communicationSMs,
        release: exchangeRelease)
    }
  }

  /// The exchange kernels of the same season as the matrix products.
  private var exchangeRelease: DeepEPRelease {
    spec.kernelRelease == .april2025 ? .june2025 : .february2025
  }

  private func lowLatency(
    _ direction: ExpertExchange.Direction, _ tokens: Int
  ) -> LowLatencyExchange {
    LowLatencyExchange(
      direction: direction, tokens: spec.ownTokens(of: tokens),
      topK: model.experts?.topK ?? 0, bytesPerMessage: messageBytes(direction),
      gpuCount: spec.gpusPerStage, gpusPerDomain: cluster.gpusPerDomain)
  }

  private func normal(_ direction: ExpertExchange.Direction, _ tokens: Int) -> ExpertExchange {
    ExpertExchange(
      direction: direction, tokens: spec.ownTokens(of: tokens),
      bytesPerToken: messageBytes(direction), domainsPerToken: balance.copies.nodes,
      gpusPerToken: balance.copies.gpus, domainCount: domainCount,
      gpusPerDomain: spec.gpusPerStage / domainCount)
  }

  private func messageBytes(_ direction: ExpertExchange.Direction) -> Int {
    let messages = ExpertMessages(
      hidden: model.hidden, topK: model.experts?.topK ?? 0,
      dispatch: spec.formats.gemm == .fp8 ? .fp8 : .bf16, combine: .bf16)
    return direction == .dispatch ? messages.dispatchPayload : messages.combinePayload
  }

  /// The duration of a dispatch or combine of a microbatch on otherwise idle links.
  package func exchangeSeconds(
    _ direction: ExpertExchange.Direction, _ tokens: Int, _ traffic: GPUTraffic?
  ) -> Double {
    // Nothing but the ports of healthy GPUs.
    let bare = ClusterSpec(node: node, nodeCount: cluster.nodeCount)
    let network = InferenceNetwork(self, on: bare, representatives: .one(levels: 1))
    let exchange = exchange(direction, tokens)
    return network.links.aloneDuration(
      of: Transfer(rank: 0, [exchange.phase(to: network.peers, traffic)])
    ).seconds
  }
}
