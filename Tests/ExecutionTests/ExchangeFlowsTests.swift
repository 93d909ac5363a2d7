// Exchanges as flows on ports, checked against the closed forms from which they are built.

import Cluster
import Testing
import Units

@testable import Execution

@Suite("Exchanges as flows")
struct ExchangeFlowsTests {
  private let node: NodeSpec

  init() throws { node = try #require(NodeSpec.catalogue.first) }

  private func network(_ flows: [ExchangeFlows]) -> StepNetwork {
    let nvlink = node.gpu.achievedNVLink
    return StepNetwork(
      rankCount: 1, representatives: .one(),
      ports: [node.nicPerDirection, node.nicPerDirection, nvlink, nvlink],
      kernels: flows.flatMap(\.rates))
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

  private func transfer(_ flows: ExchangeFlows, _ load: ExchangeLoad = .mean) -> Transfer {
    Transfer(rank: 0, [flows.phase(to: .everyone(groupSize: 64), load: load)])
  }

  private func run(_ transfer: Transfer, _ network: StepNetwork) -> SimDuration {
    var program = StreamProgram(rankCount: 1)
    let id = program.add(transfer)
    _ = program.add(StreamOperation(rank: 0, stream: 1, .sends(.init(id))), inputs: [])
    let placed = PlacedTransfers(program, on: network)
    return StreamMachine(program, transfers: placed).run().makespan - SimTime.zero
  }

  @Test("a balanced exchange alone takes the closed form's time, also on the stream machine")
  func alone() {
    for (flows, seconds) in exchanges {
      let network = network(flows)
      for (flow, seconds) in zip(flows, seconds) {
        let transfer = transfer(flow)
        // Durations are whole picoseconds, separately for legs and latency.
        #expect(abs(network.aloneDuration(of: transfer).seconds - seconds) < 3e-12)
        #expect(abs(run(transfer, network).seconds - seconds) < 3e-12)
      }
    }
  }

  @Test(
    "a more loaded GPU receives more and sends the same amount; its combine is the mirror image")
  func uneven() {
    let load = ExchangeLoad(gpu: 1.5, node: 1.2)
    for (flows, _) in exchanges {
      let network = network(flows)
      func bytes(
        _ flow: ExchangeFlows, _ port: StepNetwork.Port, _ load: ExchangeLoad
      ) -> Double {
        var placer = LegPlacer(network)
        let link = network.port(port, rank: 0, member: 0)
        return transfer(flow, load).phases[0].legs
          .flatMap { placer.flows(of: $0, rank: 0, member: 0) }
          .filter { $0.path.contains(link) }.reduce(0) { $0 + $1.bytes }
      }
      for port: (StepNetwork.Port, StepNetwork.Port) in [
        (.nicOut, .nicIn), (.scaleUpOut, .scaleUpIn),
      ] {
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
        let uneven = transfer(flow, load)
        let alone = network.aloneDuration(of: uneven)
        #expect(alone > network.aloneDuration(of: transfer(flow)))
        #expect(abs((run(uneven, network) - alone).seconds) < 3e-12)
      }
    }
  }
}
