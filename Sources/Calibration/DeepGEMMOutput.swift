// Output of DeepGEMM's tests, of the first version:
//
//    > Performance (m=   64, n= 2112, k= 7168):   11 us | throughput:  175 TFLOPS, 1388 GB/s
//
// and of the second, whose FP8 lines name the scaling:
//
//    > Perf (m= 4096, n= 2112, k= 7168, 1D2D, layout=NT, BF16, acc=0): 118 us | 1050 TFLOPS | ...

import KernelTimes

/// Reads the output of DeepGEMM's tests.
enum DeepGEMMOutput {
  private enum Section {
    case product
    case contiguous
    case masked
    case other(String)
  }

  static func read(_ text: String) -> Reading {
    var reading = Reading()
    var section = Section.product
    for (line, text) in numberedLines(text) {
      if let named = self.section(text) { section = named }
      guard let range = text.firstRange(of: "> Perf"),
        let inside = bracketed(text[range.upperBound...])
      else { continue }
      let rest = text[inside.endIndex...]
      let isFirst = text.contains("Performance")
      reading.add(row(section, inside, UnitValues(rest), line, isFirst: isFirst), line: line)
    }
    return reading
  }

  /// The section that a line such as `Testing m-grouped contiguous GEMM:` begins.
  private static func section(_ text: Substring) -> Section? {
    guard text.hasPrefix("Testing ") else { return nil }
    if text.contains("contiguous") {
      return text.contains("k-grouped") ? .other("grouped weight gradients") : .contiguous
    }
    if text.contains("masked") { return .masked }
    let name = trimmed(text.dropFirst("Testing ".count).prefix { $0 != ":" })
    return name.hasPrefix("GEMM") || name.hasPrefix("FP8") || name.hasPrefix("BF16")
      ? .product : .other(String(name))
  }

  private static func row(
    _ section: Section, _ inside: Substring, _ figures: UnitValues, _ line: Int, isFirst: Bool
  ) -> LineOutcome {
    func unused(_ text: String) -> LineOutcome {
      .leftOut(.unused, text)
    }
    let values = NamedValues(inside)
    if case .other(let name) = section { return unused("\(name) are of no measured class") }
    guard let n = values.number("n"), let k = values.number("k"),
      let m = values.number("m", "m_per_group", "expected_m_per_group")
    else { return .leftOut(.refused, "m, n or k is missing") }
    guard values.word("layout").map({ $0 == "NT" || $0 == "" }) ?? true else {
      return unused("only products in layout NT are of a measured class")
    }
    guard values.word("acc").map({ $0 == "0" || $0 == "False" }) ?? true,
      !inside.split(separator: ",").contains(where: { trimmed($0) == "FP32" })
    else { return unused("products that add to an FP32 result are of no measured class") }
    guard let time = figures.number(before: "us") else {
      return .leftOut(.refused, "no time in us")
    }
    guard time.value > 0 else {
      return .leftOut(.refused, "the time is not above 0")
    }
    // Times are rounded to microseconds; rates of short kernels have more digits.
    let rate = figures.number(before: "TFLOPS")
    func exact(_ flops: Double) -> Double {
      guard let rate, rate.value > 0, rate.digits > time.digits else { return time.value }
      return flops / rate.value / 1e6
    }
    let isFP8 = isFirst || inside.contains("1D")
    guard case .product = section else {
      guard let groups = values.number("num_groups") else {
        return .leftOut(.refused, "num_groups is missing")
      }
      guard isFP8 else { return unused("grouped products in BF16 are of no measured class") }
      let each = rowsEach(m, groups, n, k, time.value, rate?.value, values)
      let kind = if case .masked = section { "masked" } else { "contiguous" }
      return .row(
        TakenRow(
          .grouped, kind, [groups, each, n, k], microseconds: exact(2 * groups * each * n * k),
          line: line))
    }
    return .row(
      TakenRow(
        .gemm, isFP8 ? "fp8_block_net" : "bf16", [m, n, k], microseconds: exact(2 * m * n * k),
        line: line))
  }

  /// Rows of a group: m is that of all groups in the second version's contiguous layout, which the
  /// rate of the same line tells.
  private static func rowsEach(
    _ m: Double, _ groups: Double, _ n: Double, _ k: Double, _ time: Double, _ rate: Double?,
    _ values: NamedValues
  ) -> Double {
    guard values.number("m_per_group", "expected_m_per_group") == nil else { return m }
    guard let rate, rate > 0 else { return m / groups }
    let ratio = 2 * m * n * k / (rate * 1e6) / time
    return ratio > 1 / groups.squareRoot() ? m / groups : m
  }
}
