// Memory bandwidth shared by kernels and an exchange: closed forms, limits, and our own measurement
// of kernels beside a copy.

import Cluster
import Facts
import Foundation
import Testing
import Units

@testable import ModelCost

@Suite("Sharing memory bandwidth")
struct MemorySharingTests {
  private let h800: GPUSpec

  init() throws {
    h800 = try #require(GPUSpec.catalogue.first { $0.name == "h800-sxm" })
  }

  /// - Parameter exchange: its demand in TB/s; memory achieves 3 for one, 2.85 for both.
  private func sharing(
    _ exchange: Double, sms: Int = 0, bandwidth: Double = 3.35e12
  ) -> MemorySharing {
    var gpu = h800
    gpu.memoryBandwidth = BytesPerSecond(bandwidth)
    return MemorySharing(
      KernelTimer(gpu: gpu, recipe: .deepseek, release: .april2025),
      exchange: MemoryDemand(bytes: exchange * 1e12, seconds: 1, sms: sms, of: 132))
  }

  private func near(_ value: Double, _ expected: Double) -> Bool {
    abs(value - expected) <= 1e-12 * abs(expected)
  }

  @Test("above what memory achieves, the larger demand gets what the smaller one leaves")
  func fair() {
    let paces = sharing(0.5).paces(kernelDemand: 3e12)

    #expect(near(paces.kernel, 2.35 / 3))
    #expect(paces.exchange == 1)
  }

  @Test("two demands above half of what memory achieves get half each")
  func halves() {
    let paces = sharing(2).paces(kernelDemand: 2.5e12)

    #expect(near(paces.kernel, 1.425 / 2.5))
    #expect(near(paces.exchange, 1.425 / 2))
  }

  @Test("an exchange on few multiprocessors gets their share, or what the kernel leaves")
  func share() {
    // 33 of 132 multiprocessors: a quarter of 2.85 TB/s.
    let full = sharing(2, sms: 33).paces(kernelDemand: 3e12)
    #expect(near(full.exchange, 0.7125 / 2))
    #expect(near(full.kernel, 2.1375 / 3))
    let partial = sharing(2, sms: 33).paces(kernelDemand: 2e12)
    #expect(near(partial.exchange, 0.425))
    #expect(near(partial.kernel, 1))
  }

  @Test("while the demands fit, neither is slowed", arguments: [0, 1, 2.35])
  func fits(demand: Double) {
    #expect(sharing(0.5).paces(kernelDemand: demand * 1e12) == (1, 1))
  }

  @Test("memory without limits slows nothing")
  func unlimited() {
    let loads: [MemorySharing.Load] = [(1e-3, 3e9), (2e-3, 1e9), (0, 0)]
    let times = sharing(0.5, sms: 20, bandwidth: 1e30).times(loads)

    #expect(times.seconds == 1e-3 + 2e-3)
    #expect(times.exchangePace == 1)
  }

  @Test("bytes are conserved: beside kernels, memory serves no more than it achieves")
  func conserved() {
    for sms in [0, 10, 40] {
      for exchange in stride(from: 0.1, through: 3, by: 0.29) {
        for kernel in stride(from: 0.1, through: 3, by: 0.29) {
          let paces = sharing(exchange, sms: sms).paces(kernelDemand: kernel * 1e12)
          let served = kernel * paces.kernel + exchange * paces.exchange
          #expect(near(served, min(2.85, kernel + exchange)))
          #expect(paces.kernel <= 1 && paces.exchange <= 1)
          #expect(paces.kernel > 0 && paces.exchange > 0)
        }
      }
    }
  }

  @Test("the pace of an exchange beside several kernels is the mean over their time")
  func mean() {
    // One kernel takes twice its time and halves the exchange; the other is not slowed.
    let times = sharing(2.85).times([(6e-3, 17.1e9), (4e-3, 2e-3 * 1e12)])

    #expect(near(times.seconds, 12e-3 + 4e-3))
    #expect(near(times.exchangePace, (12 * 0.5 + 4 * 2.35 / 2.85) / 16))
  }

  @Test("more bandwidth never slows a memory-bound kernel or the exchange beside it")
  func monotone() throws {
    let kernel = Kernel.memory("", .embedding, tokens: 4096, bytesPerToken: 30_000)
    var last = (seconds: Double.infinity, progress: 0.0)
    for bandwidth in stride(from: 1e12, through: 10e12, by: 0.3e12) {
      var gpu = h800
      gpu.memoryBandwidth = BytesPerSecond(bandwidth)
      let timer = KernelTimer(gpu: gpu, recipe: .deepseek, release: .april2025)
      let sharing = MemorySharing(
        timer, exchange: MemoryDemand(bytes: 0.8e12, seconds: 1, sms: 20, of: 132))
      let times = sharing.times([(timer.time(kernel, sms: 112).seconds, kernel.bytes)])
      #expect(times.seconds < last.seconds)
      #expect(times.exchangePace >= last.progress)
      last = (times.seconds, times.exchangePace)
    }
  }
}

/// Golden vectors of simultaneous jobs, made by another program.
@Suite("Jobs that share memory bandwidth")
struct SharedJobsTests {
  private struct Case: Decodable {
    var name: String
    /// In TB/s.
    var cap: Double
    /// Seconds alone, and bytes.
    var jobs: [[Double]]
    var demand_TBs: [Double]
    var first_rates_TBs: [Double]
    var ends_us: [Double]
  }

  private struct Cases: Decodable {
    var cases: [Case]
  }

