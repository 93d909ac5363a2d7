// Each figure in the catalogues cites its source.

import Cluster
import Facts
import ModelCost
import Testing

@Suite("Sources of the catalogues")
struct SourcesTests {
  /// Fields without a source, and sources that name no fact, are repeated, or have no field.
  static func problems(
    of value: Any, sources: [FieldSource],
    without exempt: Set<String> = ["name", "base", "sources"]
  ) -> [String] {
    let fields = Mirror(reflecting: value).children.compactMap(\.label)
      .filter { !exempt.contains($0) }.map(keyName)
    let named = sources.map(\.field)
    return fields.filter { field in !named.contains(field) }.map { "\($0): no source" }
      + sources.filter(\.source.facts.isEmpty).map { "\($0.field): names no fact" }
      + named.filter { field in !fields.contains(field) }.map { "\($0): no such field" }
      + Set(named).sorted().filter { field in named.count { $0 == field } > 1 }
      .map { "\($0): two sources" }
  }

  /// The scenario key of a field: `nvlink_per_direction` for `nvlinkPerDirection`.
  private static func keyName(_ field: String) -> String {
    field.map { $0.isUppercase ? "_" + $0.lowercased() : String($0) }.joined()
  }

  @Test("each field of each GPU", arguments: GPUSpec.catalogue)
  func gpu(gpu: GPUSpec) {
    #expect(Self.problems(of: gpu, sources: gpu.sources) == [])
  }

  @Test("each field of each node", arguments: NodeSpec.catalogue)
  func node(node: NodeSpec) {
    // An error belongs to a draw, not to a node.
    let exempt: Set = ["name", "gpu", "sources", "exchangeError"]

    #expect(Self.problems(of: node, sources: node.sources, without: exempt) == [])
  }

  @Test("each model", arguments: ModelSpec.catalogue)
  func model(model: ModelSpec) {
    #expect(!model.source.facts.isEmpty)
  }

  @Test("names in a catalogue are unique")
  func names() {
    for names in [
      GPUSpec.catalogue.map(\.name), NodeSpec.catalogue.map(\.name),
      ModelSpec.catalogue.map(\.name),
    ] {
      #expect(Set(names).count == names.count)
    }
  }

  @Test("a missing, repeated or unused source, or one that names no fact, is detected")
  func checkCanFail() {
    struct Thing {
      var name = "x"
      var smCount = 1
      var price = 2
      var memory = 3
    }
    let sources = [
      FieldSource("price", "a datasheet"), FieldSource("memory", "\(.hardware.h20Memory)"),
      FieldSource("memory", "\(.hardware.h200Memory)"),
      FieldSource("weight", "\(.hardware.h20TDP)"),
    ]

    #expect(
      Self.problems(of: Thing(), sources: sources) == [
        "sm_count: no source", "price: names no fact", "weight: no such field",
        "memory: two sources",
      ])
  }
}
