// Routing traces: balance and specialisation of a stored trace, and the result of scaling it up.

import Recording
import Text
import Units

extension StudyFace {
  /// The balance and specialisation of each layer of a trace.
  static var traceStatistics: StudyFace {
    let gate: Set = ["experts", "groups", "top_k", "group_limit", "drafts", "accepted_drafts"]
    return StudyFace(
      rows: "layers", json: { $0.without(gate).description }, picture: loadsByDomain
    ) { values in
      let layers = values["layers"].items
      let names = layers.first?["domains"].items.map(\.["domain"].words) ?? []
      let domains = names.enumerated().flatMap { index, name in
        [("\(name): max/mean", "max_over_mean"), ("sigma ln", "sigma_ln")].map { title, figure in
          RowColumn(title) { $0["domains"].items[index][figure].text }
        }
      }
      func text(_ name: String) -> String { values[name].text }
      let mtp = values["mtp_acceptance"].number.map {
        "\nMTP: \(text("accepted_drafts")) of \(text("drafts")) drafts accepted,"
          + " \(percentText($0))\n"
      }
      return """
        trace \(text("trace_sha256"))
        \(text("preset")), seed \(text("seed")), \(text("trained_steps")) steps, balance \
        \(text("balance")), \(text("traced_steps")) steps, \(text("tokens")) tokens, kept
        \(text("experts")) experts in \(text("groups")) groups, top-\(text("top_k")) of at most \
        \(text("group_limit")) groups; \(text("gpus")) GPUs on \(text("nodes")) nodes

        Balance over all domains; information is that of an expert about the domain
        \(TextTable(layers, balance).text)
        Expert load by domain
        \(TextTable(layers, [RowColumn("layer", "layer", .left)] + domains).text)\(mtp ?? "")
        made by: \(text("command"))

        """
    }
  }

  private static var balance: [RowColumn] {
    [
      RowColumn("layer", "layer", .left), RowColumn("max/mean", "max_over_mean"),
      RowColumn("sigma ln", "sigma_ln"), RowColumn("MaxVio", "max_violation"),
      RowColumn("MaxVio, batch", "batch_max_violation"),
      RowColumn("information", "mutual_information_bits", form: amounts(of: "bit")),
      RowColumn("neighbours", "neighbour_jaccard"), RowColumn("nodes/token", "nodes_per_token"),
      RowColumn("GPUs/token", "gpus_per_token"), RowColumn("gate score", "mean_gate_score"),
    ]
  }

  /// Returns one panel per domain: layers down, experts across, load over the mean as colour.
  private static func loadsByDomain(_ values: RecordValue) -> String {
    let layers = values["layers"].items
    let domains = layers.first?["domains"].items ?? []
    return HeatmapSVG(
      title: "Expert load by domain, \(values["preset"].words), balance \(values["balance"].words)",
      panels: domains.enumerated().map { index, domain in
        HeatmapSVG.Panel(
          title: domain["domain"].words,
          rows: layers.map { layer in
            let visits = layer["domains"].items[index]["visits"].items.compactMap(\.number)
            let sum = visits.reduce(0, +)
            return visits.map { sum > 0 ? $0 * Double(visits.count) / sum : 0 }
          })
      },
      scaleNote: "load of an expert / mean of the domain", columnName: "expert"
    ).text
  }

  /// Layers as fitted and as scaled up.
  static var traceScaling: StudyFace {
    StudyFace(rows: "layers", json: { $0.without(["number"]).description }) { values in
      let fitted = TextTable(
        values["fits"].items,
        [
          RowColumn("traced layer", "layer", .left),
          RowColumn("sigma, measured", "measured_sigma_ln"),
          RowColumn("asked", "target_sigma_ln"), RowColumn("got", "sigma_ln"),
          RowColumn("neighbours, measured", "measured_neighbour_jaccard"),
          RowColumn("got", "neighbour_jaccard"), RowColumn("domain", "domain_strength"),
          RowColumn("context", "context_strength"),
        ])
      let scaled = TextTable(
        values["layers"].items,
        [
          RowColumn("scaled layer", "number", .left), RowColumn("sigma in a domain", "sigma_ln"),
          RowColumn("MaxVio, mix", "max_violation"),
          RowColumn("information", "mutual_information_bits", form: amounts(of: "bit")),
          RowColumn("nodes/token", "nodes_per_token"), RowColumn("GPUs/token", "gpus_per_token"),
        ])
      return fitted.text + "\n" + scaled.text + "\n"
        + values["notes"].items.map { "\($0.words)\n" }.joined()
    }
  }
}
