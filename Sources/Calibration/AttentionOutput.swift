// Output of the benchmarks of FlashMLA and FlashAttention: a line with the shape, then its times.
//
//   b=128, s_q=1, mean_sk=4096, h_q=128, h_kv=1, d=576, dv=512, causal=True, varlen=False
//   0.309 ms, 578 TFLOPS, 2024 GB/s
//
//   ### headdim = 128, causal = True, seqlen = 8192, batch_size = 2, nheads = 16, nheads_kv = 4 #
//   Fav3 fwd: 1.112ms, 494.6 TFLOPS

import KernelTimes

/// Reads the output of attention benchmarks.
enum AttentionOutput {
  /// FlashMLA: decoding from a latent cache.
  static func read(mla text: String) -> Reading {
    var reading = Reading()
    var shape: NamedValues?
    for (line, text) in numberedLines(text) {
      if text.contains("mean_sk=") {
        shape = NamedValues(text)
        continue
      }
      guard let time = UnitValues(text).number(before: "ms") else { continue }
      guard let shape, let sequences = shape.number("b"), let context = shape.number("mean_sk"),
        let heads = shape.number("h_q"), let size = shape.number("d"),
        let value = shape.number("dv")
      else {
        reading.leaveOut(line, .refused, "no line with b, mean_sk, h_q, d and dv stands above")
        continue
      }
      guard shape.word("varlen") != "True" else {
        reading.leaveOut(line, .unused, "sequences of several lengths are no single shape")
        continue
      }
      let queries = shape.number("s_q") ?? 1
      reading.rows.append(
        TakenRow(
          .decode, "mla", [sequences, context, 2 * size, queries * heads * (size + value)],
          microseconds: time.value * 1e3, line: line))
    }
    return reading
  }

  /// FlashAttention: whole sequences, forward and backward.
  static func read(flash text: String) -> Reading {
    var reading = Reading()
    var shape: NamedValues?
    for (line, text) in numberedLines(text) {
      if text.contains("headdim"), text.contains("causal") {
        shape = NamedValues(text.split(separator: "#").first ?? "")
        continue
      }
      guard text.contains("fwd:") || text.contains("bwd:"), let shape else { continue }
      guard let size = shape.number("headdim"), let sequences = shape.number("batch_size", "batch"),
        let length = shape.number("seqlen")
      else {
        reading.leaveOut(line, .refused, "no line with headdim, batch_size and seqlen stands above")
        continue
      }
      // The older script divides a model width of 2,048 into heads and does not print them.
      let heads = shape.number("nheads", "nheads_q") ?? (2048 / size).rounded()
      guard let implementation = implementation(text) else {
        reading.leaveOut(line, .unused, "attention of other libraries is of no measured class")
        continue
      }
      let window =
        shape.number("window_size", "window")
        ?? (shape.word("causal") == "True" ? AttentionWindow.causal : AttentionWindow.full)
      let extents = [
        sequences, heads, shape.number("nheads_kv") ?? heads, size,
        shape.number("headdim_v") ?? size, length, window,
      ]
      for (word, kernelClass) in [
        ("fwd:", MeasuredClass.attentionForward), ("bwd:", .attentionBackward),
      ] {
        guard let start = text.firstRange(of: word), !text[..<start.lowerBound].hasSuffix("+ ")
        else { continue }
        let figures = UnitValues(text[start.upperBound...].prefix { $0 != "w" })
        guard let time = time(figures, extents, kernelClass) else {
          reading.leaveOut(line, .refused, "neither a time in ms nor a rate in TFLOPS")
          continue
        }
        reading.rows.append(
          TakenRow(kernelClass, implementation, extents, microseconds: time, line: line))
      }
    }
    return reading
  }

  private static func implementation(_ text: Substring) -> String? {
    if text.hasPrefix("Fav3") || text.hasPrefix("Fav2") || text.hasPrefix("Flash") { return "fa" }
    return text.lowercased().hasPrefix("cudnn") ? "cudnn" : nil
  }

  private static func time(
    _ figures: UnitValues, _ extents: [Double], _ kernelClass: MeasuredClass
  ) -> Double? {
    if let time = figures.number(before: "ms") { return time.value * 1e3 }
    guard
      let rate = figures.number(before: "TFLOPs/s") ?? figures.number(before: "TFLOPS"),
      rate.value > 0
    else { return nil }
    return KernelWork(kernelClass, KernelKind("fa"), extents).flops / rate.value / 1e6
  }
}

/// Codes of the column `window`.
enum AttentionWindow {
  static let causal = MeasuredClass.extent("causal", column: "window") ?? 0
  static let full = MeasuredClass.extent("full", column: "window") ?? -1
}
