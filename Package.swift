// swift-tools-version: 6.1
import PackageDescription

/// One room of the house: a target, and the rooms and libraries it may see.
///
/// HouseTests compares this table with the one in the README, so the doors stay where they are drawn.
func room(
  _ name: String, sees rooms: [String] = [], outside: [Target.Dependency] = [],
  resources: [Resource]? = nil, plugins: [Target.PluginUsage]? = nil
) -> Target {
  .target(
    name: name,
    dependencies: rooms.map { .init(stringLiteral: $0) } + outside,
    resources: resources,
    plugins: plugins)
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
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0")
  ],
  targets: [
    room("Units"),
    room("Numerics"),
    room("Recording", sees: ["Units"]),
    room("Cluster", sees: ["Units", "Numerics"]),
    room("ModelCost", sees: ["Units", "Cluster", "Numerics"]),
    room("Routing", sees: ["Numerics"]),
    room("Training", sees: ["Units", "Cluster", "ModelCost"]),
    room(
      "ResultsStore", sees: ["Recording", "Units"],
      outside: [
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    room("Reports", sees: ["ResultsStore", "Units", "Recording"], plugins: ["EmbedReports"]),
    .executableTarget(name: "embed-reports", path: "Plugins/embed-reports"),
    .plugin(
      name: "EmbedReports", capability: .buildTool(), dependencies: ["embed-reports"]),

    tests(of: "Units"),
    tests(of: "Numerics"),
    tests(of: "Recording", sees: ["Units"]),
    .testTarget(
      name: "ResultsStoreTests",
      dependencies: [
        "ResultsStore", "Recording", "Units", .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    tests(of: "Reports", sees: ["ResultsStore", "Recording", "Units"]),
    tests(of: "Cluster", sees: ["Units"]),
    tests(of: "Routing", fixtures: true),
    tests(of: "ModelCost", sees: ["Units", "Cluster"], fixtures: true),
  ],
  swiftLanguageModes: [.v6]
)
