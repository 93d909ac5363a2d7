import Foundation
import Recording
import Testing

@testable import ResultsStore

@Suite("A study in a results file")
struct StudyTests {
  private func study(bound: Double = 1, isPareto: Bool = true) -> Study {
    Study(
      .redundancy,
      [
        "gpus": 32, "model": "deepseek-v3", "share": nil as Double?, "is_even": true,
        "levels": [
          [
            "redundant_experts": 32, "slots_per_gpu": 9, "expert_bytes_per_gpu": 4e10,
            "imbalance_eplb": 1.25, "imbalance": 1.125, "bound": bound, "is_pareto": isPareto,
          ]
        ] as [RecordValue],
      ])
  }

  @Test("is an experiment of its kind, with columns that sqlite3 reads by name")
  func columns() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("r.db"))

    try store.write(study: study(), named: "experts sweep")
    let rows = try store.query(
      """
      SELECT experiment.name, kind, redundant_experts, imbalance, is_pareto, value
      FROM experiment
      JOIN redundancy_level AS level ON level.experiment = experiment.id
      JOIN study_value AS asked ON asked.experiment = experiment.id AND asked.name = 'gpus'
      """
    ).rows

    #expect(
      rows == [
        [
          .text("experts sweep"), .text("redundancy"), .integer(32), .real(1.125), .integer(1),
          .integer(32),
        ]
      ])
  }

  @Test("is read back with its claims, missing values and kinds of numbers")
  func roundTrip() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("r.db"))

    let first = try store.write(study: study(), named: "a")
    let second = try store.write(study: study(isPareto: false), named: "b")

    #expect(try store.study(of: first) == study())
    #expect(try store.study(of: second) == study(isPareto: false))
  }

  @Test("is nil for an experiment that is not a study, and for a comparison of runs")
  func others() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("r.db"))

    let comparison = try store.begin(
      ExperimentHead(kind: "compare", name: "a", hash: "ab", trialCount: 2))

    #expect(try store.study(of: comparison) == nil)
    #expect(try store.study(of: ExperimentID(rawValue: 99)) == nil)
  }

  @Test("INV-12: is refused if a figure is not finite, and nothing of it is stored")
  func notFinite() throws {
    let folder = try Folder()
    let store = try ResultsStore(path: folder.file("r.db"))
    try store.write(study: study(), named: "a")

    #expect(throws: BrokenInvariant.self) {
      try store.write(study: study(bound: .infinity), named: "b")
    }

    #expect(try store.query("SELECT COUNT(*) FROM experiment").rows == [[.integer(1)]])
  }
}
