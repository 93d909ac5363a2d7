// Tables of aiconfigurator, dumped from Parquet as CSV: products, blocks of experts, attention of
// prompts and of decoding, MLA, NCCL and DeepEP. Latencies are in milliseconds, those of DeepEP in
// microseconds.

import KernelTimes
import Text

/// Reads tables of aiconfigurator.
enum AiconfiguratorTable {
  static func isHeader(_ line: Substring) -> Bool {
    let names = CommaRow.cells(line)
    return names.contains("latency") || names.contains("dispatch_avg_t_us")
  }

  /// - Parameter name: of the file, such as `context_mla_perf.csv`, which tells tables with equal
  ///   columns apart.
  static func read(_ text: String, name: String) -> Reading {
    var reading = Reading()
    var names: [String]?
    for (line, text) in numberedLines(text) where !text.isEmpty && !text.hasPrefix("#") {
      let cells = CommaRow.cells(text)
      guard let columns = names else {
        names = cells
        continue
      }
      let row = CommaRow(line, columns, cells)
      let operation = (row["op_name"] ?? "") + " " + name
      if columns.contains("dispatch_avg_t_us") {
        lowLatency(row, &reading)
        continue
      }
      guard let latency = row.anyNumber("latency") else {
        reading.leaveOut(line, .refused, "no latency in ms")
        continue
      }
      let time = latency * 1e3
      if columns.contains("gemm_dtype") {
        product(row, time, &reading)
      } else if columns.contains("moe_ep_size") {
        experts(row, time, &reading)
      } else if columns.contains("message_size") {
        collective(row, time, operation, &reading)
      } else if operation.contains("mla") {
        latent(row, time, operation, columns, &reading)
      } else if columns.contains("num_key_value_heads") {
        attention(row, time, operation, columns, &reading)
      } else {
        reading.leaveOut(line, .unused, "a table of no measured class")
      }
    }
    return reading
  }

  private static func add(
    _ kernelClass: MeasuredClass, _ kind: String, _ row: CommaRow, _ extents: [Double?],
    _ time: Double, _ reading: inout Reading
  ) {
    let known = extents.compactMap { $0 }
    guard known.count == extents.count else {
      return reading.leaveOut(row.line, .refused, "an extent is missing or not above 0")
    }
    reading.rows.append(
      TakenRow(kernelClass, kind, gpu: row["device"], known, microseconds: time, line: row.line))
  }

  private static func product(_ row: CommaRow, _ time: Double, _ reading: inout Reading) {
    let type = row["gemm_dtype"] ?? ""
    let isCutlass = (row["kernel_source"] ?? "").lowercased().contains("cutlass")
    let kinds: [(String, String)] = [
      ("bfloat16", "bf16"), ("float16", "bf16"), ("fp8_block", "fp8_block"),
      ("fp8", isCutlass ? "fp8_token" : "fp8_tensor"), ("nvfp4", "nvfp4"),
    ]
    guard let kind = kinds.first(where: { $0.0 == type })?.1 else {
      return reading.leaveOut(row.line, .unused, "products in \(quoted(type)) are of no kind")
    }
    add(.gemm, kind, row, [row.number("m"), row.number("n"), row.number("k")], time, &reading)
  }

  private static func experts(_ row: CommaRow, _ time: Double, _ reading: inout Reading) {
    let type = row["moe_dtype"] ?? ""
    let kinds = [
      ("bfloat16", "bf16"), ("float16", "bf16"), ("fp8", "fp8"), ("fp8_block", "fp8_block"),
      ("nvfp4", "nvfp4"), ("w4a16_mxfp4", "w4a16"), ("w4a8_mxfp4_mxfp8", "w4a8"),
    ]
    guard let kind = kinds.first(where: { $0.0 == type })?.1 else {
      return reading.leaveOut(row.line, .unused, "experts in \(quoted(type)) are of no kind")
    }
    guard row["distribution"].map({ $0 == "balanced" || $0 == "uniform" }) ?? true else {
      return reading.leaveOut(
        row.line, .unused, "rows with uneven experts contain their imbalance")
    }
    guard let tokens = row.number("num_tokens"), let topk = row.number("topk"),
      let ranks = row.number("moe_ep_size"), let experts = row.number("num_experts"),
      let width = row.number("inter_size"), let parts = row.number("moe_tp_size")
    else { return reading.leaveOut(row.line, .refused, "an extent is missing or not above 0") }
    let isTriton = (row["kernel_source"] ?? "").lowercased().contains("triton")
    add(
      .expertBlock, kind + (isTriton ? "_triton" : ""), row,
      [
        max(1, (tokens * topk / ranks).rounded()), max(1, (experts / ranks).rounded()),
        row.number("hidden_size"), max(1, (width / parts).rounded()), ranks,
      ], time, &reading)
  }

