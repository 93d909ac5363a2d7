// swift-tools-version: 6.1
import PackageDescription

/// One room of the house: a target, and the rooms and libraries it may see.
///
/// HouseTests compares this table with the one in the README: the doors stay where they are drawn.
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
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2")
  ],
  targets: [
    room("Units"),
    room("Numerics", outside: ["CGSL"]),
    .systemLibrary(name: "CGSL", providers: [.apt(["libgsl-dev", "libopenblas-dev"])]),
    room("Recording", sees: ["Units"]),
    room("Cluster", sees: ["Units"]),
    room("ModelCost", sees: ["Units", "Cluster"]),
    room("EventKernel", sees: ["Units"]),
    .target(name: "CAllocationCount"),
    room("Benchmarking", sees: ["EventKernel", "Units"], outside: ["CAllocationCount"]),
    room("Training", sees: ["Units", "Cluster", "ModelCost"]),
    room(
      "Scenarios", sees: ["Units", "Cluster", "ModelCost", "Training"],
      outside: [.product(name: "Yams", package: "Yams")]),

    tests(of: "Units"),
    tests(of: "Numerics"),
    tests(of: "Recording", sees: ["Units"]),
    tests(of: "EventKernel", sees: ["Units"]),
    tests(of: "Benchmarking", sees: ["EventKernel", "Units"]),
    tests(of: "ModelCost", sees: ["Units", "Cluster"], fixtures: true),
    tests(of: "Scenarios", sees: ["Units", "Cluster", "ModelCost", "Training"]),
  ],
  swiftLanguageModes: [.v6]
)
