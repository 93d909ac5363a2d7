// The table of figures: its facts, its identities, and formulas over records made by hand.

import Facts
import Scenarios
import Testing

@testable import Accuracy

@Suite("Published figures")
struct FigureTests {
  @Test("at least 120 figures, of facts of the register")
  func facts() {
    let known = Set(Fact.all.map(\.id))

    #expect(PublishedFigures.all.count >= 120)
    #expect(PublishedFigures.all.allSatisfy { known.contains($0.fact.id) })
    #expect(PublishedFigures.all.allSatisfy { $0.published > 0 && $0.lastDigit > 0 })
  }

  /// The facts of whole results.
  private static let results = FactGroup.all.filter { $0.name == "published" }.flatMap(\.facts)

  @Test("every published result is a figure, or says why it is not simulated")
  func everyResult() {
    let shown = Set(PublishedFigures.all.map(\.fact) + NotSimulated.all.map(\.fact))

    #expect(Self.results.filter { !shown.contains($0) }.map(\.id) == [])
    #expect(Self.results.allSatisfy { $0.use == .validation })
  }

  @Test("every value of a published result is a figure, or among those not simulated")
  func everyValue() {
    for fact in Self.results {
      let values = fact.value.split(separator: ", ").filter {
        $0.split(separator: " ").count == 2
      }
      let figures = PublishedFigures.all.count { $0.fact == fact }
      let left = NotSimulated.all.filter { $0.fact == fact }
        .reduce(0) { $0 + $1.published.split(separator: ", ").count { $0.contains(" ") } }
      guard !values.isEmpty else { continue }
      #expect(figures + left >= values.count, "\(fact.id)")
    }
  }

  @Test("parameters of published models are exact to the parameter")
  func identities() throws {
    let totals = PublishedFigures.parameters.filter { $0.unit.isEmpty }

    #expect(totals.count == 17)
    for figure in totals {
      let value = try #require(figure.simulation.value { _ in nil })
      #expect(value.value == figure.published, "\(figure.what)")
    }
  }

  @Test("a value in a fact's text has the digit that was printed last")
  func printed() throws {
    let fact = Fact.published.trainT4Mrft

    #expect(PrintedValue(fact, "F")?.value == 1.13)
    #expect(abs(try #require(PrintedValue(fact, "F")).lastDigit - 0.01) < 1e-15)
    #expect(PrintedValue(fact, "G") == nil && PrintedValue(fact, nil) == nil)
    #expect(PrintedValue(.published.trainT41F, nil)?.value == 1.13)
  }

  @Test("every scenario is embedded and valid")
  func scenarios() throws {
    for run in Set(PublishedFigures.all.flatMap(\.simulation.cases)) {
      let document = try #require(try EmbeddedScenario.document(run.scenario), "\(run.scenario)")
      #expect(throws: Never.self) {
        try document.scenario(ScenarioChanges(settings: run.settings))
      }
    }
  }
}
