import Recording
import Testing

@testable import Reports

@Suite("The summary of a whole training run")
struct RunPhaseSummaryTests {
  @Test("phases, intervals and time by category are shown, and the two kinds of range are named")
  func text() throws {
    let text = RunSummary.text(sampleTrainingRun())

    let line = text.split(separator: "\n").first { $0.hasPrefix("  ramp") } ?? ""
    #expect(
      line.trimmingPrefix("  ").split(separator: #/ {2,}/#) == [
        "ramp", "dualpipe", "100", "1 billion", "4,096", "64 to 128", "600 s", "0.6667",
        "1,024", "10",
      ])
    #expect(text.contains("tokens beyond the phase's end, in its last step: plateau 1,000"))
    #expect(text.contains("95 % interval of the mean"))
    #expect(text.contains("90 % of single runs"))
    let spread = text.split(separator: "\n").first { $0.hasPrefix("  wall time  ") } ?? ""
    #expect(
      spread.trimmingPrefix("  ").split(separator: #/ {2,}/#)
        == ["wall time", "2 days", "1.5 days to 2.5 days", "1.25 days to 2.75 days"])
    #expect(text.contains(#/  lost work +0\.5 +25 % +##########\n/#))
    #expect(text.contains(#/  wall time +2 +100 %/#))
  }

  @Test("other questions have none of these sections")
  func others() {
    #expect(RunPhaseSummary.sections(sampleRecord()).isEmpty)
  }

  @Test("JSON has phases, categories and stops")
  func json() {
    let json = RunSummary.text(sampleTrainingRun(), format: .json)

    #expect(json.contains("\"phase\": \"plateau\""))
    #expect(json.contains("\"category\": \"lost_work\""))
    #expect(json.contains("\"replications\": 2"))
  }
}
