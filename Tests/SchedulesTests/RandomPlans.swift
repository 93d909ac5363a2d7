// Random sizes and durations for property tests, from a seed that is printed.

import Testing

@testable import Schedules

/// SplitMix64: small, and the same on every machine.
struct SeededRandom: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A random case of one schedule, named so that a failure can be repeated.
struct RandomCase: Sendable, CustomTestStringConvertible {
  var name: String
  var seed: UInt64

  var testDescription: String { "\(name) seed \(seed)" }

  /// Twelve cases of every schedule in the catalogue.
  static let all = ScheduleCatalogue.all.flatMap { kind in
    (1...12).map { RandomCase(name: kind.name, seed: UInt64($0)) }
  }

  /// A plan with random legal sizes: refused sizes are replaced with the nearest legal ones.
  func plan(_ random: inout SeededRandom) throws -> Plan {
    guard let kind = ScheduleCatalogue.named(name) else { throw NoSuchSchedule() }
    var sizes = ScheduleSizes(
      ranks: .random(in: 1...9, using: &random), microbatches: .random(in: 1...24, using: &random),
      chunks: kind.shape == .interleaved ? .random(in: 2...4, using: &random) : nil)
    for _ in 0..<4 {
      guard let refusal = kind.refusal(of: sizes), let nearest = refusal.nearestLegal else { break }
      if refusal.field == "ranks" { sizes.ranks = nearest } else { sizes.microbatches = nearest }
    }
    return try kind.plan(sizes)
  }

  struct NoSuchSchedule: Error {}
}

/// Uneven integer durations by rank, pass and microbatch.
struct UnevenDurations {
  var table: [Int64]

  init(_ random: inout SeededRandom) {
    table = (0..<509).map { _ in .random(in: 1...1000, using: &random) }
  }

  func callAsFunction(_ rank: Int, _ cell: Cell) -> Int64 {
    var sum: Int64 = 0
    let passes = [cell.forwardWork, cell.backwardInputWork, cell.backwardWeightWork]
    for (pass, work) in passes.enumerated() {
      guard let work else { continue }
      sum += table[(rank * 131 + pass * 37 + work.microbatch * 17 + work.stage * 7) % table.count]
    }
    return sum
  }
}

extension StageDurations {
  /// Uneven durations for a number of stages, with a transfer time of up to a third of a forward.
  init(stages: Int, _ random: inout SeededRandom) throws {
    let transfer = Double.random(in: 0...30, using: &random)
    self.init(
      try (0..<stages).map { _ in
        let times = (0..<3).map { _ in Double.random(in: 60...140, using: &random) }
        return try CellDurations(
          forward: times[0], backwardInput: times[1], backwardWeight: times[2],
          transfer: transfer)
      })
  }

  /// Durations that are uneven, or the same for all stages and in tenths, which makes equal waits
  /// likely.
  init(uneven: Bool, stages: Int, _ random: inout SeededRandom) throws {
    if uneven {
      try self.init(stages: stages, &random)
      return
    }
    func tenths(_ range: ClosedRange<Int>) -> Double {
      Double(Int.random(in: range, using: &random)) / 10
    }
    self.init(
      equal: try CellDurations(
        forward: tenths(5...20), backwardInput: tenths(5...20), backwardWeight: tenths(2...20),
        transfer: tenths(0...3)))
  }
}