  private static func collective(
    _ row: CommaRow, _ time: Double, _ operation: String, _ reading: inout Reading
  ) {
    let known = ["all_reduce", "all_gather", "reduce_scatter", "alltoall"]
    guard let kind = known.first(where: operation.contains), let ranks = row.number("num_gpus")
    else { return reading.leaveOut(row.line, .unused, "a collective of no kind") }
    guard ranks > 1, ranks <= 8 else {
      return reading.leaveOut(row.line, .unused, "collectives between nodes follow the flow model")
    }
    // Messages are counted in elements.
    let width = row["nccl_dtype"] == "int8" ? 1.0 : 2
    let bytes = row.number("message_size").map { $0 * width }
    add(.collective, "\(kind)_\(Int(ranks))", row, [bytes, ranks], time, &reading)
  }

  private static func attention(
    _ row: CommaRow, _ time: Double, _ operation: String, _ columns: [String],
    _ reading: inout Reading
  ) {
    guard isWide(row["attn_dtype"]), isWide(row["kv_cache_dtype"]) else {
      return reading.leaveOut(row.line, .unused, "attention in FP8 is of no kind")
    }
    let heads = row.number("num_heads")
    // Zero KV heads stand for as many as query heads.
    let keyHeads = row.number("num_key_value_heads") ?? heads
    let size = row.number("head_dim")
    let window = row.number("window_size")
    guard isDecoding(operation) else {
      return add(
        .attentionForward, "fa", row,
        [
          row.number("batch_size"), heads, keyHeads, size, size, row.number("isl"),
          window ?? AttentionWindow.causal,
        ], time, &reading)
    }
    let context = context(row)
    add(
      .decode, "gqa", row,
      [
        row.number("batch_size"), context.map { min($0, window ?? $0) },
        size.flatMap { size in keyHeads.map { $0 * size * 4 } },
        size.flatMap { size in heads.map { $0 * size * 2 } },
      ], time, &reading)
  }

  private static func latent(
    _ row: CommaRow, _ time: Double, _ operation: String, _ columns: [String],
    _ reading: inout Reading
  ) {
    guard isWide(row["mla_dtype"]), isWide(row["kv_cache_dtype"]) else {
      return reading.leaveOut(row.line, .unused, "attention in FP8 is of no kind")
    }
    // Older tables have only the GPUs that share the 128 heads.
    let heads = row.number("num_heads") ?? row.number("tp_size").map { 128 / $0 }
    guard isDecoding(operation) else {
      return add(
        .attentionForward, "fa", row,
        [
          row.number("batch_size"), heads, heads, 192, 128, row.number("isl"),
          AttentionWindow.causal,
        ],
        time, &reading)
    }
    add(
      .decode, "mla", row,
      [row.number("batch_size"), context(row), 1152, heads.map { $0 * 1088 }], time, &reading)
  }

  private static func lowLatency(_ row: CommaRow, _ reading: inout Reading) {
    guard row.number("node_num") == 1 else {
      return reading.leaveOut(row.line, .unused, "exchanges between nodes follow the flow model")
    }
    for kind in ["dispatch", "combine"] {
      guard let time = row.anyNumber("\(kind)_avg_t_us") else {
        reading.leaveOut(row.line, .refused, "no \(kind)_avg_t_us")
        continue
      }
      add(
        .lowLatency, kind, row, [row.number("num_token", "num_tokens"), row.number("hidden_size")],
        time, &reading)
    }
  }

  private static func isDecoding(_ operation: String) -> Bool { operation.contains("generation") }

  private static func isWide(_ type: String?) -> Bool {
    ["bfloat16", "float16", "bf16"].contains(type ?? "bfloat16")
  }

  /// Tokens of the cache: those of the prompt, and those generated since.
  private static func context(_ row: CommaRow) -> Double? {
    row.number("isl").map { $0 + max(0, row.anyNumber("step") ?? 0) }
  }
}
