// The speed of the flow network and the accuracy of the exchange model as tables and as JSON.

import Recording
import Units

/// The speed of the flow network and the accuracy of the exchange model.
package struct NetworkReport: Sendable {
  /// Speed of the flow network.
  package var sharing: [SharingFigure]
  /// Predictions of the exchange model.
  package var exchanges: [ExchangeFigure]
  /// Predictions of published measurements.
  package var published: [PublishedFigure]

  /// A report of figures.
  package init(
    sharing: [SharingFigure], exchanges: [ExchangeFigure], published: [PublishedFigure]
  ) {
    self.sharing = sharing
    self.exchanges = exchanges
    self.published = published
  }

  /// Three tables with four significant digits.
  package func table() -> String {
    "Flows that share links\n" + aligned(sharingRows)
      + "\nDispatch and combine on H800 nodes; normal: 4,096 tokens, 24 SMs, at most 4 nodes per"
      + " token;\nlow-latency: 128 tokens; logical: all copies, local ones included; wire: through"
      + " the NIC, or over NVLink at EP8\n" + aligned(exchangeRows)
      + "\nPublished measurements; used: a constant of the model is derived from it. The model is"
      + " of the kernels\nnamed; ep.v2 measured newer kernels, which need fewer SMs and are not"
      + " modelled\n" + aligned(publishedRows)
  }

  /// Speed as plain lines for scripts: case, flows, flows per second, makespan in seconds.
  package func sharingLines() -> String {
    sharing.map {
      "\($0.workload) \($0.flowCount) \($0.flowsPerSecond) \($0.makespanSeconds)\n"
    }.joined()
  }

  private var sharingRows: [[String]] {
    [["case", "flows", "flows/s", "recomputed/flow", "makespan", "workload"]]
      + sharing.map {
        [
          $0.workload, "\($0.flowCount)", significantText($0.flowsPerSecond / 1e3) + " k",
          significantText($0.refilledPerFlow), significantText($0.makespanSeconds * 1e3) + " ms",
          $0.summary,
        ]
      }
  }

  private var exchangeRows: [[String]] {
    [["mode", "EP", "direction", "time", "logical", "wire", "bound by"]]
      + exchanges.map {
        [
          $0.mode + ($0.release.map { " " + $0 } ?? ""), "\($0.gpuCount)", $0.direction,
          microseconds($0.seconds), gigabytes($0.logicalBytesPerSecond),
          gigabytes($0.wireBytesPerSecond), $0.bound,
        ]
      }
  }

  private var publishedRows: [[String]] {
    [
      [
        "row", "node", "EP", "kernels", "tokens", "SMs", "direction", "published", "logical",
        "model", "logical", "wire", "error", "used",
      ]
    ]
      + published.map {
        [
          $0.fact.id, $0.node, "\($0.gpuCount)", $0.stack, "\($0.tokens)",
          $0.sms.map(String.init) ?? "-", $0.direction, microseconds($0.publishedSeconds),
          gigabytes($0.logicalBytes / $0.publishedSeconds), microseconds($0.modelSeconds),
          gigabytes($0.logicalBytes / $0.modelSeconds), gigabytes($0.wireBytes / $0.modelSeconds),
          percent($0.relativeError), $0.isUsed ? "used" : "not used",
        ]
      }
  }

  /// A JSON object with three arrays, one line per figure, at full precision, and the sources.
  ///
  /// - Parameter sources: JSON of the facts that rows name.
  package func json(sources: String) -> String {
    let arrays = [
      ("sharing", sharing.map(Self.record)), ("exchanges", exchanges.map(Self.record)),
      ("published", published.map(Self.record)),
    ]
    let texts = arrays.map { "\"\($0)\": \(jsonLines($1))" } + ["\"sources\": \(sources)"]
    return "{" + texts.joined(separator: ",\n") + "}\n"
  }

  private static func record(_ figure: SharingFigure) -> RecordValue {
    [
      "case": figure.workload, "flows": figure.flowCount, "flows_per_s": figure.flowsPerSecond,
      "settlements": figure.settlements, "refilled_per_flow": figure.refilledPerFlow,
      "makespan_s": figure.makespanSeconds, "summary": figure.summary,
    ]
  }

  private static func record(_ figure: ExchangeFigure) -> RecordValue {
    [
      "mode": figure.mode, "release": figure.release, "gpus": figure.gpuCount,
      "direction": figure.direction, "nodes_per_token": figure.nodesPerToken,
      "gpus_per_token": figure.gpusPerToken, "time_s": figure.seconds,
      "logical_bytes_per_s": figure.logicalBytesPerSecond,
      "wire_bytes_per_s": figure.wireBytesPerSecond, "bound": figure.bound,
    ]
  }

  private static func record(_ figure: PublishedFigure) -> RecordValue {
    [
      "id": figure.fact.id, "node": figure.node, "gpus": figure.gpuCount, "mode": figure.mode,
      "kernels": figure.stack, "tokens": figure.tokens, "sms": figure.sms,
      "direction": figure.direction, "logical_bytes": figure.logicalBytes,
      "wire_bytes": figure.wireBytes, "published_s": figure.publishedSeconds,
      "model_s": figure.modelSeconds, "relative_error": figure.relativeError,
      "used": figure.isUsed,
    ]
  }

  private func microseconds(_ seconds: Double) -> String { significantText(seconds * 1e6) + " us" }

  private func gigabytes(_ rate: Double) -> String { significantText(rate / 1e9) + " GB/s" }

  private func percent(_ share: Double) -> String {
    let rounded = (share * 1000).rounded() / 10
    return (rounded < 0 ? "-" : "+") + significantText(rounded.magnitude) + " %"
  }
}
