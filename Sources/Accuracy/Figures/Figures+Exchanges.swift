// Published times of DeepEP's kernels.

import Cluster
import Facts

extension PublishedFigures {
  static let exchanges: [Figure] = ExchangeMeasurement.all.map { row in
    let (mode, tokens) =
      switch row.kind {
      case .normal(let exchange, let sms, let release):
        ("\(sms) SMs, kernels of \(release.rawValue)", exchange.tokens)
      case .lowLatency(let exchange, _): ("low latency", exchange.tokens)
      }
    return Figure(
      .exchanges, row.fact,
      "\(row.direction.rawValue), EP\(row.gpuCount), \(tokens) tokens, \(mode)",
      "us", published: row.seconds * 1e6, digit: 0.1, .kernels,
      family: "\(row.fact.id) \(row.node)", use: row.isUsed ? "exchange rates" : nil,
      .kernel { row.modelSeconds.map { SimulatedValue(value: $0 * 1e6) } })
  }
}
