// swift-tools-version: 6.1
import PackageDescription

/// A room: a target with the rooms and libraries that it may import.
///
/// HouseTests compares these dependencies with the table in docs/architecture.md.
func room(
  _ name: String, sees rooms: [String] = [], outside: [Target.Dependency] = [],
  exclude: [String] = [], resources: [Resource]? = nil, plugins: [Target.PluginUsage]? = nil,
  isNumeric: Bool = false
) -> Target {
  .target(
    name: name,
    dependencies: rooms.map { .init(stringLiteral: $0) } + outside, exclude: exclude,
    resources: resources,
    swiftSettings: optimised(name) + counted(name) + (isNumeric ? processor : []),
    plugins: plugins)
}

/// Rooms that read, store and print. Tests spend little time in them, and without optimisation they
/// are built in a quarter of the time.
let cold = [
  "Facts", "Calibration", "Scenarios", "ResultsStore", "Reports", "Page", "Experiments", "Plans",
  "Accuracy", "Benchmarking", "Fuzzing",
]

/// Debug builds optimise the other rooms, and keep their assertions: tests simulate thousands of
/// steps, gate hundreds of thousands of tokens and train models, which takes several times as long
/// without.
func optimised(_ name: String) -> [SwiftSetting] {
  if cold.contains(name) { return [] }
  return [.unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))]
}

/// The sanitizer that watches the tests, `address` or `thread`: only in `make soak` and its parts.
/// With the former, libFuzzer is built too.
let sanitizer = Context.environment["DSV3SIM_SANITIZED"]

/// Rooms whose readers are fuzzed.
let fuzzed = [
  "Text", "Units", "Recording", "Schedules", "Routing", "MoEEngine", "Training", "Service",
  "Scenarios", "ResultsStore", "Reports", "Page", "Experiments", "Calibration",
]

/// Rooms that are fuzzed count the branches that they execute, by which libFuzzer finds its way.
func counted(_ name: String) -> [SwiftSetting] {
  guard sanitizer == "address", (fuzzed + ["Fuzzing"]).contains(name) else { return [] }
  return [.unsafeFlags(["-sanitize=address,fuzzer"])]
}

/// Vector instructions for the numeric rooms.
///
/// DSV3SIM_MARCH takes a value of clang's -march (x86-64-v3, native); without it, the program runs
/// on every processor of its architecture. Results do not depend on it: sums keep their written
/// order, and multiplications are not fused with additions.
let processor: [SwiftSetting] =
  (Context.environment["DSV3SIM_MARCH"] ?? "").split(separator: " ").map {
    .unsafeFlags(["-Xcc", "-march=\($0)"])
  }

