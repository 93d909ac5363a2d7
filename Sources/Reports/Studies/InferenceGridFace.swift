// The throughput of prefill or decoding by batch and context, with one column per configuration.

import Recording
import Text
import Units

extension StudyFace {
  /// Tokens/s per node by batch and context.
  static var inferenceGrid: StudyFace {
    StudyFace(rows: "points", json: \.["points"].description) { values in
      let points = values["points"].items
      let variants = points.map(\.["variant"].words).unique
      var table = TextTable(
        columns: [("context", .right), ("batch", .right)] + variants.map { ($0, .right) })
      let columns = [
        RowColumn("context", "context_tokens"), RowColumn("batch", "batch_sequences"),
        RowColumn("", "tokens_per_s_per_node"),
      ]
      for start in stride(from: 0, to: points.count, by: variants.count) {
        let point = points[start..<start + variants.count]
        table.addRow(
          columns.prefix(2).map { $0.cell(points[start]) } + point.map(columns[2].cell))
      }
      return table.text + "\n" + notes(values)
    }
  }

  private static func notes(_ values: RecordValue) -> String {
    let sigma = values["sigma_ln"].text
    let chunk = values["chunk_tokens"]
    switch values["phase"].words {
    case "prefill":
      return "prompt tokens/s per node of 8 GPUs; -: the batch does not fit in memory\n"
        + "DeepSeek-V3 on H800, 32 GPUs, with 32 redundant experts or without; expert loads"
        + " log-normal, sigma \(sigma); "
        + (chunk == .null ? "whole prompts\n" : "prompts in chunks of \(chunk.text) tokens\n")
    default:
      return "new tokens/s per node of 8 GPUs; -: the batch does not fit in memory\n"
        + "DeepSeek-V3 on H800, 144 GPUs with 32 redundant experts, or 128 without; expert loads"
        + " log-normal, sigma \(sigma); drafts accepted 85 % of the time\n"
    }
  }
}
