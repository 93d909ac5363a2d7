// A placement as the file that a serving engine loads. Engines refuse files with unknown keys or
// rows for other layers, so each form has exactly its keys and the rows that its engine counts.

import Recording
import Routing
import Text

/// The engines whose files can be written.
package enum PlacementEngine: String, CaseIterable, Sendable {
  /// SGLang, `--init-expert-location`: one key, and a row for every layer of the model.
  case sglang
  /// vLLM: the three maps of its load balancer, of layers with experts.
  case vllm
  /// vllm-ascend and MindIE, `expert_map_path`: the experts of each device, of layers with experts.
  case ascend
}

/// A placement for one engine.
package struct EngineMap: Sendable {
  /// The content of the file, in JSON.
  package let text: String
  /// What the reader of the file should know, a sentence each.
  package let remarks: [String]

  /// - Parameters:
  ///   - placement: the placement, at least one layer.
  ///   - engine: the engine that is to load it.
  ///   - gpus: GPUs that share a layer, which divide its slots.
  ///   - denseLayers: layers without experts before the first layer of the placement, for engines
  ///     that want a row for each.
  ///   - emptyLayers: layers of the placement that are themselves without experts, because the
  ///     counts had rows for them; not all of its layers.
  /// - Throws: `PlacementProblem` for dense layers that an engine has no rows for, or too many.
  package init(
    _ placement: ExpertPlacement, for engine: PlacementEngine, gpus: Int, denseLayers: Int,
    emptyLayers: [Int]
  ) throws(PlacementProblem) {
    guard (0...Self.layerLimit).contains(denseLayers) else {
      throw PlacementProblem([
        Explanation(
          "dense-layers \"\(denseLayers)\" is out of range",
          advice: ["expected: 0 to \(Self.layerLimit)"])
      ])
    }
    guard engine == .sglang || denseLayers == 0 else {
      throw PlacementProblem([
        Explanation(
          "dense-layers \"\(denseLayers)\": \(engine.rawValue) numbers only layers with experts",
          advice: ["leave the option out, or use it with --for sglang or --from FILE"])
      ])
    }
    var layers = placement.layers
    var remarks: [String] = []
    if engine != .sglang, !emptyLayers.isEmpty {
      layers = layers.indices.filter { !emptyLayers.contains($0) }.map { layers[$0] }
      remarks.append(
        "rows without counts are left out (\(emptyLayers.count)): \(engine.rawValue) numbers only"
          + " layers with experts")
    }
    switch engine {
    case .sglang:
      text = Self.sglang(layers, denseLayers: denseLayers)
      remarks.append(
        "\(layers.count + denseLayers) rows: SGLang expects one for every layer of the model, dense"
          + " ones included" + (denseLayers == 0 ? " (--dense-layers)" : ""))
    case .vllm: text = Self.vllm(layers)
    case .ascend: text = Self.ascend(layers, gpus: gpus)
    }
    self.remarks = remarks
  }

  /// More layers than any model has.
  private static let layerLimit = 10_000

  /// `{"physical_to_logical_map": [layers][slots]}`. The rows of dense layers, which nothing reads,
  /// have the experts in index order.
  private static func sglang(_ layers: [LayerPlacement], denseLayers: Int) -> String {
    let filler = LayerPlacement.repeating(
      experts: layers[0].counts.count, slots: layers[0].experts.count)
    let all = Array(repeating: filler, count: denseLayers) + layers
    let record: RecordValue = ["physical_to_logical_map": all.map(\.experts)]
    return record.compact + "\n"
  }

  /// The maps of vLLM's `EplbState`. Any expert could have all redundant replicas, so the slots of
  /// an expert are padded to redundant + 1.
  private static func vllm(_ layers: [LayerPlacement]) -> String {
    let width = layers[0].experts.count - layers[0].counts.count + 1
    let record: RecordValue = [
      "physical_to_logical_map": layers.map(\.experts),
      "logical_to_physical_map": layers.map { $0.slots(width: width) },
      "logical_replica_count": layers.map(\.counts),
    ]
    return record.compact + "\n"
  }

  /// The map of vllm-ascend's expert load balancer; layers and devices are numbered from 0.
  private static func ascend(_ layers: [LayerPlacement], gpus: Int) -> String {
    let perGPU = layers[0].experts.count / gpus
    let list = layers.enumerated().map { id, layer -> RecordValue in
      let devices = (0..<gpus).map { device -> RecordValue in
        [
          "device_id": device,
          "device_expert": Array(layer.experts[device * perGPU..<(device + 1) * perGPU]),
        ]
      }
      return ["layer_id": id, "device_count": gpus, "device_list": RecordValue.array(devices)]
    }
    let record: RecordValue = [
      "moe_layer_count": layers.count, "layer_list": RecordValue.array(list),
    ]
    return record.compact + "\n"
  }
}
