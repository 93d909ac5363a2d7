import Testing
import Text

@testable import KernelTimes

@Suite("Files of measurements")
struct MeasurementsTests {
  private static func sample() throws -> Measurements {
    let device = try #require(Device.named("h100-sxm"))
    func series(_ kernelClass: MeasuredClass, _ kind: String, _ extents: [[Double]])
      -> CalibratedSeries
    {
      let model = KernelModel(kernelClass, kind, on: device, sustained: false)
      return CalibratedSeries(
        MeasuredRows(
          kernelClass, KernelKind(kind), on: device,
          extents.enumerated().map { place, extents in
            MeasuredRows.Row(
              extents: extents, microseconds: 1.06 * model.microseconds(extents),
              source: place == 0 ? "first.txt" : "my second.csv", isSustained: place == 2)
          }))
    }
    return Measurements(
      [
        series(.gemm, "bf16", [[512, 4096, 4096], [1024, 4096, 4096], [4096, 4096, 7168]]),
        series(
          .attentionForward, "fa",
          [
            [1, 32, 8, 128, 128, 2048, AttentionShape.causal],
            [1, 32, 8, 128, 128, 4096, AttentionShape.full], [1, 32, 8, 128, 128, 8192, 1024],
          ]),
      ], [ClockCalibration(gpu: "h100-sxm", offset: 0.0123, deviation: 0.0101)])
  }

  @Test("a written file reads back as it was, and gives the same predictions")
  func roundTrip() throws {
    let written = try Self.sample()
    let read = try Measurements(reading: written.text)

    #expect(read.text == written.text)
    #expect(read.clocks == written.clocks)
    #expect(read.series.map(\.residuals) == written.series.map(\.residuals))
    #expect(read.series[0].measured.sources == ["first.txt", "my_second.csv"])
    let device = try #require(Device.named("h100-sxm"))
    let models = [written, read].map {
      KernelModel(.gemm, "bf16", on: device, library: KernelLibrary(adding: [$0]))
    }
    #expect(
      models[0].microseconds([700, 4096, 4096]) == models[1].microseconds([700, 4096, 4096]))
    #expect(KernelLibrary(adding: [read]).clock(of: device).deviation == 0.0101)
    #expect(KernelLibrary.compiled.clock(of: device).mean == KernelModel.assumedSustainedClock)
  }

  @Test(
    "a broken file is refused at its line",
    arguments: [
      ("measurements 1", "measurements 2", 1, "is no file of measurements"),
      ("class gemm", "class gem", 2, "\"gem\" is no class of kernels"),
      ("columns m n k", "columns m k n", 3, "columns are not those of the class"),
      ("calibrated h100-sxm bf16", "calibrated h100 bf16", 4, "\"h100\" is no GPU"),
      ("series h100-sxm bf16 first.txt", "series h100-sxm fp8 first.txt", 5, "a table of rows"),
      ("512 4096 4096", "0 4096 4096", 6, "m \"0\" is no extent"),
      ("512 4096 4096", "512 4096", 6, "has 3 numbers"),
      ("512 4096 4096", "512 4096 4096 4096", 6, "has 5 numbers"),
      ("offset", "offset 1 offset", 4, "offset \"1.0\" does not follow"),
      ("clock h100-sxm offset", "clock h100-sxm shift", 20, "is no clock"),
    ])
  func broken(part: String, instead: String, line: Int, message: String) throws {
    let text = try Self.sample().text
    let changed = text.replacing(part, with: instead, maxReplacements: 1)

    let problem = #expect(throws: MeasurementsProblem.self) {
      try Measurements(reading: changed)
    }
    let explanation = try #require(problem?.explanations.first)
    #expect(explanation.place == "\(line)" && explanation.message.hasPrefix(message))
  }

  @Test("a changed time is found by the offset that no longer follows from it")
  func changed() throws {
    var lines = try Self.sample().text.split(separator: "\n").map(String.init)
    let words = lines[5].split(separator: " ").map(String.init)
    let time = try #require(Double(words[3]))
    lines[5] = (words.dropLast() + ["\(time * 1.1)"]).joined(separator: " ")

    let problem = #expect(throws: MeasurementsProblem.self) {
      try Measurements(reading: lines.joined(separator: "\n"))
    }
    #expect(problem?.explanations.first?.message.contains("does not follow from the rows") == true)
  }

  @Test("no compiled row is faster than its GPU can be, but small ones from the cache")
  func possible() {
    var beyond: [String] = []
    for series in Series.all {
      for row in series.rows {
        let work = KernelWork(series.kernelClass, series.kind, row.extents)
        let least = work.least(on: series.device, series.kind)
        let isCached = work.memoryBytes < KernelWork.leastUncachedBytes
        if row.microseconds < max(least.arithmetic, least.link, isCached ? 0 : least.memory) {
          beyond.append("\(series.name) \(row.extents) \(row.microseconds)")
        }
      }
    }
    #expect(beyond == [])
  }
}
