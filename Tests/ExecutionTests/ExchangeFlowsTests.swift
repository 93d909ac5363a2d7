// Exchanges as flows on ports, checked against the closed forms from which they are built.

import Cluster
import Testing
import Units

@testable import Execution

@Suite("Exchanges as flows")
struct ExchangeFlowsTests {
  private let node: NodeSpec

  init() throws { node = try #require(NodeSpec.catalogue.first) }

  private func links(_ flows: [ExchangeFlows]) -> GPULinks {
    let nvlink = node.gpu.achievedNVLink
    return GPULinks(
      rankCount: 1,
      portCapacities: [node.nicPerDirection, node.nicPerDirection, nvlink, nvlink]
        + flows.flatMap(\.rates))
  }

  /// Dispatch and combine of both kernels, with the seconds of the closed form.
  private var exchanges: [(flows: [ExchangeFlows], seconds: [Double])] {
    let normal = ExpertExchange.Direction.allCases.map {
      ExpertExchange(
        direction: $0, tokens: 4096, bytesPerToken: 7392, domainsPerToken: 3, gpusPerToken: 6,
        domainCount: 4, gpusPerDomain: 8)
    }
    let single = ExpertExchange.Direction.allCases.map {
      LowLatencyExchange(
        direction: $0, tokens: 128, topK: 8, bytesPerMessage: 7408, gpuCount: 64,
        gpusPerDomain: 8)
    }
    return [
      (
        normal.map { ExchangeFlows($0, node: node, sms: 24) },
        normal.map { $0.seconds(on: node, sms: 24) }
      ),
      (single.map { ExchangeFlows($0, node: node) }, single.map { $0.seconds(on: node) }),
    ]
  }

  private func run(_ transfer: Transfer, _ links: GPULinks) -> SimDuration {
    var program = StreamProgram(rankCount: 1)
    let id = program.add(transfer)
    _ = program.add(StreamOperation(rank: 0, stream: 1, .sends(.init(id))), inputs: [])
    return StreamMachine(program, links: links).run().makespan - SimTime.zero
  }

  @Test("a balanced exchange alone takes the closed form's time, also on the stream machine")
  func alone() {
    for (flows, seconds) in exchanges {
      let links = links(flows)
      for (flow, seconds) in zip(flows, seconds) {
        let transfer = flow.transfer(links, rank: 0)
        // Durations are whole picoseconds, separately for legs and latency.
        #expect(abs(transfer.aloneDuration(on: links).seconds - seconds) < 3e-12)
        #expect(abs(run(transfer, links).seconds - seconds) < 3e-12)
      }
    }
  }

  @Test(
    "a more loaded GPU receives more and sends the same amount; its combine is the mirror image")
  func uneven() {
    let load = ExchangeLoad(gpu: 1.5, node: 1.2)
    for (flows, _) in exchanges {
      let links = links(flows)
      func bytes(_ flow: ExchangeFlows, _ port: GPULinks.Port, _ load: ExchangeLoad) -> Double {
        flow.transfer(links, rank: 0, load: load).phases[0].flows
          .filter { $0.path.contains(links.link(port, rank: 0)) }.reduce(0) { $0 + $1.bytes }
      }
      for port: (GPULinks.Port, GPULinks.Port) in [(.nicOut, .nicIn), (.nvlinkOut, .nvlinkIn)] {
        let (even, dispatch, combine) = (
          bytes(flows[0], port.0, .mean), flows[0], flows[1]
        )
        #expect(bytes(dispatch, port.1, load) > even)
        #expect(
          abs(bytes(combine, port.0, load) - bytes(dispatch, port.1, load)) <= 1e-9 * even)
        #expect(
          abs(bytes(combine, port.1, load) - bytes(dispatch, port.0, load)) <= 1e-9 * even)
      }
      // Single messages go directly to the GPU; copies go to its node first.
      let arriving = bytes(flows[0], .nicIn, load) / bytes(flows[0], .nicIn, .mean)
      #expect([1.2, 1.5].contains { abs(arriving - $0) < 1e-9 })
      #expect(bytes(flows[0], .nicOut, load) == bytes(flows[0], .nicOut, .mean))
      for flow in flows {
        let transfer = flow.transfer(links, rank: 0, load: load)
        let alone = transfer.aloneDuration(on: links)
        #expect(alone > flow.transfer(links, rank: 0).aloneDuration(on: links))
        #expect(abs((run(transfer, links) - alone).seconds) < 3e-12)
      }
    }
  }
}
