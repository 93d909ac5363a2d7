// Results of the MoE engine: a training run, a comparison of balancing methods, a continued prompt,
// and scaled traces compared with trained models.

import Recording
import Text
import Units

extension StudyFace {
  /// Held-out loss and balance before and after training.
  static var engineRun: StudyFace {
    StudyFace(rows: "domains") { values in
      let losses = TextTable(
        values["domains"].items,
        [
          RowColumn("domain", "domain", .left),
          RowColumn("held-out loss before", "held_out_loss_before_nats"),
          RowColumn("after", "held_out_loss_after_nats"),
          // A nat is 1 / ln 2 bits.
          RowColumn("bits/byte after", "held_out_loss_after_nats") {
            significantText($0 / 0.6931471805599453)
          },
        ])
      let balance = TextTable(
        values["layers"].items,
        [
          RowColumn("layer", "layer", .left), RowColumn("MaxVio before", "max_violation_before"),
          RowColumn("after", "max_violation_after"),
        ])
      return """
        \(values["preset"].words), \(values["weights"].text) weights, seed \
        \(UInt64(bitPattern: values["seed"].integer)), \(values["steps"].text) steps of \
        \(values["tokens_per_step"].text) tokens, balance \(values["balance"].words), \
        \(values["precision"].words)

        \(losses.text)
        \(balance.text)
        loss: mean cross-entropy of the next byte, in nats; MaxVio: largest load / mean load - 1

        """
    }
  }

  /// A comparison of training methods, with means over seeds.
  static var engineComparison: StudyFace {
    StudyFace(rows: "variants") { values in
      let half = { (range: Double) in significantText(range / 2) }
      let table = TextTable(
        values["variants"].items,
        [
          RowColumn("balance", "balance", .left), RowColumn("precision", "precision", .left),
          RowColumn("held-out loss", "held_out_loss_nats"),
          RowColumn("+-", "held_out_loss_nats_range", form: half),
          RowColumn("MaxVio", "max_violation"),
          RowColumn("+-", "max_violation_range", form: half),
          RowColumn("loss error", "loss_error_ratio", form: percentText),
          RowColumn("+-", "loss_error_ratio_range") { percentText($0 / 2) },
        ])
      let seeds = values["trials"].items.count / max(1, values["variants"].items.count)
      return """
        \(values["preset"].words), \(values["steps"].text) steps, means over \
        \(counted(seeds, "seed"))

        \(table.text)
        held-out loss: nats per byte, mean over domains; MaxVio: largest load / mean - 1, mean over
        layers; loss error: |loss - loss in bf16| / loss in bf16 while training, smoothed, over the
        second half; +-: half the range over seeds

        """
    }
  }

  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// A continued prompt with the number of accepted drafts.
  static var generation: StudyFace {
    StudyFace(json: { $0.without(["is_drafted"]).description }) { values in
      let text = values["text"].words + "\n"
      guard values["is_drafted"] == .bool(true) else { return text }
      let (drafts, accepted) = (values["drafts"].integer, values["accepted"].integer)
      return text + "\n\(accepted) of \(drafts) drafts accepted"
        + " (\(percentText(Double(accepted) / Double(max(drafts, 1))))),"
        + " \(values["passes"].text) passes for \(values["tokens"].text) bytes\n"
    }
  }

  private static let measures = [
    ("sigma of ln load in a domain", "sigma_ln"),
    ("information about the domain, bit", "mutual_information_bits"),
    ("nodes/token", "nodes_per_token"), ("GPU max/mean in a domain", "imbalance"),
    ("  under EPLB", "imbalance_eplb"),
    ("GPU max/mean of a window under EPLB", "imbalance_fresh"),
    ("  under the plan of the one before", "imbalance_stale"),
  ]

  /// Scaled traces compared with trained models.
  static var scalingValidation: StudyFace {
    let asked: Set = ["experts_small", "experts_large", "layers", "steps"]
    return StudyFace(json: { $0.without(asked).description }) { values in
      let (small, large) = (values["experts_small"].text, values["experts_large"].text)
      let seeds = values["seeds"].items
      var transfer = TextTable(columns: [
        ("mean over layers", .left), ("engine, \(small)", .right), ("fitted, \(small)", .right),
        ("engine, \(large)", .right), ("+-", .right), ("predicted, \(large)", .right),
        ("+-", .right), ("off", .right),
      ])
      for (title, name) in measures {
        func all(_ part: String) -> [Double] { seeds.compactMap { $0[part][name].number } }
        let means = [all("engine_small"), all("fitted_small")].map {
          significantText(SeedSpread($0).mean)
        }
        transfer.addRow([title] + means + beside(all("engine_large"), all("predicted_large")))
      }
      var heldOut = TextTable(columns: [
        ("held-out domain", .left), ("sigma, engine", .right), ("+-", .right),
        ("predicted without it", .right), ("+-", .right), ("off", .right),
      ])
      for (index, domain) in values["domains"].items.enumerated() {
        heldOut.addRow(
          [domain.words]
            + beside(
              seeds.compactMap { $0["engine_small"]["domain_sigmas_ln"].items[index].number },
              seeds.compactMap { $0["held_out_sigmas_ln"].items[index].number }))
      }
      return """
        engines of \(small) and \(large) experts, \
        \(counted(Int(values["layers"].integer), "layer")) with experts, \(values["steps"].text) \
        steps, means over \(counted(seeds.count, "seed"))

        \(transfer.text)
        \(heldOut.text)
        16 GPUs on 8 nodes, 16 redundant experts; a window has 70 % of one domain, the next \
        window of
        the next; +-: half the range over seeds; off: inside that range, or the difference of means

        """
    }
  }

  /// Returns means and half ranges of engine and prediction, then whether the prediction is within
  /// the range of the engine's seeds, or else how far apart the means are.
  private static func beside(_ engine: [Double], _ predicted: [Double]) -> [String] {
    let (own, other) = (SeedSpread(engine), SeedSpread(predicted))
    let isInside =
      (engine.min() ?? .infinity) <= other.mean && other.mean <= (engine.max() ?? -.infinity)
    return [own.mean, own.range / 2, other.mean, other.range / 2].map { significantText($0) }
      + [isInside ? "inside" : percentText(other.mean / own.mean - 1)]
  }
}
