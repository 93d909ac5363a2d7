// Placements in the JSON of serving engines: slots of SGLang and vLLM, or devices of vllm-ascend
// and MindIE.

import Text

/// A placement that a file describes, and what the file was taken for.
package struct PlacementMap: Hashable, Sendable {
  /// The expert of each slot of each layer; the slots of a GPU are consecutive.
  package let layers: [[Int]]
  /// What the file was taken for: `vllm-ascend's expert map of 58 layers x 288 slots`.
  package let form: String
  private let file: String

  private static let slotsKey = "physical_to_logical_map"
  private static let devicesKey = "layer_list"

  /// Whether a JSON value describes a placement.
  static func isMap(_ root: LinedJSON) -> Bool {
    root[slotsKey] != nil || root[devicesKey] != nil
  }

  /// Whether a text is JSON that describes a placement.
  package static func isMap(text: String) -> Bool {
    guard text.contains(slotsKey) || text.contains(devicesKey) else { return false }
    return (try? LinedJSON(reading: text.withoutByteOrderMark)).map { isMap($0) } ?? false
  }

  /// Reads a text.
  ///
  /// - Throws: `PlacementProblem` for a text of another form, and for slots that are no numbers.
  package init(text: String, file: String) throws(PlacementProblem) {
    let root: LinedJSON
    do { root = try LinedJSON(reading: text.withoutByteOrderMark) } catch {
      throw PlacementProblem(error.explanations.map { $0.within(file) })
    }
    let kind: String
    if let slots = root[Self.slotsKey] {
      layers = try slots.items.map { row throws(PlacementProblem) in
        try Self.experts(row, file)
      }
      kind = root.members.count > 1 ? "the maps of vLLM" : "SGLang's expert location"
    } else if let list = root[Self.devicesKey] {
      layers = try Self.devices(list, of: root, file)
      kind = "vllm-ascend's expert map"
    } else {
      throw PlacementProblem([
        Explanation(
          "is not a JSON object with \(Self.slotsKey) or \(Self.devicesKey)", at: file,
          advice: ["expected: {\"\(Self.slotsKey)\": [[expert of each slot] of each layer]}"])
      ])
    }
    guard let first = layers.first, !first.isEmpty else {
      throw PlacementProblem([Explanation("has no layer with a slot", at: file)])
    }
    form = "\(kind), \(layers.count.times("layer")) x \(first.count.times("slot"))"
    self.file = file
  }

  /// Experts per layer, if every expert has a slot somewhere.
  package var experts: Int { (layers.flatMap(\.self).max() ?? 0) + 1 }

  /// The placement of a number of experts.
  ///
  /// - Throws: `PlacementProblem` for experts that do not exist or have no slot.
  package func placement(experts: Int) throws(PlacementProblem) -> ExpertPlacement {
    var problems: [Explanation] = []
    for (layer, slots) in layers.enumerated() {
      let known = Set(slots)
      if let unknown = slots.first(where: { !(0..<experts).contains($0) }) {
        problems.append(
          Explanation(
            "layer \(layer) of the placement: expert \"\(unknown)\" does not exist", at: file,
            advice: ["expected: 0 to \(experts - 1)"]))
      } else if let missing = (0..<experts).first(where: { !known.contains($0) }) {
        problems.append(
          Explanation("layer \(layer) of the placement: expert \(missing) has no slot", at: file))
      }
    }
    guard problems.isEmpty else { throw PlacementProblem(problems) }
    return ExpertPlacement(
      layers: layers.map { LayerPlacement(experts: $0, expertCount: experts) })
  }

  /// The experts in a list of slots.
  private static func experts(
    _ row: LinedJSON, _ file: String
  ) throws(PlacementProblem) -> [Int] {
    var result: [Int] = []
    for (slot, cell) in row.items.enumerated() {
      guard let expert = whole(cell), (0..<PlacementSizes.limit).contains(expert) else {
        throw PlacementProblem([
          Explanation("slot \(slot) is not the number of an expert", at: "\(file):\(cell.line)")
        ])
      }
      result.append(expert)
    }
    return result
  }

  private static func whole(_ value: LinedJSON?) -> Int? {
    guard case .number(let number) = value?.content else { return nil }
    return Int(exactly: number)
  }

  /// The slots of each layer of vllm-ascend's map, layers and devices in the order of their
  /// numbers.
  private static func devices(
    _ list: LinedJSON, of root: LinedJSON, _ file: String
  ) throws(PlacementProblem) -> [[Int]] {
    func refusal(_ message: String, _ value: LinedJSON) -> PlacementProblem {
      PlacementProblem([Explanation(message, at: "\(file):\(value.line)")])
    }
    if let count = root["moe_layer_count"], whole(count) != list.items.count {
      throw refusal("moe_layer_count is not the \(list.items.count) layers of the list", count)
    }
    var layers: [(id: Int, slots: [Int])] = []
    for layer in list.items {
      guard let id = whole(layer["layer_id"]), let devices = layer["device_list"] else {
        throw refusal("a layer has no layer_id or no device_list", layer)
      }
      if let count = layer["device_count"], whole(count) != devices.items.count {
        throw refusal("device_count is not the \(devices.items.count) devices of the list", count)
      }
      var slots: [(id: Int, experts: [Int])] = []
      for device in devices.items {
        guard let id = whole(device["device_id"]), let held = device["device_expert"] else {
          throw refusal("a device has no device_id or no device_expert", device)
        }
        slots.append((id, try experts(held, file)))
      }
      guard slots.allSatisfy({ $0.experts.count == slots[0].experts.count }) else {
        throw refusal("devices hold unequal numbers of experts", layer)
      }
      layers.append((id, slots.sorted { $0.id < $1.id }.flatMap(\.experts)))
    }
    return layers.sorted { $0.id < $1.id }.map(\.slots)
  }
}
