// The register: every fact, by group.

extension Fact {
  /// GPUs, nodes and their prices.
  package static let hardware = HardwareFacts()
  /// Links and switches.
  package static let networks = NetworkFacts()
  /// Shapes of models.
  package static let models = ModelFacts()
  /// How DeepSeek-V3 was trained.
  package static let training = TrainingFacts()
  /// Times of dispatch and combine.
  package static let exchanges = ExchangeFacts()
  /// Times of kernels.
  package static let kernels = KernelFacts()
  /// How DeepSeek-V3 is served.
  package static let serving = ServingFacts()
  /// What no source gave.
  package static let assumed = AssumedFacts()
}

/// Facts about one subject, in the order of their ids.
package struct FactGroup: Sendable {
  /// The member of `Fact` that holds them: `hardware`.
  package let name: String
  /// The heading in lists.
  package let title: String
  /// Facts with the names of the members that hold them.
  package let members: [(label: String, fact: Fact)]

  /// The facts.
  package var facts: [Fact] { members.map(\.fact) }

  /// Every stored property of `group` is a fact, so an entry cannot be left out of the lists.
  private init(_ name: String, _ title: String, _ group: Any) {
    self.name = name
    self.title = title
    members = Mirror(reflecting: group).children.compactMap { child in
      guard let label = child.label, let fact = child.value as? Fact else { return nil }
      return (label, fact)
    }
  }

  /// Every group, in the order in which lists print them.
  package static let all = [
    FactGroup("hardware", "GPUs and nodes", Fact.hardware),
    FactGroup("networks", "Links and switches", Fact.networks),
    FactGroup("models", "Models", Fact.models),
    FactGroup("training", "Training of DeepSeek-V3", Fact.training),
    FactGroup("exchanges", "Dispatch and combine", Fact.exchanges),
    FactGroup("kernels", "Kernels", Fact.kernels),
    FactGroup("serving", "Serving of DeepSeek-V3", Fact.serving),
    FactGroup("assumed", "Assumptions", Fact.assumed),
  ]
}

extension Fact {
  /// The whole register.
  package static let all = FactGroup.all.flatMap(\.facts)
}
