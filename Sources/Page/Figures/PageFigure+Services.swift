// Figures of services.

extension PageFigure {
  static let services = [
    PageFigure(
      id: "percentiles", title: "Latency",
      note: "Statistics of measured requests. Time to the first token, between tokens, and in all.",
      scope: .run, form: .bars, table: "service_sample", axes: ("latency", "seconds"),
      sql: """
        SELECT name || ' ' || statistic AS latency, value AS seconds
        FROM metric
        WHERE run = {run} AND scope = 'all' AND unit = 's'
          AND name IN ('ttft_s', 'request_tpot_s', 'e2e_s')
          AND statistic IN ('p50', 'p90', 'p95', 'p99')
        ORDER BY position
        """),
    PageFigure(
      id: "latency-cdf", title: "Distribution of latency",
      note: "The share of finished requests within a time; only with stored requests"
        + " (run --requests-table).",
      scope: .run, form: .lines, table: "request", axes: ("seconds", "share of requests"),
      limit: 4_000,
      sql: """
        WITH times AS (
          SELECT 'first token' AS what, ttft_ms / 1e3 AS s
          FROM request_ms WHERE run = {run} AND terminal_status = 'finished'
          UNION ALL
          SELECT 'last token', e2e_latency_ms / 1e3
          FROM request_ms WHERE run = {run} AND terminal_status = 'finished'
        ), ranked AS (
          SELECT
            what, s, row_number() OVER (PARTITION BY what ORDER BY s) AS place,
            count(*) OVER (PARTITION BY what) AS n
          FROM times WHERE s IS NOT NULL
        )
        SELECT s AS seconds, what, place * 1.0 / n AS share
        FROM ranked WHERE place % max(1, n / 500) = 0 OR place = n ORDER BY what, place
        """),
    PageFigure(
      id: "queues", title: "Requests over time",
      note: "Running and waiting requests of all pools.",
      scope: .run, form: .lines, table: "service_sample", axes: ("seconds", "requests"),
      limit: 20_000,
      sql: """
        SELECT time_ps / 1e12 AS seconds, 'running' AS state, running AS requests
        FROM service_sample WHERE run = {run}
        UNION ALL
        SELECT time_ps / 1e12, 'waiting', queued FROM service_sample WHERE run = {run}
        ORDER BY state, seconds
        """),
    PageFigure(
      id: "output-rate", title: "Output over time",
      note: "Output tokens a second between samples.",
      scope: .run, form: .lines, table: "service_sample", axes: ("seconds", "tokens/s"),
      limit: 20_000,
      sql: """
        WITH steps AS (
          SELECT
            time_ps, output_tokens AS tokens,
            (time_ps - lag(time_ps, 1, 0) OVER (ORDER BY time_ps)) / 1e12 AS s
          FROM service_sample WHERE run = {run}
        )
        SELECT time_ps / 1e12 AS seconds, 'output' AS series, tokens / s AS tokens_per_s
        FROM steps WHERE s > 0 ORDER BY time_ps
        """),
    PageFigure(
      id: "cache", title: "KV cache over time",
      note: "The share of the pools' KV cache in use.",
      scope: .run, form: .lines, table: "service_sample", axes: ("seconds", "percent"),
      limit: 20_000,
      sql: """
        SELECT time_ps / 1e12 AS seconds, 'KV cache' AS series, 100 * kv_use AS percent, units_up
        FROM service_sample WHERE run = {run} ORDER BY time_ps
        """),
    PageFigure(
      id: "pools", title: "Pools",
      note: "Busy: while a step of the unit runs.",
      scope: .run, form: .table, table: "service_pool",
      sql: """
        SELECT
          name, units, gpus_per_unit, held_gpu_s / 3600 AS gpu_hours,
          100 * busy_gpu_s / held_gpu_s AS busy_percent, steps, output_tokens,
          computed_prompt_tokens, cached_prompt_tokens, 100 * peak_use AS peak_cache_percent,
          preemptions
        FROM service_pool WHERE run = {run} ORDER BY position
        """),
  ]
}
