import Foundation
import KernelTimes
import ModelCost
import Testing

@testable import Scenarios

@Suite("A user's own kernel times in a scenario")
struct MeasurementsKeyTests {
  /// Rows of products on the GPU of tiny-16gpu, all slower than predicted by a factor.
  private static func text(_ factor: Double, gpu: String = "h800-sxm") throws -> String {
    let device = try #require(Device.named(gpu))
    let model = KernelModel(.gemm, "fp8_block_net", on: device, sustained: false)
    let rows = [512.0, 1024, 2048, 4096].map { m -> MeasuredRows.Row in
      let extents = [m, 4096, 1024]
      return MeasuredRows.Row(
        extents: extents, microseconds: factor * model.microseconds(extents), source: "own.csv")
    }
    let series = CalibratedSeries(
      MeasuredRows(.gemm, KernelKind("fp8_block_net"), on: device, rows))
    return Measurements([series], []).text
  }

  private func withFiles<Result>(
    _ files: [String: String], _ body: (_ path: String) throws -> Result
  ) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, text) in files {
      try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }
    let path = folder.appending(path: "s.yaml")
    try shippedText("tiny-16gpu").write(to: path, atomically: true, encoding: .utf8)
    return try body(path.path)
  }

  private func problems(_ path: String, _ setting: String) -> [Diagnostic] {
    do {
      _ = try Scenario.load(path: path, overrides: [setting])
      return []
    } catch {
      return error.diagnostics
    }
  }

  @Test("one file or a list of files changes the kernel times of the step, and is recorded")
  func timed() throws {
    try withFiles(["own.txt": try Self.text(1.08), "other.txt": try Self.text(1.1, gpu: "h20")]) {
      path in
      let plain = try Scenario.load(path: path)
      let one = try Scenario.load(path: path, overrides: ["measurements=own.txt"])
      let two = try Scenario.load(path: path, overrides: ["measurements=[own.txt, other.txt]"])

      #expect(plain.library == .compiled && one.library != .compiled)
      #expect(one.training.library == one.library && two.library != one.library)
      #expect(one.text.contains("\n# measurements: series h800-sxm fp8_block_net own.csv\n"))
      let times = [plain, one, two].map { scenario in
        let spec = scenario.training
        return KernelTimer(
          gpu: scenario.cluster.node.gpu, recipe: .deepseek, release: spec.kernelRelease,
          library: spec.library
        ).time(
          .gemm("up", m: 1024, n: 4096, k: 1024, precision: .fp8), sms: 132)
      }
      let ratio = times[1].seconds / times[0].seconds
      #expect(ratio > 1.04 && ratio < 1.09, "\(ratio)")
      #expect(times[2].seconds == times[1].seconds)
      #expect(times[1].source.text.contains("own rows of own.csv"))
    }
  }

  @Test("the library is made once for the scenarios of a document")
  func cached() throws {
    try withFiles(["own.txt": try Self.text(1.08)]) { path in
      let document = try ScenarioDocument(path: path)
      let changes = ScenarioChanges(overrides: ["measurements=own.txt"])
      let scenarios = try (0..<2).map { _ in try document.scenario(changes) }

      #expect(scenarios[0].library === scenarios[1].library)
      #expect(document.companions(changes).map(\.name) == ["own.txt"])
    }
  }

  @Test("a broken, a missing and a doubled file are refused where the fault is")
  func refused() throws {
    let text = try Self.text(1.08)
    let broken = text.replacing("512 4096 1024", with: "512 4096 none")
    try withFiles(["own.txt": text, "again.txt": text, "broken.txt": broken]) { path in
      let found = problems(path, "measurements=broken.txt")
      #expect(found.map(\.message) == ["k \"none\" is no extent"])
      #expect(found.map(\.line) == [6] && found[0].source.hasSuffix("/broken.txt"))
      #expect(problems(path, "measurements=absent.txt").map(\.isMissingFile) == [true])
      #expect(
        problems(path, "measurements=[own.txt, again.txt]").map(\.message) == [
          "\"again.txt\" has rows of gemm h800-sxm fp8_block_net, and so has \"own.txt\""
        ])
      #expect(
        problems(path, "measurements=[own.txt, own.txt]").map(\.message) == [
          "\"own.txt\" is listed twice"
        ])
      #expect(problems(path, "measurements=s.yaml").map(\.line) == [1])
    }
  }
}
