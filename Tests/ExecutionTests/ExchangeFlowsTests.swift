// Exchanges as flows on ports, checked against the closed forms from which they are built.

import Cluster
import Routing
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

  private func transfer(_ flows: ExchangeFlows, _ traffic: GPUTraffic? = nil) -> Transfer {
    Transfer(rank: 0, [flows.phase(to: .everyone(groupSize: 64), traffic)])
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

  @Test("each leg carries the copies that a GPU sends and receives; combine is the mirror image")
  func uneven() {
    let traffic = GPUTraffic(
      rows: 9000, arrived: 6500, forwarded: 3400, networkOut: 2500, networkIn: 3100,
      scaleUpOut: 5200, scaleUpIn: 4700)
    for (flows, _) in exchanges {
      let network = network(flows)
      func bytes(
        _ flow: ExchangeFlows, _ port: StepNetwork.Port, _ traffic: GPUTraffic?
      ) -> Double {
        var placer = LegPlacer(network)
        let link = network.port(port, rank: 0, member: 0)
        return transfer(flow, traffic).phases[0].legs
          .flatMap { placer.flows(of: $0, rank: 0, member: 0) }
          .filter { $0.path.contains(link) }.reduce(0) { $0 + $1.bytes }
      }
      // Messages of 7,408 bytes, tokens of 7,392.
      let isSingle = flows[0].shares(traffic)[6] == 1
      let size = isSingle ? 7408.0 : 7392
      let ports: [(StepNetwork.Port, StepNetwork.Port, Double, Double)] = [
        (.nicOut, .nicIn, 2500, 3100), (.scaleUpOut, .scaleUpIn, 5200, 4700),
      ]
      for (out, into, sent, received) in ports {
        for (flow, copies) in zip(flows, [(sent, received), (received, sent)]) {
          #expect(abs(bytes(flow, out, traffic) - copies.0 * size) <= 1e-9 * copies.0 * size)
          #expect(abs(bytes(flow, into, traffic) - copies.1 * size) <= 1e-9 * copies.1 * size)
        }
      }
      for flow in flows {
        let uneven = transfer(flow, traffic)
        let alone = network.aloneDuration(of: uneven)
        #expect(abs((run(uneven, network) - alone).seconds) < 3e-12)
      }
    }
  }
}
