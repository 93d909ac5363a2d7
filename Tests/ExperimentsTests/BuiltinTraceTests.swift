// The shipped trace: intact, unchanged, and the source of the compiled-in profile.

import Foundation
import MoEEngine
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

  @Test("its hash matches its decisions, and its profile is the compiled-in one")
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

  /// If this fails after an intended change, the engine's losses and all traces change too: update
  /// the hash, remake the trace as traces/README.md says, and regenerate the engine's figures in
  /// docs/engine.md. Otherwise the texts in MoEEngine/Embedded or the generator of mathematics were
  /// changed by accident.
  @Test("it was made from the compiled-in corpus, which does not change by accident")
  func corpus() throws {
    let hash = SHA256.hexDigest(Corpus.embedded.identity)
    let stored = try #require(try ResultsStore(path: path, mode: .read).trace())

    #expect(hash == "5922a332d20cc3c815620528dbc016a1c98c3e8249056683baa5a1e6cd69064d")
    #expect(stored.trace.origin.corpusHash == hash)
    let readme = try String(
      contentsOf: URL(filePath: path).deletingLastPathComponent().appending(path: "README.md"),
      encoding: .utf8)
    #expect(readme.contains(hash) && readme.contains(stored.hash))
  }

  @Test("tokens visit 3.2 to 3.98 nodes, experts are specialised, and the mix is balanced")
  func statistics() throws {
    let trace = try #require(try ResultsStore(path: path, mode: .read).trace()).trace

    for layer in 0..<4 {
      let statistics = RoutingStatistics(trace, layer: layer, nodeCount: 8, gpuCount: 64)
      // The report gives 3.2 for the real model; independent scores give 3.965.
      #expect((3.2...3.98).contains(statistics.fanOut.nodes))
      // The estimate is biased upwards by 0.006 bits at 98,304 visits.
      #expect(statistics.mutualInformation > 0.3)
      // Experts are far more uneven within one domain than over all domains: figure 9 of the
      // report.
      for domain in 0..<4 {
        #expect(try #require(statistics.sigma(domain: domain)) > 4 * statistics.sigma)
      }
    }
  }
}
