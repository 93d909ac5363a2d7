// The rule of a host that launches kernels: vectors of another program, and limits.

import Foundation
import Testing

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
}
