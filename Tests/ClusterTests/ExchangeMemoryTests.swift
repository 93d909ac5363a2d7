// Bytes of exchanges in memory, counted by hand.

import Testing
import Units

@testable import Cluster

@Suite("Memory traffic of an exchange")
struct ExchangeMemoryTests {
  /// 10 tokens of 100 bytes that visit four GPUs.
  private func exchange(_ direction: ExpertExchange.Direction, nodes: Int) -> ExpertExchange {
    ExpertExchange(
      direction: direction, tokens: 10, bytesPerToken: 100, domainsPerToken: nodes == 1 ? 1 : 1.5,
      gpusPerToken: 4, domainCount: nodes, gpusPerDomain: 8)
  }

  @Test("normal kernels between nodes")
  func betweenNodes() {
    // Tokens read, copies for nodes written, half of them read and written by NICs, copies for GPUs
    // read, written, read, written.
    #expect(
      exchange(.dispatch, nodes: 2).memoryBytes
        == 1000 + 1500 + 750 + 750 + 4000 + 4000 + 4000 + 4000)
    // Results read, written, read; sums written, read and written by NICs, read; tokens written.
    #expect(
      exchange(.combine, nodes: 2).memoryBytes
        == 4000 + 4000 + 4000 + 1500 + 750 + 750 + 1500 + 1000)
  }

  @Test("normal kernels inside a node")
  func insideNode() {
    #expect(exchange(.dispatch, nodes: 1).memoryBytes == 4 * 4000)
    #expect(exchange(.combine, nodes: 1).memoryBytes == 3 * 4000 + 1000)
  }

  @Test("low-latency kernels")
  func lowLatency() {
    func bytes(_ direction: ExpertExchange.Direction) -> Double {
      LowLatencyExchange(
        direction: direction, tokens: 10, topK: 4, bytesPerMessage: 100, gpuCount: 16,
        gpusPerDomain: 8
      ).memoryBytes
    }

    // Tokens read and staged; messages read, written, read, written.
    #expect(bytes(.dispatch) == 1000 + 1000 + 4 * 4000)
    // Messages read, half of them staged and read again, written, read; tokens written.
    #expect(bytes(.combine) == 4000 + 2000 + 2000 + 4000 + 4000 + 1000)
  }

  @Test("no published exchange takes half of the memory bandwidth")
  func belowBandwidth() throws {
    for row in ExchangeMeasurement.all {
      let node = try #require(NodeSpec.catalogue.first { $0.name == row.node })
      let bytes =
        switch row.kind {
        case .normal(let exchange, _, _): exchange.memoryBytes
        case .lowLatency(let exchange, _): exchange.memoryBytes
        }
      #expect(bytes / row.seconds < node.gpu.memoryBandwidth.value / 2, "\(row.fact.id)")
    }
  }
}