func tests(
  of name: String, sees rooms: [String] = [], outside: [Target.Dependency] = [],
  fixtures: Bool = false
) -> Target {
  .testTarget(
    name: name + "Tests",
    dependencies: ([name] + rooms).map { .init(stringLiteral: $0) } + outside,
    resources: fixtures ? [.copy("Fixtures")] : nil)
}

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "dsv3sim",
  products: [.executable(name: "dsv3sim", targets: ["dsv3sim"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CGSL", providers: [.apt(["libgsl-dev", "libopenblas-dev"])]),
    .target(name: "CBLAS", linkerSettings: [.linkedLibrary("openblas")]),
    .target(name: "CAllocationCount"),
    .executableTarget(name: "embed-texts", path: "Plugins/embed-texts"),
    .plugin(name: "EmbedTexts", capability: .buildTool(), dependencies: ["embed-texts"]),
    .plugin(name: "EmbedVersion", capability: .buildTool()),

    room("Text"),
    room("Facts"),
    room("Units", sees: ["Text"]),
    room("Numerics", outside: ["CGSL"]),
    room("Statistics", sees: ["Units", "Numerics"]),
    room("EventKernel", sees: ["Units"]),
    room("Recording", sees: ["Text", "Units"]),
    room("Cluster", sees: ["Text", "Units", "Facts", "Recording"]),
    room(
      "KernelTimes", sees: ["Text", "Units", "Facts", "Cluster", "Numerics"],
      plugins: ["EmbedTexts"]),
    room("Calibration", sees: ["Text", "Units", "Recording", "KernelTimes", "Numerics"]),
    room(
      "ModelCost", sees: ["Units", "Facts", "Cluster", "KernelTimes", "Numerics", "Statistics"]),
    room("Schedules", sees: ["Text"]),
    room(
      "Routing", sees: ["Text", "Units", "Numerics"], plugins: ["EmbedTexts"], isNumeric: true),
    room(
      "MoEEngine", sees: ["Text", "Units", "Routing"], outside: ["CBLAS"], plugins: ["EmbedTexts"],
      isNumeric: true),
    room("Execution", sees: ["Units", "EventKernel", "Cluster", "Routing", "Recording"]),
    room(
      "Training",
      sees: [
        "Text", "Units", "Execution", "Cluster", "KernelTimes", "ModelCost", "Schedules", "Routing",
        "Recording", "Numerics",
      ]),
    room(
      "Serving",
      sees: [
        "Text", "Units", "Facts", "Execution", "Cluster", "KernelTimes", "ModelCost", "Routing",
        "Recording",
      ]),
    room(
      "Service",
      sees: [
        "Text", "Units", "Numerics", "EventKernel", "Cluster", "ModelCost", "Routing", "Recording",
        "Serving",
      ]),
    room(
      "Runs",
      sees: [
        "Text", "Units", "Numerics", "Statistics", "Recording", "Cluster", "ModelCost", "Training",
      ]),
    room(
      "Scenarios",
      sees: [
        "Text", "Units", "Facts", "Recording", "Cluster", "KernelTimes", "ModelCost", "Schedules",
        "Execution", "Training", "Serving", "Service", "Runs", "Routing",
      ],
      outside: [yams]),
    room(
      "ResultsStore", sees: ["Text", "Recording", "Units", "Routing"], outside: [grdb, grdbSQLite]),
    room(
      "Reports",
      sees: ["ResultsStore", "Text", "Units", "Recording", "Schedules", "Statistics"],
      exclude: ["Embedded/gallery"], plugins: ["EmbedTexts"]),
    room("Page", sees: ["ResultsStore", "Text", "Recording"], plugins: ["EmbedTexts"]),
    room(
      "Experiments",
      sees: [
        "Text", "Units", "Facts", "Numerics", "Recording", "Cluster", "KernelTimes", "ModelCost",
        "Schedules", "Routing", "MoEEngine", "Training", "Serving", "Service", "Runs", "Scenarios",
        "Statistics",
      ]),
    room(
      "Plans",
      sees: [
        "Text", "Units", "Recording", "Cluster", "ModelCost", "Schedules", "Training", "Serving",
        "Service", "Runs", "Statistics", "Scenarios", "Experiments",
      ]),
    room(
      "Accuracy",
      sees: [
        "Facts", "Recording", "Cluster", "ModelCost", "Numerics", "Statistics", "Scenarios",
        "Experiments",
      ],
      plugins: ["EmbedTexts"]),
    room(
      "Benchmarking",
      sees: [
        "Text", "EventKernel", "Units", "Facts", "Recording", "Cluster", "Routing", "MoEEngine",
      ],
      outside: ["CAllocationCount"]),
    room("Fuzzing", sees: fuzzed, outside: [grdbSQLite]),
    .executableTarget(
      name: "dsv3sim",
      dependencies: [
        "Text", "Units", "Facts", "Recording", "Cluster", "ModelCost", "Schedules", "Routing",
        "MoEEngine", "Serving", "Scenarios", "ResultsStore", "Reports", "Page", "Experiments",
        "Plans", "Calibration", "Accuracy", "Benchmarking", argumentParser,
      ],
      plugins: ["EmbedVersion"]),

    tests(of: "Text"),
    tests(of: "Units"),
    tests(of: "Numerics"),
    tests(of: "Statistics", sees: ["Units", "Numerics"], fixtures: true),
    tests(of: "EventKernel", sees: ["Units"]),
    tests(of: "Benchmarking", sees: ["EventKernel", "Units", "Cluster", "MoEEngine"]),
    tests(of: "Recording", sees: ["Units"]),
    tests(of: "Cluster", sees: ["Units", "Facts", "Recording"]),
    tests(of: "KernelTimes", sees: ["Facts", "Numerics", "Text", "Units"], fixtures: true),
    tests(of: "Calibration", sees: ["Text", "KernelTimes", "Recording"], fixtures: true),
    tests(
      of: "ModelCost", sees: ["Units", "Facts", "Cluster", "KernelTimes", "Statistics"],
      fixtures: true),
    tests(of: "Schedules", fixtures: true),
    tests(of: "Routing", sees: ["Units"], fixtures: true),
    tests(of: "MoEEngine", sees: ["Routing", "Units"], fixtures: true),
    tests(of: "Execution", sees: ["Units", "Cluster", "Recording", "Routing"]),
    tests(
      of: "Training",
      sees: ["Units", "Execution", "Cluster", "ModelCost", "Schedules", "Recording", "Routing"],
      fixtures: true),
    tests(
      of: "Serving",
      sees: ["Units", "Numerics", "Execution", "Cluster", "ModelCost", "Recording", "Routing"],
      fixtures: true),
    tests(
      of: "Service", sees: ["Recording", "Units", "Routing", "Cluster", "ModelCost"], fixtures: true
    ),
    tests(
      of: "Runs", sees: ["Units", "Recording", "Training", "Statistics"], fixtures: true),
    tests(
      of: "Scenarios",
      sees: [
        "Units", "Facts", "Recording", "Cluster", "KernelTimes", "ModelCost", "Training", "Serving",
        "Service",
        "Runs", "Routing",
      ],
      fixtures: true),
    tests(
      of: "ResultsStore", sees: ["Recording", "Units", "Routing"], outside: [grdb, grdbSQLite]),
    tests(
      of: "Experiments",
      sees: [
        "Text", "Units", "Facts", "Recording", "Cluster", "Scenarios", "KernelTimes",
        "ModelCost", "Routing", "MoEEngine",
        "ResultsStore", "Schedules", "Training", "Serving", "Service", "Runs", "Statistics",
      ]),
    tests(
      of: "Plans",
      sees: [
        "Recording", "Cluster", "ModelCost", "Service", "Statistics", "Scenarios", "Experiments",
      ]),
    tests(
      of: "Accuracy",
      sees: ["Facts", "Recording", "Scenarios", "Statistics", "Units", "Reports"], fixtures: true),
    tests(
      of: "Reports",
      sees: [
        "ResultsStore", "Recording", "Units", "Facts", "Experiments", "Scenarios", "Routing",
        "Schedules", "Statistics",
      ]),
    tests(of: "Page", sees: ["ResultsStore", "Recording", "Units"], outside: [grdb]),
    tests(of: "Fuzzing", sees: ["Text", "Recording"], outside: ["CAllocationCount"]),
  ],
  swiftLanguageModes: [.v6]
)

// These read texts, and start programs.
if sanitizer != "thread" {
  package.targets.append(
    .testTarget(
      name: "HouseTests", dependencies: ["Text", "Facts", "Cluster", "ModelCost", "Schedules"],
      exclude: ["Browser/reader.js"]))
}

if sanitizer == "address" {
  package.targets.append(
    .executableTarget(
      name: "Fuzz", dependencies: ["Fuzzing"], path: "Fuzz/Sources",
      linkerSettings: [.unsafeFlags(["-sanitize=fuzzer"])]))
}
