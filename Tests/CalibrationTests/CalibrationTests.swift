import KernelTimes
import Recording
import Testing
import Text

@testable import Calibration

@Suite("Calibration on files")
struct CalibrationTests {
  /// A table of products a factor slower than predicted.
  private static func table(
    _ factors: [Double], kind: String = "fp8_block_net", gpu: String = "h100-sxm"
  ) throws -> MeasurementFile {
    let device = try #require(Device.named(gpu))
    let model = KernelModel(.gemm, kind, on: device, sustained: false)
    let lines = factors.enumerated().map { place, factor in
      let m = 512 * (place + 1)
      let time = factor * model.microseconds([Double(m), 4096, 7168])
      return "gemm,\(kind),\(gpu),\(m),4096,7168,\(time)"
    }
    return MeasurementFile(
      name: "products.csv",
      text: (["class,kind,gpu,m,n,k,microseconds"] + lines).joined(separator: "\n"))
  }

  @Test("rows faster than the GPU, of unknown GPUs and without time are refused at their lines")
  func refusedRows() throws {
    let calibration = try Calibration([try fixture("own.csv")], gpu: nil)
    let file = calibration.files[0]

    #expect(
      file.leftOut.map { "\($0.line) \($0.verdict.rawValue)" } == [
        "7 refused", "8 refused", "9 refused", "10 refused", "11 refused", "15 refused",
        "16 doubted", "17 refused", "18 refused",
      ])
    #expect(file.leftOut[0].reason.hasPrefix("\"rtx-9000\" is no GPU of the catalogue"))
    #expect(file.leftOut[1].reason == "a time of -1000.0 us is not between 1e-3 and 1e12")
    #expect(file.leftOut[2].reason == "100 us is faster than the peak of h100-sxm, 243.1 us")
    #expect(file.leftOut[5].reason.hasPrefix("120 us is faster than the memory of h100-sxm"))
    #expect(file.leftOut[6].reason.hasSuffix("from the L2 cache"))
    #expect(file.taken.map(\.series).contains("norm h100-sxm pytorch_forward"))
  }

  @Test("times and extents that no kernel has are refused, and end no program")
  func absurdRows() throws {
    let rows = ["0,4096,20", "inf,4096,20", "8192,4096,1e-320", "8192,4096,1e300", "8192,4096,nan"]
    let text =
      "class,kind,gpu,m,k,microseconds\n"
      + (rows + ["4096,4096,33.1"]).map { "norm,cudnn_forward,h800-sxm,\($0)\n" }.joined()

    let calibration = try Calibration([MeasurementFile(name: "a.csv", text: text)], gpu: nil)

    #expect(calibration.files[0].leftOut.count == rows.count)
    #expect(calibration.files[0].leftOut.allSatisfy { $0.verdict == .refused })
  }

  @Test("files without a GPU need one, files of no format and without rows are problems")
  func problems() throws {
    let unnamed = #expect(throws: CalibrationProblem.self) {
      try Calibration([try fixture("deepgemm_first.txt")], gpu: nil)
    }
    #expect(unnamed?.explanations.first?.place == "deepgemm_first.txt:5")
    #expect(unnamed?.explanations.first?.message.contains("give --gpu") == true)
    let unknown = #expect(throws: CalibrationProblem.self) {
      try Calibration([MeasurementFile(name: "a.yaml", text: "name: a\n")], gpu: "h20")
    }
    #expect(unknown?.explanations.first?.place == "a.yaml:1")
    #expect(unknown?.exitStatus == .badData)
    let empty = #expect(throws: CalibrationProblem.self) {
      try Calibration(
        [MeasurementFile(name: "a.csv", text: "class,kind,gpu,m,n,k,us\n")], gpu: nil)
    }
    #expect(empty?.explanations.first?.message == "has no measured row")
  }

  @Test("equal shapes count once, by their median")
  func repeated() throws {
    let file = try Self.table([1.1, 1.1, 1.1])
    let lines = file.text.split(separator: "\n")
    let words = lines[1].split(separator: ",")
    let time = try #require(Double(words[6]))
    let again = [0.97, 1.06].map { factor in
      (words.dropLast().map(String.init) + ["\(time * factor)"]).joined(separator: ",")
    }
    let longer = MeasurementFile(
      name: file.name, text: (lines.map(String.init) + again).joined(separator: "\n"))
    let (once, thrice) = (
      try Calibration([file], gpu: nil), try Calibration([longer], gpu: nil)
    )

    #expect(thrice.members[0].rowCount == 5)
    #expect(thrice.members[0].series.measured == once.members[0].series.measured)
    #expect(thrice.measurements.text == once.measurements.text)
  }

  /// A trace of a long run, of the products of a table, a factor slower than predicted.
  private static func trace(_ factors: [Double]) throws -> MeasurementFile {
    let device = try #require(Device.named("h100-sxm"))
    let model = KernelModel(.gemm, "bf16", on: device)
    let events = factors.enumerated().flatMap { place, factor in
      let m = 512 * (place + 1)
      let time = factor * model.microseconds([Double(m), 4096, 7168])
      return [
        "{\"cat\": \"cpu_op\", \"name\": \"aten::mm\", \"args\": {\"External id\": \(m),"
          + " \"Input Dims\": [[\(m), 7168], [7168, 4096]],"
          + " \"Input type\": [\"c10::BFloat16\"]}}",
        "{\"cat\": \"kernel\", \"name\": \"nvjet\", \"dur\": \(time),"
          + " \"args\": {\"External id\": \(m)}}",
      ]
    }
    return MeasurementFile(
      name: "trace.json",
      text: "{\"traceEvents\": [\n" + events.joined(separator: ",\n") + "\n]}")
  }

  @Test("bursts and long runs of one shape count once, each at its clocks, in any order of files")
  func burstsAndLongRuns() throws {
    let factors = [1.04, 1.05, 1.04, 1.03, 1.04]
    let files = [try Self.table(factors, kind: "bf16"), try Self.trace(factors)]
    func member(_ files: [MeasurementFile]) throws -> Calibration.Member {
      try #require(try Calibration(files, gpu: "h100-sxm").members.first)
    }
    let alone = try files.map { try member([$0]).series }
    let (forth, back) = (try member(files), try member(files.reversed()))

    #expect(forth.series.measured == back.series.measured)
    #expect(forth.series.measured.sources == ["products.csv+trace.json"])
    #expect(forth.rowCount == 10 && forth.series.measured.rows.count == 5)
    #expect(alone.map { $0.measured.rows[0].isSustained } == [false, true])
    for series in alone {
      #expect(abs(forth.series.shrinkage.mean - series.shrinkage.mean) < 1e-9)
    }
  }

  @Test("a set that is refused leaves the prior, and is not in the file")
  func refusedSet() throws {
    let calibration = try Calibration([try Self.table([2.5, 2.4, 2.6, 2.5])], gpu: nil)
    let member = calibration.members[0]

    #expect(member.refusal?.hasPrefix("an offset beyond three times") == true)
    #expect(calibration.measurements.series.isEmpty)
    let row = calibration.study.values["series"].items[0]
    #expect(row["used"] == .bool(false) && row["spread_before"] == row["spread_after"])
  }

  @Test("a borrowed series is known better after three rows, and the file says the same")
  func narrower() throws {
    let calibration = try Calibration([try Self.table([1.12, 1.1, 1.15, 1.11, 1.12])], gpu: nil)
    let member = calibration.members[0]

    // tau 0.15 and omega 0.07 of a product on another GPU of the architecture.
    #expect(abs(member.series.spreads.before - 0.1655) < 1e-4)
    #expect(abs(member.series.spreads.after - 0.0764) < 1e-4)
    #expect(member.halfWidths.after < member.halfWidths.before / 2)
    let read = try Measurements(reading: calibration.measurements.text)
    #expect(read.text == calibration.measurements.text)
  }

  @Test("three arithmetic series that agree tell the clock; two do not")
  func clock() throws {
    let files = try ["bf16", "fp8_block", "fp8_tensor"].map {
      try Self.table([1.04, 1.04, 1.04, 1.04, 1.04, 1.04], kind: $0)
    }
    let three = try Calibration(files, gpu: nil).measurements
    let two = try Calibration(Array(files.prefix(2)), gpu: nil).measurements

    #expect(two.clocks.isEmpty && three.clocks.count == 1)
    #expect(abs(three.clocks[0].offset - 0.037) < 0.006)
    // Bursts do not tell how far clocks fall in a long run.
    #expect(three.clocks[0].deviation == KernelModel.assumedClockDeviation)
    let device = try #require(Device.named("h100-sxm"))
    let library = KernelLibrary(adding: [three])
    let (before, after) = (
      KernelModel(.gemm, "fp8_token", on: device),
      KernelModel(.gemm, "fp8_token", on: device, library: library)
    )
    let extents = [8192.0, 4096, 7168]
    #expect(after.microseconds(extents) > before.microseconds(extents))
    #expect(after.spread(extents).deviation == before.spread(extents).deviation)
  }

  @Test("tables of many rows are thinned evenly")
  func many() throws {
    let calibration = try Calibration(
      [try Self.table((0..<500).map { 1.1 + 0.01 * Double($0 % 3) })], gpu: nil)

    #expect(calibration.members[0].rowCount == 500)
    #expect(calibration.members[0].series.measured.rows.count == MeasuredRows.rowLimit)
    #expect(calibration.members[0].series.tail != nil)
  }

  @Test("the same files give the same bytes")
  func deterministic() throws {
    let names = ["own.csv", "all_reduce.txt", "gemm_perf.csv", "trace.json"]
    let made = try (0..<2).map { _ in
      try Calibration(names.map { try fixture($0) }, gpu: nil)
    }

    #expect(made[0].measurements.text == made[1].measurements.text)
    #expect(made[0].study == made[1].study)
    #expect(!made[0].measurements.series.isEmpty)
  }
}
