// The trace that ships: whole, unchanged, and the source of the profile that is compiled in.

import Foundation
import ResultsStore
import Routing
import Testing
import Text

@testable import Experiments

@Suite("The built-in trace")
struct BuiltinTraceTests {
  private var path: String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../traces/v3-router.db").standardized.path
  }

  @Test("its decisions have the hash that it states, and its profile is the compiled one")
  func whole() throws {
    let store = try ResultsStore(path: path, mode: .read)
    let stored = try #require(try store.trace())

    #expect(SHA256.hexDigest(stored.trace.identity) == stored.hash)
    #expect(stored.trace.gate == Gate(experts: 256, groups: 8, groupLimit: 4, topK: 8))
    #expect(stored.trace.origin.command.contains("--preset v3-router --steps 600"))
    let profile = try #require(try store.profile())
    #expect(profile == LoadProfile.builtin)
    #expect(profile.notes.contains { $0.contains(stored.hash) })
  }

  @Test("tokens visit 3.2 to 3.98 nodes, experts know domains, and the mix is balanced")
  func statistics() throws {
    let trace = try #require(try ResultsStore(path: path, mode: .read).trace()).trace

    for layer in 0..<4 {
      let statistics = RoutingStatistics(trace, layer: layer, nodeCount: 8, gpuCount: 64)
      // 3.2 is the report's figure for the real model; 3.965 that of independent scores.
      #expect((3.2...3.98).contains(statistics.copies.nodes))
      // Bits above the bias of the estimate, 0.006 for 98,304 visits.
      #expect(statistics.mutualInformation > 0.3)
      // In one domain experts are more uneven by far than over all: figure 9 of the report.
      for domain in 0..<4 { #expect(statistics.sigma(domain: domain) > 4 * statistics.sigma) }
    }
  }
}
