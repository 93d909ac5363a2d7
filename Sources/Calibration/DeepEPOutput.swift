// Output of DeepEP's tests: low-latency kernels, and those of one node of the first version and of
// the second. Between nodes, exchanges follow the flow model, which takes no rows.
//
//   [rank 0] Dispatch bandwidth: 98.76 GB/s, avg_t=77.02 us | Combine bandwidth: ...
//   [tuning] Best dispatch (FP8): SMs 24, NVL chunk 24: 161.26 GB/s (NVL), t: 850.59 us
//   EP: 0/8 | dispatch: 0 GB/s (SO), 510 GB/s (SU), 342.1 us, 174469120 bytes

import KernelTimes

/// Reads the output of DeepEP's tests.
enum DeepEPOutput {
  static func read(_ text: String) -> Reading {
    var reading = Reading()
    // The tests print their configuration in some versions only.
    var (tokens, hidden, ranks): (Double?, Double?, Double) = (nil, nil, usualRanks)
    for (line, text) in numberedLines(text) {
      if text.contains("num_tokens=") || text.contains("hidden=") {
        let values = NamedValues(text[...])
        tokens = values.number("num_tokens") ?? tokens
        hidden = values.number("hidden") ?? hidden
        ranks = values.number("num_ranks", "num_processes") ?? ranks
      }
      if text.contains("Dispatch bandwidth:") {
        lowLatency(text, line, tokens, hidden, &reading)
      } else if text.contains("Dispatch + combine bandwidth:") {
        reading.leaveOut(line, .unused, "dispatch and combine in one time")
      } else if text.contains("[tuning] Best") {
        tuned(text, line, ranks, &reading)
      } else if text.contains("| dispatch:") || text.contains("| combine:") {
        second(text, line, &reading)
      }
    }
    return reading
  }

  /// GPUs of a node, which the tests use by default.
  private static let usualRanks = 8.0

  private static func lowLatency(
    _ text: Substring, _ line: Int, _ tokens: Double?, _ hidden: Double?, _ reading: inout Reading
  ) {
    guard let tokens, let hidden else {
      reading.leaveOut(
        line, .refused,
        "tokens and hidden size are unknown: write a line num_tokens=128, hidden=7168"
          + " above")
      return
    }
    for (word, kind) in [("Dispatch bandwidth", "dispatch"), ("Combine bandwidth", "combine")] {
      guard let start = text.firstRange(of: word) else { continue }
      let part = text[start.upperBound...].prefix { $0 != "|" }
      guard let time = NamedValues(part).word("avg_t"), let value = microseconds(time) else {
        reading.leaveOut(line, .refused, "no avg_t in us")
        continue
      }
      reading.rows.append(
        TakenRow(.lowLatency, kind, [tokens, hidden], microseconds: value, line: line))
    }
  }

  /// The time of a word such as `77.02 us`.
  private static func microseconds(_ word: String) -> Double? {
    let parts = word.split(separator: " ")
    guard parts.count >= 2, parts[1] == "us" else { return nil }
    return Double(parts[0])
  }

  private static func tuned(
    _ text: Substring, _ line: Int, _ ranks: Double, _ reading: inout Reading
  ) {
    guard !text.contains("RDMA") else {
      reading.leaveOut(line, .unused, "exchanges between nodes follow the flow model")
      return
    }
    let direction = text.contains("combine") ? "combine" : "dispatch"
    let figures = UnitValues(text)
    guard let time = figures.number(before: "us"), let rate = figures.number(before: "GB/s") else {
      reading.leaveOut(line, .unused, "a rate without its time says nothing of its bytes")
      return
    }
    reading.rows.append(
      TakenRow(
        .collective, "deepep_\(direction)_\(Int(ranks))",
        [(rate.value * time.value * 1e3).rounded(), ranks], microseconds: time.value, line: line))
  }

  private static func second(_ text: Substring, _ line: Int, _ reading: inout Reading) {
    guard let ranks = text.firstMatch(of: #/EP:\s*\d+\s*/\s*(\d+)/#).flatMap({ Double($0.1) }),
      ranks >= 1
    else {
      reading.leaveOut(line, .refused, "no number of ranks such as EP: 0/8")
      return
    }
    for direction in ["dispatch", "combine"] {
      guard let start = text.firstRange(of: "\(direction):") else { continue }
      let part = text[start.upperBound...].prefix { $0 != "|" }
      let figures = UnitValues(part)
      let rates = part.split(separator: ",").compactMap { item -> (String, Double)? in
        guard item.contains("GB/s"), let rate = UnitValues(item).number(before: "GB/s") else {
          return nil
        }
        return (item.contains("(SO)") ? "out" : "up", rate.value)
      }
      guard let time = figures.number(before: "us"), let up = rates.first(where: { $0.0 == "up" })
      else {
        reading.leaveOut(line, .refused, "no time in us or no rate of the scale-up network")
        continue
      }
      guard !rates.contains(where: { $0.0 == "out" && $0.1 > 0 }) else {
        reading.leaveOut(line, .unused, "exchanges between nodes follow the flow model")
        continue
      }
      let bytes = figures.number(before: "bytes")?.value ?? (up.1 * time.value * 1e3).rounded()
      reading.rows.append(
        TakenRow(
          .collective, "deepep_v2_\(direction)_\(Int(ranks))", [bytes, ranks],
          microseconds: time.value, line: line))
    }
  }
}
