// The register: every fact, by group.

extension Fact {
  /// GPUs, nodes and GPU-hour prices.
  package static let hardware = HardwareFacts()
  /// GPUs and nodes after Hopper and of other makers.
  package static let accelerators = AcceleratorFacts()
  /// Links and switches.
  package static let networks = NetworkFacts()
  /// Model shapes.
  package static let models = ModelFacts()
  /// Training of DeepSeek-V3.
  package static let training = TrainingFacts()
  /// Failures of training runs.
  package static let reliability = ReliabilityFacts()
  /// Dispatch and combine times.
  package static let exchanges = ExchangeFacts()
  /// Kernel times.
  package static let kernels = KernelFacts()
  /// Kernel times of other shapes, formats and GPUs.
  package static let measured = MeasuredKernelFacts()
  /// Host work between kernels, and spread between GPUs.
  package static let between = BetweenFacts()
  /// Serving of DeepSeek-V3.
  package static let serving = ServingFacts()
  /// Results that predictions are compared with.
  package static let published = PublishedFacts()
  /// Assumptions, for figures without a source.
  package static let assumed = AssumedFacts()
}

/// The facts about one subject, sorted by id.
package struct FactGroup: Sendable {
  /// The member of `Fact` that holds them: `hardware`.
  package let name: String
  /// The heading in lists.
  package let title: String
  /// The facts, with the names of their members.
  package let members: [(label: String, fact: Fact)]

  /// The facts.
  package var facts: [Fact] { members.map(\.fact) }

  /// Makes a group of all stored properties of `group`, so no entry can be missing from the lists.
  private init(_ name: String, _ title: String, _ group: Any) {
    self.name = name
    self.title = title
    members = Mirror(reflecting: group).children.compactMap { child in
      guard let label = child.label, let fact = child.value as? Fact else { return nil }
      return (label, fact)
    }
  }

  /// Every group, in print order.
  package static let all = [
    FactGroup("hardware", "GPUs and nodes", Fact.hardware),
    FactGroup("accelerators", "Later accelerators and their nodes", Fact.accelerators),
    FactGroup("networks", "Links and switches", Fact.networks),
    FactGroup("models", "Models", Fact.models),
    FactGroup("training", "Training of DeepSeek-V3", Fact.training),
    FactGroup("reliability", "Failures of training runs", Fact.reliability),
    FactGroup("exchanges", "Dispatch and combine", Fact.exchanges),
    FactGroup("kernels", "Kernels", Fact.kernels),
    FactGroup("measured", "Kernels of other shapes, formats and GPUs", Fact.measured),
    FactGroup("between", "Between kernels and GPUs", Fact.between),
    FactGroup("serving", "Serving of DeepSeek-V3", Fact.serving),
    FactGroup("published", "Published results", Fact.published),
    FactGroup("assumed", "Assumptions", Fact.assumed),
  ]
}

extension Fact {
  /// The whole register.
  package static let all = FactGroup.all.flatMap(\.facts)
}