  /// Figures are printed with nine digits.
  private func near(_ value: Double, _ expected: Double) -> Bool {
    abs(value - expected) <= 5e-9 * abs(expected)
  }

  @Test("rates and ends of jobs that start together meet the vectors")
  func vectors() throws {
    let url = try #require(
      Bundle.module.url(
        forResource: "hbm_sharing", withExtension: "json", subdirectory: "Fixtures"))
    let cases = try JSONDecoder().decode(Cases.self, from: Data(contentsOf: url)).cases

    #expect(cases.count == 4)
    for vector in cases {
      let demands = vector.jobs.map { $0[1] / $0[0] / 1e12 }
      #expect(zip(demands, vector.demand_TBs).allSatisfy { near($0, $1) }, "\(vector.name)")
      let rates = MemorySharing.rates(demands, available: vector.cap)
      #expect(zip(rates, vector.first_rates_TBs).allSatisfy { near($0, $1) }, "\(vector.name)")
      let ends = MemorySharing.ends(
        vector.jobs.map { ($0[0], $0[1]) }, available: vector.cap * 1e12)
      #expect(zip(ends, vector.ends_us).allSatisfy { near($0 * 1e6, $1) }, "\(vector.name)")
    }
  }

  @Test("weights divide what is left among those that ask for more")
  func weights() {
    let rates = MemorySharing.rates([3, 0.5, 3], weights: [1, 1, 3], available: 4.5)

    #expect(rates == [1, 0.5, 3])
  }

  @Test("without jobs nothing ends")
  func none() {
    #expect(MemorySharing.ends([], available: 1).isEmpty)
    #expect(MemorySharing.rates([], available: 1).isEmpty)
  }
}

/// Fact own.h100.beside. Nothing is fitted to these rows.
@Suite("Kernels beside a copy, as measured")
struct BesideCopyTests {
  /// A row of the measurement.
  private struct Row {
    var sms: Int
    var kernelSlowdown: Double
    /// The pace of the copy while the kernel ran beside it.
    var copyPace: Double
    var copyRate: Double
    var kernelSeconds: Double
  }

  private func rows(of kernel: String) throws -> [Row] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "Benchmarks/measurements/h100-sxm.jsonl"), encoding: .utf8)
    let records = try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    func number(_ record: [String: Any], _ key: String) throws -> Double {
      try #require(record[key] as? Double)
    }
    return try records.filter {
      $0["section"] as? String == "beside" && $0["what"] as? String == kernel
    }.map { record in
      let sms = try number(record, "sms_of_copy")
      let counts = try #require(
        records.first {
          $0["section"] as? String == "beside_counts" && $0["what"] as? String == kernel
            && $0["sms_of_copy"] as? Double == sms
        })
      let copy = try #require(
        records.first { $0["what"] as? String == "copy alone" && $0["sms"] as? Double == sms })
      // One more run warms up. They follow each other, and delay the copy by what it lost.
      let busy = try (number(counts, "repetitions") + 1) * number(record, "us_beside")
      let lost = try number(record, "copy_us_beside") - number(record, "copy_us_alone")
      return Row(
        sms: Int(sms), kernelSlowdown: try number(record, "slowdown"), copyPace: 1 - lost / busy,
        copyRate: try number(copy, "GBs") * 1e9,
        kernelSeconds: try number(record, "us_alone") * 1e-6)
    }
  }

  private func model(_ row: Row, bytes: Double) throws -> (slowdown: Double, copyPace: Double) {
    let h100 = try #require(GPUSpec.catalogue.first { $0.name == "h100-sxm" })
    let sharing = MemorySharing(
      KernelTimer(gpu: h100, recipe: .deepseek, release: .april2025),
      exchange: MemoryDemand(bytes: row.copyRate, seconds: 1, sms: row.sms, of: h100.smCount))
    let times = sharing.times([(row.kernelSeconds, bytes)])
    return (times.seconds / row.kernelSeconds, times.exchangePace)
  }

  @Test("an addition comes out up to 19 % too slow, and leaves the copy up to 1.6 times too much")
  func addition() throws {
    let rows = try rows(of: "add of 268 MB")

    #expect(rows.map(\.sms) == [10, 20, 40])
    for row in rows {
      // Each number is read and written.
      let model = try model(row, bytes: 2 * 8192 * 16384 * 2)
      let error = model.slowdown / row.kernelSlowdown
      #expect((1...1.19).contains(error), "\(row.sms): \(model.slowdown) of \(row.kernelSlowdown)")
      let left = model.copyPace / row.copyPace
      #expect((1.1...1.6).contains(left), "\(row.sms): \(model.copyPace) of \(row.copyPace)")
    }
  }

  @Test("a product is bound by its multiprocessors: memory slows neither it nor the copy")
  func product() throws {
    let rows = try rows(of: "gemm 4096x16384x7168").dropFirst()

    // The row of 10 multiprocessors is unexplained: the copy took twenty times as long.
    #expect(rows.map(\.sms) == [20, 40])
    for row in rows {
      let bytes = Kernel.gemm("", m: 4096, n: 16384, k: 7168, precision: .bf16).bytes
      #expect(try model(row, bytes: bytes) == (1, 1))
      // The copy lost a sixth, more than the model says: products read operands more than once.
      #expect((0.8...0.9).contains(row.copyPace))
      // The product lost more than the multiprocessors that the copy held.
      #expect(row.kernelSlowdown > 132 / Double(132 - row.sms))
    }
  }
}
