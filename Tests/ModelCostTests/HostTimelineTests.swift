// Hosts that launch kernels: vectors of another program, limits, and the lists of stacks.

import Cluster
import Foundation
import Testing

@testable import ModelCost

@Suite("Launches of a host")
struct HostTimelineTests {
  private struct File: Decodable {
    struct Case: Decodable {
      var gap_us: Double
      var ops: [Operation]
      var host_us: Double
      var device_us: Double
    }
    /// A kind, host microseconds and, for a kernel, those of the device.
    struct Operation: Decodable {
      var step: HostTimeline.Step

      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        let kind = try list.decode(String.self)
        let host = try list.decode(Double.self)
        step =
          kind == "s"
          ? .synchronisation(host: host)
          : .kernel(host: host, device: try list.decode(Double.self))
      }
    }
    var cases: [Case]
  }

  @Test("host and GPU end as in every vector")
  func vectors() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "host_timeline", withExtension: "json", subdirectory: "Fixtures"))
    let cases = try JSONDecoder().decode(File.self, from: Data(contentsOf: url)).cases

    #expect(cases.count == 4)
    for vector in cases {
      var timeline = HostTimeline(gap: vector.gap_us)
      for operation in vector.ops { timeline.add(operation.step) }
      // Sums of tenths round.
      #expect(abs(timeline.host - vector.host_us) < 1e-9)
      #expect(abs(timeline.device - vector.device_us) < 1e-9)
    }
  }

  @Test("without synchronisation a chain takes its host or its GPU, whichever is longer")
  func chain() {
    for (host, device) in [(8.0, 3.0), (8, 8), (3, 8)] {
      var timeline = HostTimeline(gap: 0)
      for _ in 0..<1000 { timeline.add(.kernel(host: host, device: device)) }
      let expected = max(1000 * host + device, host + 1000 * device)
      #expect(abs(timeline.device - expected) < 1e-9)
      #expect(abs(timeline.waited - (timeline.device - 1000 * device)) < 1e-9)
    }
  }

  @Test("each stack's values set its host, in units that its list prints")
  func stacks() {
    for stack in SoftwareStack.allCases {
      #expect(stack.host.gap > 0, "\(stack)")
      #expect(stack.values.allSatisfy { $0.number > 0 && !$0.source.facts.isEmpty }, "\(stack)")
      #expect(Set(stack.values.map(\.key)).count == stack.values.count)
      let gap = stack.values.first { $0.key == "gap" }
      #expect(abs((gap?.number ?? 0) * 1e-6 - stack.host.gap) < 1e-18)
    }
    #expect(!SoftwareStack.deepseek.host.launchesLayers)
    #expect(SoftwareStack.megatron.host.launchesLayers)
    // 10.7 ms, a third of it forward, with graphs a tenth.
    var host = SoftwareStack.megatron.host
    #expect(abs(host.expertLaunch(isForward: true) - 10.7e-3 / 3) < 1e-12)
    host.usesGraphs = true
    #expect(abs(host.expertLaunch(isForward: false) - 10.7e-3 * 2 / 30) < 1e-12)
    #expect(abs(host.denseLaunch(isForward: false) - 50 * 8e-6 * 2 / 10) < 1e-12)
  }

  @Test("a draw keeps what costs nothing, and the optimizer's factor within its range")
  func draws() {
    #expect(HostCosts.none.drawn(PredictionDraw(seed: 1, number: 0)) == .none)
    let host = SoftwareStack.megatron.host
    let factors = (0..<200).map {
      host.drawn(PredictionDraw(seed: 1, number: $0)).optimizerFactor
    }
    #expect(factors.allSatisfy { 1.3 <= $0 && $0 <= 2.2 })
    #expect((factors.min() ?? 9) < 1.35 && (factors.max() ?? 0) > 2.1)
  }
}
