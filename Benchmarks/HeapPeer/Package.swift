// swift-tools-version: 6.1
import PackageDescription

// A separate package, so that the simulator does not depend on swift-collections.
let package = Package(
  name: "HeapPeer",
  dependencies: [
    .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0")
  ],
  targets: [
    .executableTarget(
      name: "HeapPeer",
      dependencies: [.product(name: "HeapModule", package: "swift-collections")])
  ]
)
