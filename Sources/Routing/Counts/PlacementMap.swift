// Placements in the JSON of serving engines: slots of SGLang and vLLM, or devices of vllm-ascend
// and MindIE.

import Text

/// A placement that a file describes, and what the file was taken for.
package struct PlacementMap: Hashable, Sendable {
  /// The expert of each slot of each layer; the slots of a GPU are consecutive.
  package let layers: [[Int]]
  /// What the file was taken for: `vllm-ascend's expert map of 58 layers x 288 slots`.
  package let form: String
  /// Whether the file has a row for every layer of the model, dense ones included, as SGLang's do.
  package let hasDenseLayers: Bool
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
      hasDenseLayers = root.members.count == 1
      kind = hasDenseLayers ? "SGLang's expert location" : "the maps of vLLM"
    } else if let list = root[Self.devicesKey] {
      layers = try Self.devices(list, of: root, file)
      (hasDenseLayers, kind) = (false, "vllm-ascend's expert map")
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
  /// - Parameters:
  ///   - experts: experts per layer.
  ///   - denseLayers: first rows to leave out, those of dense layers.
  /// - Throws: `PlacementProblem` for experts that do not exist or have no slot, and if no row is
  ///   left.
  package func placement(
    experts: Int, denseLayers: Int = 0
  ) throws(PlacementProblem) -> ExpertPlacement {
    try check(denseLayers)
    var problems: [Explanation] = []
    for (layer, slots) in layers.enumerated().dropFirst(denseLayers) {
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
      layers: layers.dropFirst(denseLayers).map {
        LayerPlacement(experts: $0, expertCount: experts)
      })
  }

  /// The placement of the layers of some counts.
  ///
  /// Layers without counts need no rows: they get the experts in index order.
  ///
  /// - Parameters:
  ///   - loads: the counts.
  ///   - denseLayers: first rows to leave out, those of dense layers.
  /// - Throws: `PlacementProblem` for another number of rows, and for experts that do not exist or
  ///   have no slot.
  package func placement(
    for loads: ExpertLoads, denseLayers: Int = 0
  ) throws(PlacementProblem) -> ExpertPlacement {
    try check(denseLayers)
    guard fits(loads, denseLayers: denseLayers) else { throw mismatch(loads, denseLayers) }
    var placement = try placement(experts: loads.experts, denseLayers: denseLayers)
    if placement.layers.count < loads.layers {
      let filler = LayerPlacement.repeating(
        experts: loads.experts, slots: placement.layers[0].experts.count)
      for layer in loads.emptyLayers { placement.layers.insert(filler, at: layer) }
    }
    return placement
  }

  /// Rejects more rows to leave out than leave one, or fewer than none.
  private func check(_ denseLayers: Int) throws(PlacementProblem) {
    guard layers.indices.contains(denseLayers) else {
      throw PlacementProblem([
        Explanation(
          "has \(layers.count.times("row")): dense-layers \"\(denseLayers)\" is out of range",
          at: file, advice: ["expected: 0 to \(layers.count - 1)"])
      ])
    }
  }

  /// Whether the file has a row for each layer of some counts, or for each with a count.
  ///
  /// - Precondition: there are at least as many rows as `denseLayers`, which are left out.
  package func fits(_ loads: ExpertLoads, denseLayers: Int = 0) -> Bool {
    Self.rowCounts(loads).contains(layers.count - denseLayers)
  }

  /// The numbers of rows that fit some counts.
  private static func rowCounts(_ loads: ExpertLoads) -> [Int] {
    [loads.layers, loads.layers - loads.emptyLayers.count]
  }

  private func mismatch(_ loads: ExpertLoads, _ denseLayers: Int) -> PlacementProblem {
    let zeros = loads.emptyLayers.count
    let left = denseLayers == 0 ? "" : " and \(layers.count - denseLayers) after the dense layers"
    let surplus = Self.rowCounts(loads).map { layers.count - $0 }.first { $0 > 0 }
    return PlacementProblem([
      Explanation(
        "has \(layers.count.times("row"))\(left); the counts have"
          + " \(loads.layers.times("row"))\(zeros > 0 ? ", \(zeros) of them all zeros" : "")",
        at: file,
        advice: [
          surplus.map {
            "--dense-layers \($0) leaves out the first \($0 == 1 ? "row" : "\($0) rows")"
          }
            ?? "expected: the file of a placement planned on as many layers"
        ])
    ])
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
