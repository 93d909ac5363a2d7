import Testing
@testable import Reports
@Test func zprint() throws {
  print(RunSummary.text(sampleRecord())); print(RunSummary.json(sampleRecord()));
  print(RunSummary.csv(sampleRecord()))
  let s = try SampleStore([sampleRecord(), sampleRecord(schedule: "1f1b")])
  for r in ReportCatalogue.all { print(try s.store.query(r.sql).alignedText) }
}
