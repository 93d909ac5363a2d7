// The figures of the network as text for people and as JSON for scripts.

import Units

/// The figures of the flow network and of the exchange model, ready to be printed.
public struct NetworkReport: Sendable {
  /// Speed of the flow network.
  public var sharing: [SharingFigure]
  /// What the exchange model says.
  public var exchanges: [ExchangeFigure]
  /// Published rows beside it.
  public var published: [PublishedFigure]

  /// Makes a report of figures.
  public init(
    sharing: [SharingFigure], exchanges: [ExchangeFigure], published: [PublishedFigure]
  ) {
    self.sharing = sharing
    self.exchanges = exchanges
    self.published = published
  }

  /// Three tables for people, four significant digits.
  public func table() -> String {
    "Flows that share links\n" + Self.aligned(sharingRows)
      + "\nDispatch and combine on H800 nodes; normal: 4,096 tokens, 24 SMs, at most 4 nodes a"
      + " token;\nlow-latency: 128 tokens; logical: with the copies that stay; wire: out of the"
      + " NIC, or NVLink at EP8\n" + Self.aligned(exchangeRows)
      + "\nPublished rows; used: a constant of the model is solved from it. The model is that of"
      + " the kernels\nnamed; ep.v2 measured newer ones, which feed the wire from fewer SMs and"
      + " are not modelled\n"
      + Self.aligned(publishedRows)
  }

  /// Speed as plain lines for scripts: case, flows, flows per second, makespan in seconds.
  public func sharingLines() -> String {
    sharing.map {
      "\($0.workload) \($0.flowCount) \($0.flowsPerSecond) \($0.makespanSeconds)\n"
    }.joined()
  }

  private var sharingRows: [[String]] {
    [["case", "flows", "flows/s", "re-filled/flow", "makespan", "what"]]
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

  /// One JSON object, one line for each figure, at full precision.
  ///
  /// - Parameter sources: JSON of the facts that rows name.
  public func json(sources: String) -> String {
    let arrays = [
      ("sharing", sharing.map(object)), ("exchanges", exchanges.map(object)),
      ("published", published.map(object)),
    ]
    let texts = arrays.map { name, lines in
      "\"\(name)\": [\n" + lines.map { "  {" + $0 + "}" }.joined(separator: ",\n") + "\n]"
    }
    return "{" + (texts + ["\"sources\": \(sources)"]).joined(separator: ",\n") + "}\n"
  }

  private func object(_ figure: SharingFigure) -> String {
    Self.fields([
      ("case", Self.quoted(figure.workload)), ("flows", "\(figure.flowCount)"),
      ("flows_per_s", "\(figure.flowsPerSecond)"), ("settlements", "\(figure.settlements)"),
      ("refilled_per_flow", "\(figure.refilledPerFlow)"),
      ("makespan_s", "\(figure.makespanSeconds)"), ("summary", Self.quoted(figure.summary)),
    ])
  }

  private func object(_ figure: ExchangeFigure) -> String {
    Self.fields([
      ("mode", Self.quoted(figure.mode)),
      ("release", figure.release.map(Self.quoted) ?? "null"), ("gpus", "\(figure.gpuCount)"),
      ("direction", Self.quoted(figure.direction)),
      ("nodes_per_token", "\(figure.nodesPerToken)"),
      ("gpus_per_token", "\(figure.gpusPerToken)"), ("time_s", "\(figure.seconds)"),
      ("logical_bytes_per_s", "\(figure.logicalBytesPerSecond)"),
      ("wire_bytes_per_s", "\(figure.wireBytesPerSecond)"),
      ("bound", Self.quoted(figure.bound)),
    ])
  }

  private func object(_ figure: PublishedFigure) -> String {
    Self.fields([
      ("id", Self.quoted(figure.fact.id)), ("node", Self.quoted(figure.node)),
      ("gpus", "\(figure.gpuCount)"), ("mode", Self.quoted(figure.mode)),
      ("kernels", Self.quoted(figure.stack)), ("tokens", "\(figure.tokens)"),
      ("sms", figure.sms.map(String.init) ?? "null"),
      ("direction", Self.quoted(figure.direction)),
      ("logical_bytes", "\(figure.logicalBytes)"), ("wire_bytes", "\(figure.wireBytes)"),
      ("published_s", "\(figure.publishedSeconds)"), ("model_s", "\(figure.modelSeconds)"),
      ("relative_error", "\(figure.relativeError)"), ("used", "\(figure.isUsed)"),
    ])
  }

  private static func fields(_ fields: [(String, String)]) -> String {
    fields.map { "\"\($0)\": \($1)" }.joined(separator: ", ")
  }

  private static func quoted(_ text: String) -> String { "\"\(text)\"" }

  private func microseconds(_ seconds: Double) -> String { significantText(seconds * 1e6) + " us" }

  private func gigabytes(_ rate: Double) -> String { significantText(rate / 1e9) + " GB/s" }

  private func percent(_ share: Double) -> String {
    let rounded = (share * 1000).rounded() / 10
    return (rounded < 0 ? "-" : "+") + significantText(rounded.magnitude) + " %"
  }

  /// Columns of equal width, two blanks between them.
  private static func aligned(_ rows: [[String]]) -> String {
    let widths = rows[0].indices.map { column in rows.map(\.[column].count).max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (cell, width) in zip(row.dropLast(), widths) {
        line += cell + String(repeating: " ", count: width - cell.count + 2)
      }
      return line + row[row.count - 1] + "\n"
    }.joined()
  }
}
