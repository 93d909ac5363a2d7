// A figure that was read somewhere, or assumed, with all that is needed to look it up.
//
// Facts are compiled in and are members of their group: `.hardware.h800SMs`. A name that does not
// exist does not compile. To add a fact: one entry in one file of Groups.

/// One entry of the register.
package struct Fact: Sendable {
  /// What the program does with the figure.
  package enum Use: String, CaseIterable, Sendable {
    /// A parameter, taken as it is.
    case input
    /// Constants of a model are solved from it.
    case calibration
    /// Predictions are held against it; nothing depends on it.
    case validation
    /// No source gave it.
    case assumed
  }

  /// How the figure came from its source into the register.
  package enum Check: String, CaseIterable, Sendable {
    /// Read in the source itself.
    case primary
    /// Read in a copy of the paper.
    case copy
    /// Read where somebody else quotes the source.
    case secondary
    /// Arithmetic on other facts.
    case derived
    /// Quoted, and not compared with the source.
    case unverified

    /// The case as a sentence goes on.
    package var meaning: String {
      switch self {
      case .primary: "read in the source itself"
      case .copy: "read in a copy of the paper"
      case .secondary: "read where somebody else quotes the source"
      case .derived: "arithmetic on other facts"
      case .unverified: "not compared with the source"
      }
    }
  }

  /// Unique: `hw.h800.sms`, or the name of the constant of an assumption.
  package let id: String
  /// A number, or what the table holds.
  package let value: String
  /// Of the number; empty where the value is words.
  package let unit: String
  /// What was measured under which conditions, or what is assumed.
  package let conditions: String
  /// What the figure is used for.
  package let use: Use
  /// How far it was checked.
  package let check: Check
  /// Title, place and URL of each source; of an assumption why it is what it is.
  package let citation: String
  /// The day, YYYY-MM-DD, on which the entry was last compared with the notes taken from the
  /// source, which may itself have been read earlier; `check` says whether it was.
  package let asOf: String

  /// An entry; several citations are separate sources of the same figure.
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

  /// The value as a number; nil where it is words.
  package var number: Double? { Double(value) }
}

/// An id stands for one entry, so two facts are the same where their ids are.
extension Fact: Hashable {
  package static func == (first: Fact, second: Fact) -> Bool { first.id == second.id }

  package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
