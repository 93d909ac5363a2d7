// A figure from a source, or an assumption, with everything needed to look it up.
//
// Facts are compiled in as members of their group: `.hardware.h800SMs`. A wrong name does not
// compile. To add a fact, add one entry in one file of Groups.

/// One entry of the register.
package struct Fact: Sendable {
  /// The use of a figure in the program.
  package enum Use: String, CaseIterable, Sendable {
    /// Used directly as a parameter.
    case input
    /// Used to solve for constants of a model.
    case calibration
    /// Compared with predictions; nothing depends on it.
    case validation
    /// Assumed for lack of a source.
    case assumed
  }

  /// How the figure was checked against its source.
  package enum Check: String, CaseIterable, Sendable {
    /// Read in the source itself.
    case primary
    /// Read in a copy of the paper.
    case copy
    /// Read in a secondary source that quotes it.
    case secondary
    /// Computed from other facts.
    case derived
    /// Quoted but not compared with the source.
    case unverified

    /// The meaning of the case, as the end of a sentence.
    package var meaning: String {
      switch self {
      case .primary: "read in the source itself"
      case .copy: "read in a copy of the paper"
      case .secondary: "read in a secondary source that quotes it"
      case .derived: "computed from other facts"
      case .unverified: "not compared with the source"
      }
    }
  }

  /// A unique id: `hw.h800.sms`, or for an assumption the name of its constant.
  package let id: String
  /// A number, or a description of the table.
  package let value: String
  /// The unit of the number; empty if the value is text.
  package let unit: String
  /// The conditions of the measurement, or the assumption.
  package let conditions: String
  /// The use of the figure.
  package let use: Use
  /// How it was checked.
  package let check: Check
  /// The title, place and URL of each source; for an assumption, the reason.
  package let citation: String
  /// The day, YYYY-MM-DD, on which the entry was last compared with the notes taken from the
  /// source. The source itself may have been read earlier; `check` says whether it was read.
  package let asOf: String

  /// Makes an entry; several citations are separate sources of the same figure.
  ///
  /// Not inlined: compiling hundreds of copies took 40 s.
  @inline(never)
  init(
    _ id: String, _ value: String, _ unit: String, _ conditions: String, _ use: Use,
    _ check: Check, _ citations: Citation..., asOf: String = "2026-11-27"
  ) {
    self.id = id
    self.value = value
    self.unit = unit
    self.conditions = conditions
    self.use = use
    self.check = check
    self.citation = citations.map(\.text).joined(separator: "; ")
    self.asOf = asOf
  }

  /// The value as a number; nil if it is text.
  package var number: Double? { Double(value) }
}

/// Ids are unique, so two facts are equal if their ids are.
extension Fact: Hashable {
  package static func == (first: Fact, second: Fact) -> Bool { first.id == second.id }

  package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
