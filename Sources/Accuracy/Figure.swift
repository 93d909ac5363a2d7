// A published figure, and how it is simulated.

import Facts

/// One published number with the simulation that is held against it.
package struct Figure: Sendable {
  /// Part of the world that figures are about.
  package enum Group: String, CaseIterable, Sendable {
    case counts = "B"
    case exchanges = "E"
    case products = "F"
    case attention = "G"
    case inference = "I"
    case deployments = "J"
    case drafts = "K"
    case storage = "M"
    case reliability = "N"
    case mainStep = "O"
    case throughput = "P"
    case parameters = "Q"
    case reports = "T"

    /// The letter with what it stands for.
    package var title: String {
      switch self {
      case .counts: "B  Model shapes and counts"
      case .exchanges: "E  Expert-parallel exchanges"
      case .products: "F  Matrix products"
      case .attention: "G  Attention kernels"
      case .inference: "I  Limits of inference"
      case .deployments: "J  Published deployments"
      case .drafts: "K  Multi-token prediction"
      case .storage: "M  Storage"
      case .reliability: "N  Reliability and long runs"
      case .mainStep: "O  The published step and run of DeepSeek-V3"
      case .throughput: "P  Training throughput of other models and GPUs"
      case .parameters: "Q  Parameters of published models"
      case .reports: "T  Speeds from public reports"
      }
    }
  }

  /// What is predicted, from the smallest part to the largest.
  package enum Kind: String, CaseIterable, Sendable {
    case counts, kernels, steps, services, runs
  }

  /// The relation of the published figure to the quantity.
  package enum Relation: Sendable {
    case equal
    /// The quantity is at least the figure.
    case atLeast
  }

  package var group: Group
  /// Where it was published.
  package var fact: Fact
  /// What it is, in words.
  package var what: String
  /// The unit of the published and of the simulated value; empty for a count.
  package var unit: String
  /// The published value.
  package var published: Double
  /// One unit of the last digit that was printed.
  package var lastDigit: Double
  package var kind: Kind
  /// Figures of one source, model and GPU share it, and together weigh as one.
  package var family: String
  /// Whether the figure is the quantity itself or a bound of it.
  package var relation = Relation.equal
  /// The constant of the model that it, or a row of its series and shape, entered; nil if none.
  package var use: String?
  package var simulation: Simulation

  /// Makes the entry of a value of a fact.
  ///
  /// - Parameters:
  ///   - key: its name in the fact's text; nil if the fact has one value.
  ///   - digit: the last printed digit, where the text does not show it.
  ///   - factor: from the fact's unit to `unit`.
  /// - Precondition: the fact has that value.
  init(
    _ group: Group, _ fact: Fact, key: String? = nil, _ what: String, _ unit: String,
    digit: Double? = nil, factor: Double = 1, _ kind: Kind, family: String, use: String? = nil,
    _ simulation: Simulation
  ) {
    guard let printed = PrintedValue(fact, key) else {
      preconditionFailure("fact \(fact.id) has no value \(key ?? "of its own")")
    }
    self.init(
      group, fact, what, unit, published: printed.value * factor,
      digit: digit ?? printed.lastDigit * factor, kind, family: family, use: use, simulation)
  }

  /// Makes the entry of one row of a table that the fact describes.
  init(
    _ group: Group, _ fact: Fact, _ what: String, _ unit: String, published: Double, digit: Double,
    _ kind: Kind, family: String, use: String? = nil, _ simulation: Simulation
  ) {
    self.group = group
    self.fact = fact
    self.what = what
    self.unit = unit
    self.published = published
    lastDigit = digit
    self.kind = kind
    self.family = family
    self.use = use
    self.simulation = simulation
  }
}

/// A number in the text of a fact.
struct PrintedValue: Equatable {
  var value: Double
  /// One unit of the last digit: 0.01 for `1.13`, 1 for `119000`.
  var lastDigit: Double

  /// Reads the only value of a fact, or the one after a name: `F 1.13, B 1.99`.
  init?(_ fact: Fact, _ key: String?) {
    var word = fact.value
    if let key {
      let parts = fact.value.split(separator: ", ").map { $0.split(separator: " ") }
      guard let part = parts.first(where: { $0.count == 2 && $0[0] == key }) else { return nil }
      word = String(part[1])
    }
    guard let value = Double(word) else { return nil }
    self.value = value
    let places = word.split(separator: ".", maxSplits: 1).dropFirst().first?.count ?? 0
    lastDigit = (0..<places).reduce(1.0) { digit, _ in digit / 10 }
  }
}
