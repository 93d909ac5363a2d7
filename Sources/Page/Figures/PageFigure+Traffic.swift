// Figures of links and of the loads of experts.

extension PageFigure {
  static let network = [
    PageFigure(
      id: "utilisation", title: "Use of links over time",
      note: "Mean over the links of a class, as a share of their capacity.",
      scope: .run, form: .lines, table: "link_load", axes: ("seconds", "percent"),
      sql: """
        SELECT (start_ps + end_ps) / 2e12 AS seconds, link, 100 * utilisation AS percent
        FROM link_load WHERE run = {run} ORDER BY link, start_ps
        """),
    PageFigure(
      id: "traffic", title: "Traffic by purpose",
      note: "Bytes of a GPU through each class of links.",
      scope: .run, form: .stacked, table: "traffic", axes: ("class of links", "GB per GPU"),
      sql: """
        SELECT link, kind, bytes_per_gpu / 1e9 AS gb
        FROM traffic WHERE run = {run} AND bytes_per_gpu > 0 ORDER BY link, position
        """),
    PageFigure(
      id: "hot-links", title: "Hottest links",
      note: "Bytes over capacity: the seconds for which a link would be busy at its full rate.",
      scope: .run, form: .table, table: "link", limit: 100,
      sql: """
        SELECT
          coalesce(name, 'rank ' || rank || '.' || member) AS place, link, gpus,
          bytes / 1e9 AS gb, capacity_bytes_per_s / 1e9 AS gb_per_s,
          bytes / capacity_bytes_per_s AS busy_s
        FROM link WHERE run = {run} AND bytes > 0 ORDER BY busy_s DESC, position
        """),
  ]

  static let experts = [
    PageFigure(
      id: "expert-load", title: "Load of GPUs by layer",
      note: "Rows of the experts that a GPU of the expert group holds, over the mean of the layer.",
      scope: .run, form: .heat, table: "expert_load", axes: ("GPU of the group", "layer"),
      limit: 20_000,
      sql: """
        SELECT
          gpu, layer,
          sum(rows) / avg(sum(rows)) OVER (PARTITION BY layer) AS load, sum(rows) AS rows
        FROM expert_load WHERE run = {run} GROUP BY layer, gpu ORDER BY layer, gpu
        """),
    PageFigure(
      id: "expert-balance", title: "Balance of layers",
      note: "Rows of the most loaded GPU over the mean; planned: on the loads for which experts"
        + " were placed.",
      scope: .run, form: .lines, table: "layer_load", axes: ("layer", "most loaded / mean"),
      sql: """
        SELECT layer, 'simulated' AS series, max_over_mean AS ratio
        FROM layer_load WHERE run = {run}
        UNION ALL
        SELECT layer, 'planned', planned_max_over_mean
        FROM layer_load WHERE run = {run} AND planned_max_over_mean IS NOT NULL
        ORDER BY series, layer
        """),
  ]
}
