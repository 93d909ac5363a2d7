// The units of metrics, and how values in each unit are formatted as text.

import Units

/// The unit of a metric.
package enum MetricUnit: CaseIterable, Sendable {
  case second, day, byte
  case token, tokenPerDay, tokenPerSecond, tokenPerSecondPerGPU, tokenPerSecondPerNode
  case tokenPerSecondPerUser, request, requestPerSecond, event
  case row, sequence, microbatch, parameter
  case gpu, node, gpuHour, gpuHourPerTrillionTokens, usd, megawattHour, teraflops
  case usdPerMillionTokens, joulePerToken
  /// A fraction of a whole, written in percent.
  case share
  /// A ratio that may exceed one.
  case ratio

  /// The unit in JSON, CSV and SQLite; `1` for shares and ratios.
  package var symbol: String {
    switch self {
    case .second: "s"
    case .day: "day"
    case .byte: "B"
    case .token: "token"
    case .tokenPerDay: "token/day"
    case .tokenPerSecond: "token/s"
    case .tokenPerSecondPerGPU: "token/s/GPU"
    case .tokenPerSecondPerNode: "token/s/node"
    case .tokenPerSecondPerUser: "token/s/user"
    case .request: "request"
    case .requestPerSecond: "request/s"
    case .event: "event"
    case .row: "row"
    case .sequence: "sequence"
    case .microbatch: "microbatch"
    case .parameter: "parameter"
    case .gpu: "GPU"
    case .node: "node"
    case .gpuHour: "GPU-hour"
    case .gpuHourPerTrillionTokens: "GPU-hour/(1e12 token)"
    case .usd: "USD"
    case .megawattHour: "MWh"
    case .teraflops: "TFLOP/s"
    case .usdPerMillionTokens: "USD/(1e6 token)"
    case .joulePerToken: "J/token"
    case .share, .ratio: "1"
    }
  }

  /// Whether values are counts; whole counts are written as integers in JSON and CSV.
  package var isCount: Bool {
    [.token, .row, .gpu, .node, .byte, .parameter, .request, .event].contains(self)
  }

  /// A value with its unit and at most four significant digits.
  package func text(_ value: Double) -> String {
    switch self {
    case .second: durationText(seconds: value)
    case .byte: memoryText(bytes: value)
    case .share: percentText(value)
    case .ratio: significantText(value)
    case .parameter, .token, .tokenPerDay, .gpu, .node, .gpuHour, .gpuHourPerTrillionTokens,
      .request, .event:
      countText(value)
    case .usd: "USD \(countText(value))"
    case .requestPerSecond: "\(countText(value)) requests/s"
    case .usdPerMillionTokens: "USD \(countText(value))/M"
    case .joulePerToken: "\(countText(value)) J/token"
    case .tokenPerSecond, .tokenPerSecondPerGPU, .tokenPerSecondPerNode, .tokenPerSecondPerUser:
      "\(countText(value)) tokens/s"
    case .sequence: "\(countText(value)) sequences"
    case .day: "\(countText(value)) days"
    case .row, .microbatch, .megawattHour, .teraflops: "\(countText(value)) \(symbol)"
    }
  }
}

/// Formats a count: in full if whole and below a million, else with at most 4 significant digits.
///
/// Examples: `65,536`, `62.91 million`, `14.8 trillion`; a mean that is not whole: `180,100`.
package func countText(_ value: Double) -> String {
  let isInFull = value == value.rounded() && value.magnitude < 1e6
  for (factor, word) in [(1e12, "trillion"), (1e9, "billion"), (1e6, "million")]
  where value.magnitude >= factor * 0.99995 && !isInFull {
    return "\(significantText(value / factor)) \(word)"
  }
  let text = isInFull ? String(Int64(value)) : significantText(value)
  guard value.magnitude >= 1_000, !text.contains("."), !text.contains("e") else { return text }
  let split = text.index(text.endIndex, offsetBy: -3)
  return "\(text[..<split]),\(text[split...])"
}
