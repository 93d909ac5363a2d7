// The files that serving engines load, checked against their documented rules: exactly the accepted
// keys, the shapes, every expert of every layer on a device, and equally many slots a device.

import Foundation
import Routing
import Testing

@testable import Experiments

@Suite("Placements for serving engines")
struct EngineMapTests {
  private static let sizes = PlacementSizes(replicas: 36, groups: 4, nodes: 2, gpus: 4)
  private static let (layers, experts) = (3, 32)

  /// A plan for three layers of 32 experts, the load of expert e being e + 1.
  private static func placement() throws -> ExpertPlacement {
    try study(loads()).placement
  }

  private static func loads() -> ExpertLoads {
    let values = (0..<layers).flatMap { layer in
      (0..<experts).map { Float(($0 + layer) % experts + 1) }
    }
    return ExpertLoads(layers: layers, experts: experts, values: values)
  }

  private static func study(_ loads: ExpertLoads) throws(PlacementProblem) -> PlacementStudy {
    try PlacementStudy(
      loads: loads, sizes: sizes, policy: .best, topK: 2, groupLimit: 2, seed: 1)
  }

  private static func map(
    _ engine: PlacementEngine, denseLayers: Int = 0, emptyLayers: [Int] = []
  ) throws -> (json: [String: Any], map: EngineMap) {
    let map = try EngineMap(
      placement(), for: engine, gpus: sizes.gpus, denseLayers: denseLayers,
      emptyLayers: emptyLayers)
    let json = try JSONSerialization.jsonObject(with: Data(map.text.utf8))
    return (try #require(json as? [String: Any]), map)
  }

  @Test("SGLang: one key, and a row of all slots for each layer, dense ones first")
  func sglang() throws {
    let (json, map) = try Self.map(.sglang, denseLayers: 2)

    // SGLang passes the object's members on as arguments: any further key is an error.
    #expect(json.keys.sorted() == ["physical_to_logical_map"])
    let rows = try #require(json["physical_to_logical_map"] as? [[Int]])
    #expect(rows.count == 2 + Self.layers)
    for row in rows {
      #expect(row.count == Self.sizes.replicas)
      #expect(Set(row) == Set(0..<Self.experts))
    }
    #expect(try Array(rows.dropFirst(2)) == Self.placement().layers.map(\.experts))
    #expect(
      map.remarks == [
        "5 rows: SGLang expects one for every layer of the model, dense ones included"
      ])
    #expect(try Self.map(.sglang).map.remarks.first?.hasSuffix("(--dense-layers)") == true)
  }

