// Expert placements: a table with one row per layer and means, the maps that serving engines read,
// and a picture of GPU loads.

import Recording
import Text
import Units

extension StudyFace {
  /// A placement: its balance as text, its maps for serving engines as JSON.
  static var placement: StudyFace {
    StudyFace(rows: "layers", json: maps, picture: heatmap, text: layers)
  }

  /// The balance of a placement under given counts.
  static var evaluation: StudyFace {
    let asked: Set = ["groups", "nodes", "top_k", "group_limit", "seed"]
    return StudyFace(rows: "layers", json: { $0.without(asked).description }, text: layers)
  }

  private static func layers(_ values: RecordValue) -> String {
    let rows = values["layers"].items
    let table = TextTable(
      rows.map { hasLoad($0) ? $0 : withoutBalance($0) } + [means(rows)],
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

  /// Whether a layer has any load: without one, its largest replica has none.
  private static func hasLoad(_ row: RecordValue) -> Bool {
    (row["bound_largest_replica"].number ?? 1) > 0
  }

  /// A layer whose balance means nothing, because it has no load.
  private static func withoutBalance(_ row: RecordValue) -> RecordValue {
    .object(
      row.members.map { name, value in
        if case .real = value { return (name, .null) }
        return (name, value)
      })
  }

  /// Sums counts over the layers with a load and averages other numbers; null if a layer lacks the
  /// value.
  private static func means(_ all: [RecordValue]) -> RecordValue {
    let rows = all.filter(hasLoad)
    return .object(
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
    let (replicas, gpus) = (values["replicas"].integer, max(1, values["gpus"].integer))
    let nodesDivide = nodes == "1" ? "1 node divides" : "\(nodes) nodes divide"
    let ofGroups = "\(groups) group\(groups == "1" ? "" : "s")"
    let kept =
      values["is_hierarchical"] == .bool(true)
      ? wholeGroups(values, "\(nodesDivide) \(ofGroups)")
      : "groups need not stay whole (\(nodes) nodes do not divide \(ofGroups))"
    let closed = values["closed_share"].number.map {
      "of EPLB's distance to the tightest bound, closed: \(percentText($0))\n"
    }
    return """
      max/mean of GPU load; mean, largest replica and node are lower bounds on it
      \(replicas) slots, \(replicas / gpus) per GPU; \(kept)
      doubled: slots with a second replica of an expert of the same GPU
      remote nodes: InfiniBand messages of a token one way, tokens drawn to follow the loads
      \(closed ?? "")
      """
  }

  /// In how many of the layers with a load groups stay whole, where sizes allow it.
  private static func wholeGroups(_ values: RecordValue, _ rule: String) -> String {
    let all = values["layers"].items.count(where: hasLoad)
    // Studies that older versions stored have no such number.
    guard case .integer(let whole) = values["whole_group_layers"], whole != all else {
      return "groups stay whole on nodes (\(rule))"
    }
    return "groups stay whole in \(whole) of \(all) layers"
  }

  /// Returns EPLB's three maps under the names used by vLLM and SGLang.
  private static func maps(_ values: RecordValue) -> String {
    let layers = grid(values["slots"].items) { $0 }
    // The slots of each expert, by replica.
    let places = layers.map { layer -> [[Int]] in
      let rows = layer.map { row in
        ["expert", "replica", "slot"].map { Int(row[$0].number ?? 0) }
      }.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
      return (0...(rows.last?[0] ?? 0)).map { expert in
        rows.filter { $0[0] == expert }.map { $0[2] }
      }
    }
    let width = places.flatMap { $0.map(\.count) }.max() ?? 0
    let record: RecordValue = [
      "physical_to_logical_map": layers.map { $0.map(\.["expert"]) },
      "logical_to_physical_map": places.map { layer in
        layer.map { $0 + Array(repeating: -1, count: width - $0.count) }
      }, "logical_replica_count": places.map { $0.map(\.count) },
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

  /// Groups rows by layer; the rows of a layer are consecutive.
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

  /// Memory against balance.
  static var redundancy: StudyFace {
    StudyFace(rows: "levels", json: \.["levels"].description, picture: front) { values in
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

  /// The benefit of replanning, by interval.
  static var drift: StudyFace {
    let asked: Set = [
      "origin", "replicas", "groups", "nodes", "gpus", "minutes", "window_minutes", "threshold",
      "expert_bytes",
    ]
    return StudyFace(rows: "intervals", json: { $0.without(asked).description }) { values in
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
