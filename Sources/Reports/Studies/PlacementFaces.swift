// Placements of experts: a row a layer with their means, the maps that serving engines read, and
// the loads of GPUs as a picture.

import Recording
import Units

extension StudyFace {
  static var placement: StudyFace {
    StudyFace(rows: "layers", picture: heatmap, json: maps, text: layers)
  }

  static var evaluation: StudyFace {
    StudyFace(
      rows: "layers", hides: ["groups", "nodes", "top_k", "group_limit", "seed"], text: layers)
  }

  private static func layers(_ values: RecordValue) -> String {
    let rows = values["layers"].items
    let table = TextTable(
      rows + [means(rows)],
      [
        RowColumn("layer", "layer"), RowColumn("no plan", "imbalance_without_plan"),
        RowColumn("eplb", "imbalance_eplb"), RowColumn(values["policy"].words, "imbalance"),
        RowColumn("mean") { _ in "1" }, RowColumn("largest replica", "bound_largest_replica"),
        RowColumn("node", "bound_node"), RowColumn("doubled, eplb", "doubled_slots_eplb"),
        RowColumn("doubled", "doubled_slots"),
        RowColumn("remote nodes", "remote_nodes_per_token"),
      ])
    return table.text + "\n" + notes(values)
  }

  /// Counts summed over the layers, other numbers as their means; null where a layer has none.
  private static func means(_ rows: [RecordValue]) -> RecordValue {
    .object(
      (rows.first?.members ?? []).map { name, _ in
        if name == "layer" { return (name, .text("all")) }
        let values = rows.compactMap { $0[name].number }
        let sum = values.reduce(0, +)
        guard values.count == rows.count else { return (name, .null) }
        if case .integer = rows[0][name] { return (name, .integer(Int64(sum))) }
        return (name, .real(sum / Double(rows.count)))
      })
  }

  private static func notes(_ values: RecordValue) -> String {
    let (nodes, groups) = (values["nodes"].text, values["groups"].text)
    let (replicas, gpus) = (values["replicas"].number ?? 0, values["gpus"].number ?? 1)
    let kept =
      values["is_hierarchical"] == .bool(true)
      ? "groups stay whole on nodes (\(nodes) nodes divide \(groups) groups)"
      : "groups need not stay whole (\(nodes) nodes do not divide \(groups) groups)"
    let closed = values["closed_share"].number.map {
      "of EPLB's distance to the tightest bound, closed: \(percentText($0))\n"
    }
    return """
      max/mean of GPU load; mean, largest replica and node are lower bounds on it
      \(Int(replicas)) slots, \(Int(replicas / gpus)) a GPU; \(kept)
      doubled: slots with a second replica of an expert of the same GPU
      remote nodes: InfiniBand messages of a token one way, tokens drawn to follow the loads
      \(closed ?? "")
      """
  }

  /// EPLB's three results under the names that vLLM and SGLang give them.
  private static func maps(_ values: RecordValue) -> String {
    let layers = grid(values["slots"].items) { $0 }
    let places = layers.map { layer -> [[Int]] in
      var slots: [[(replica: Int, slot: Int)]] = []
      for row in layer {
        let (expert, slot) = (Int(row["expert"].number ?? 0), Int(row["slot"].number ?? 0))
        while slots.count <= expert { slots.append([]) }
        slots[expert].append((Int(row["replica"].number ?? 0), slot))
      }
      return slots.map { $0.sorted { $0.replica < $1.replica }.map(\.slot) }
    }
    let width = places.flatMap { $0.map(\.count) }.max() ?? 0
    let logical = places.map { layer in
      layer.map { $0 + Array(repeating: -1, count: width - $0.count) }
    }
    let record: RecordValue = [
      "physical_to_logical_map": layers.map { $0.map(\.["expert"]) },
      "logical_to_physical_map": logical,
      "logical_replica_count": places.map { $0.map(\.count) },
    ]
    return record.compact
  }

  /// GPU loads before and after.
  private static func heatmap(_ values: RecordValue) -> String {
    let loads = values["gpu_loads"].items
    return HeatmapSVG(
      title: "GPU load over the mean of its layer",
      panels: [
        HeatmapSVG.Panel(title: "before", rows: grid(loads) { $0["load_before"].number ?? 1 }),
        HeatmapSVG.Panel(
          title: values["policy"].words, rows: grid(loads) { $0["load"].number ?? 1 }),
      ], scaleNote: "load over mean, white at 1"
    ).text
  }

  /// The rows of each layer, which follow each other.
  private static func grid<Cell>(
    _ rows: [RecordValue], _ cell: (RecordValue) -> Cell
  ) -> [[Cell]] {
    var (layers, layer): ([[Cell]], RecordValue) = ([], .null)
    for row in rows {
      if row["layer"] != layer { layers.append([]) }
      layer = row["layer"]
      layers[layers.count - 1].append(cell(row))
    }
    return layers
  }

  static var redundancy: StudyFace {
    StudyFace(rows: "levels", isListed: true, picture: front) { values in
      let table = TextTable(
        values["levels"].items,
        [
          RowColumn("redundant", "redundant_experts"), RowColumn("slots/GPU", "slots_per_gpu"),
          RowColumn("expert memory/GPU", "expert_bytes_per_gpu", form: memoryText),
          RowColumn("eplb", "imbalance_eplb"), RowColumn("best", "imbalance"),
          RowColumn("bound", "bound"), RowColumn("pareto", "is_pareto", .left),
        ])
      return table.text + "\nmax/mean of GPU load, layers weighted by their load;"
        + " pareto: no smaller number is as even\n"
    }
  }

  private static func front(_ values: RecordValue) -> String {
    ParetoSVG(
      title: "Redundant experts on \(values["gpus"].text) GPUs: memory against balance",
      points: values["levels"].items.map { row in
        func number(_ name: String) -> Double { row[name].number ?? .nan }
        return ParetoSVG.Point(
          label: row["redundant_experts"].text, bytes: number("expert_bytes_per_gpu"),
          eplb: number("imbalance_eplb"), best: number("imbalance"), bound: number("bound"),
          isFront: row["is_pareto"] == .bool(true))
      }
    ).text
  }

  private static let driftSettings: Set = [
    "origin", "replicas", "groups", "nodes", "gpus", "minutes", "window_minutes", "threshold",
    "expert_bytes",
  ]

  static var drift: StudyFace {
    StudyFace(rows: "intervals", hides: driftSettings) { values in
      let table = TextTable(
        values["intervals"].items,
        [
          RowColumn("plan every", "every_minutes", .left, absent: "never") { "\(Int($0)) min" },
          RowColumn("max/mean", "imbalance"),
          RowColumn("lost to oracle", "lost_to_oracle_share", form: percentText),
          RowColumn("saved against never", "saved_against_never_share", form: percentText),
          RowColumn("experts moved", "moved_experts"),
          RowColumn("bytes moved", "moved_bytes", form: memoryText),
          RowColumn("time to move", "move_time_s", form: durationText),
        ])
      return table.text
        + "\noracle (planned on the minute that it meets): \(values["oracle_imbalance"].text)\n"
        + wrappedText(values["origin"].words, width: 100).map { "\($0)\n" }.joined()
        + "shares are of the time that evenly loaded GPUs need\n"
        + "time to move: the GPU with the most to receive, over its NIC\n"
    }
  }
}