  @Test("vLLM: three maps that agree, for layers with experts, padded to redundant + 1")
  func vllm() throws {
    let (json, map) = try Self.map(.vllm)

    #expect(
      json.keys.sorted() == [
        "logical_replica_count", "logical_to_physical_map", "physical_to_logical_map",
      ])
    let slots = try #require(json["physical_to_logical_map"] as? [[Int]])
    let places = try #require(json["logical_to_physical_map"] as? [[[Int]]])
    let counts = try #require(json["logical_replica_count"] as? [[Int]])
    #expect(slots.map(\.count) == Array(repeating: Self.sizes.replicas, count: Self.layers))
    for layer in 0..<Self.layers {
      #expect(places[layer].count == Self.experts && counts[layer].count == Self.experts)
      for expert in 0..<Self.experts {
        let own = slots[layer].indices.filter { slots[layer][$0] == expert }
        let width = Self.sizes.replicas - Self.experts + 1
        #expect(places[layer][expert].count == width)
        #expect(places[layer][expert] == own + Array(repeating: -1, count: width - own.count))
        #expect(counts[layer][expert] == own.count && !own.isEmpty)
      }
    }
    #expect(map.remarks.isEmpty)
  }

  @Test("vllm-ascend: numbered layers and devices, equally many experts on each device")
  func ascend() throws {
    let (json, _) = try Self.map(.ascend)

    #expect(json.keys.sorted() == ["layer_list", "moe_layer_count"])
    #expect(json["moe_layer_count"] as? Int == Self.layers)
    let layers = try #require(json["layer_list"] as? [[String: Any]])
    #expect(layers.compactMap { $0["layer_id"] as? Int } == Array(0..<Self.layers))
    for layer in layers {
      #expect(layer.keys.sorted() == ["device_count", "device_list", "layer_id"])
      #expect(layer["device_count"] as? Int == Self.sizes.gpus)
      let devices = try #require(layer["device_list"] as? [[String: Any]])
      #expect(devices.compactMap { $0["device_id"] as? Int } == Array(0..<Self.sizes.gpus))
      var held: [Int] = []
      for device in devices {
        #expect(device.keys.sorted() == ["device_expert", "device_id"])
        let experts = try #require(device["device_expert"] as? [Int])
        #expect(experts.count == Self.sizes.replicas / Self.sizes.gpus)
        held += experts
      }
      #expect(Set(held) == Set(0..<Self.experts))
    }
  }

  @Test("what is written is read back as the same placement", arguments: PlacementEngine.allCases)
  func roundTrip(engine: PlacementEngine) throws {
    let text = try Self.map(engine).map.text

    let map = try PlacementMap(text: text, file: "map.json")

    #expect(try map.placement(experts: Self.experts) == Self.placement())
  }

  @Test(
    "a file of an engine is a placement of the counts that it was planned on, dense rows or not",
    arguments: PlacementEngine.allCases, [0, 2])
  func ownCounts(engine: PlacementEngine, emptyRows: Int) throws {
    let zeros = [Float](repeating: 0, count: emptyRows * 32)
    let counted = Self.loads()
    let loads = ExpertLoads(
      layers: Self.layers + emptyRows, experts: 32, values: zeros + counted.values)
    func text(_ placement: ExpertPlacement, _ engine: PlacementEngine) throws -> String {
      try EngineMap(
        placement, for: engine, gpus: 4, denseLayers: 0, emptyLayers: loads.emptyLayers
      ).text
    }
    let planned = try Self.study(loads).placement

    let map = try PlacementMap(text: text(planned, engine), file: "map.json")
    let read = try map.placement(for: loads)

    // SGLang's rows of dense layers need no counts.
    let vllm = try text(planned, .vllm)
    #expect(try text(read, .vllm) == vllm)
    #expect(read.layers.suffix(Self.layers) == planned.layers.suffix(Self.layers))
    let rows = engine == .sglang ? emptyRows : 0
    let others = try map.placement(for: counted, denseLayers: rows)
    #expect(
      try EngineMap(others, for: .vllm, gpus: 4, denseLayers: 0, emptyLayers: []).text == vllm)
  }

  @Test("rows without experts are left out where only layers with experts count")
  func emptyLayers() throws {
    let (ascend, map) = try Self.map(.ascend, emptyLayers: [0])
    let (sglang, _) = try Self.map(.sglang, emptyLayers: [0])

    #expect(ascend["moe_layer_count"] as? Int == Self.layers - 1)
    #expect(
      map.remarks == [
        "rows without counts are left out (1): ascend numbers only layers with experts"
      ])
    #expect((sglang["physical_to_logical_map"] as? [[Int]])?.count == Self.layers)
  }

  @Test(
    "rows of zeros between the others give the file of the others alone",
    arguments: [PlacementEngine.vllm, .ascend])
  func interleavedEmptyLayers(engine: PlacementEngine) throws {
    let rows = (0..<3).map { layer in (0..<8).map { Float(($0 + layer) % 8 + 1) } }
    let zeros = [Float](repeating: 0, count: 8)
    func file(_ rows: [[Float]]) throws -> String {
      let loads = ExpertLoads(layers: rows.count, experts: 8, values: rows.flatMap(\.self))
      let sizes = PlacementSizes(replicas: 12, groups: 1, nodes: 1, gpus: 4)
      let study = try PlacementStudy(
        loads: loads, sizes: sizes, policy: .best, topK: 1, groupLimit: 1, seed: 1)
      return try EngineMap(
        study.placement, for: engine, gpus: 4, denseLayers: 0, emptyLayers: loads.emptyLayers
      ).text
    }

    #expect(try file(rows.flatMap { [zeros, $0] }) == file(rows))
  }

  @Test("dense layers are refused for engines without rows for them, and in absurd numbers")
  func refusals() {
    let cases: [(PlacementEngine, Int)] = [
      (.vllm, 3), (.ascend, 3), (.sglang, -1), (.sglang, 1 << 40),
    ]
    for (engine, count) in cases {
      let error = #expect(throws: PlacementProblem.self) {
        try Self.map(engine, denseLayers: count)
      }
      #expect(error?.description.hasPrefix("dense-layers \"\(count)\"") == true)
    }
  }
}

@Suite("Counts with rows of zeros")
struct EmptyRowsTests {
  @Test("a layer without load has no bound, and no placement of it is better than another")
  func bounds() throws {
    let loads = ExpertLoads(layers: 2, experts: 4, values: [0, 0, 0, 0, 4, 3, 2, 1])

    let rows = try PlacementStudy(
      loads: loads, sizes: PlacementSizes(replicas: 4, groups: 2, nodes: 1, gpus: 2),
      policy: .best, topK: 1, groupLimit: 1, seed: 1
    ).rows

    #expect(rows[0].bounds.largestReplica == 0 && rows[0].bounds.node == nil)
    #expect(rows[0].chosen == 1 && rows[0].eplb == 1)
    // 4 + 1 and 3 + 2 of 10 on two GPUs.
    #expect(rows[1].chosen == 1)
  }
}
