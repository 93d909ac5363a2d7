// swift-tools-version: 6.1
import PackageDescription

/// One room of the house: a target, and the rooms and libraries it may see.
///
/// HouseTests compares this table with the one in the README, so the doors stay where they are drawn.
func room(
  _ name: String, sees rooms: [String] = [], outside: [Target.Dependency] = [],
  resources: [Resource]? = nil
) -> Target {
  .target(
    name: name,
    dependencies: rooms.map { .init(stringLiteral: $0) } + outside,
    resources: resources)
}

func tests(of name: String, sees rooms: [String] = [], fixtures: Bool = false) -> Target {
  .testTarget(
    name: name + "Tests",
    dependencies: ([name] + rooms).map { .init(stringLiteral: $0) },
    resources: fixtures ? [.copy("Fixtures")] : nil)
}

let package = Package(
  name: "dsv3sim",
  targets: [
    room("Units"),
    room("Recording", sees: ["Units"]),
    room("Cluster", sees: ["Units"]),
    room("ModelCost", sees: ["Units", "Cluster"]),
    room("EventKernel", sees: ["Units"]),
    .target(name: "CAllocationCount"),
    room("Benchmarking", sees: ["EventKernel", "Units"], outside: ["CAllocationCount"]),
    room("Training", sees: ["Units", "Cluster", "ModelCost"]),

    tests(of: "Units"),
    tests(of: "Recording", sees: ["Units"]),
    tests(of: "EventKernel", sees: ["Units"]),
    tests(of: "Benchmarking", sees: ["EventKernel", "Units"]),
    tests(of: "ModelCost", sees: ["Units", "Cluster"], fixtures: true),
  ],
  swiftLanguageModes: [.v6]
)
