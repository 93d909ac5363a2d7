// Published times of DeepEP's kernels.

import Cluster
import Facts
import ModelCost
import Numerics

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
      .kernel { row.modelSeconds.map { predicted(microseconds: $0 * 1e6, on: row.node) } })
  }

  /// A time with what is drawn of exchange kernels and of the links that they use; rows are of
  /// kernels, without their calls.
  @Sendable private static func predicted(
    microseconds: Double, on node: String
  ) -> SimulatedValue {
    let links = PredictionDraw.assumedExchangeSpread
    let gpu = NodeSpec.catalogue.first { $0.name == node }?.gpu
    let kernels = gpu.map { KernelSpread.exchangeDeviation(on: $0) } ?? links
    let deviation: Double = (kernels * kernels + links * links).squareRoot()
    let factor = exponential(deviation * normalQuantile(0.95))
    return SimulatedValue(
      value: microseconds, interval: microseconds / factor...microseconds * factor)
  }
}
