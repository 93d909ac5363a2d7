// The house rules, checked on every file. RuleCheckTests shows that each check can fail.

import Foundation
import Testing

@Suite("House rules")
struct HouseRulesTests {
  /// Rooms in which one scenario, seed and version must give the same bytes.
  static let deterministicRooms: Set = [
    "Facts", "Units", "Numerics", "EventKernel", "Cluster", "ModelCost", "Schedules", "Routing",
    "MoEEngine", "Recording", "Execution", "Training", "Serving",
  ]
  /// Rooms whose types occur in inlinable code of other rooms, for which `package` does not
  /// suffice, and the rooms that those import.
  static let inlinedRooms: Set = ["Text", "Units", "EventKernel"]
  /// Rooms that use only the standard library.
  static let bareRooms: Set = ["Facts", "Units", "EventKernel", "Schedules"]

  private let swiftFiles = House.sources + House.tests + [House.manifest]

  private func expectNone(_ offences: [String], _ location: SourceLocation = #_sourceLocation) {
    #expect(
      offences.isEmpty, Comment(rawValue: offences.joined(separator: "\n")),
      sourceLocation: location)
  }

  @Test("files of the package are found from this file's path")
  func filesAreFound() {
    #expect(House.sources.contains { $0.path == "Sources/Units/SimTime.swift" })
    #expect(House.tests.contains { $0.path == "Tests/HouseTests/House.swift" })
    #expect(House.manifest.text.contains("let package = Package("))
  }

  @Test(
    "the package is named after its folder, as the package manager does it",
    arguments: [("Ab.Cd-e", "ab_cd_e"), ("9x.git", "_x"), ("dsv3sim", "dsv3sim")])
  func packageName(folder: String, name: String) {
    #expect(House.packageName(inFolder: folder) == name)
  }

  @Test("no line is longer than 100 characters")
  func lineLength() {
    let others =
      House.files(below: "Sources", ending: [".c", ".h"])
      + House.files(below: "reports", ending: [".sql"])
      + House.files(below: "scenarios", ending: [".yaml"])

    expectNone(House.report(swiftFiles + others, \.longLines))
  }

  @Test("no file has more than 400 lines, no function more than 60")
  func sizes() {
    expectNone(House.report(swiftFiles, \.excessLines))
    expectNone(House.report(swiftFiles, \.longFunctions))
  }

  @Test("every file says what it is, and every declaration visible to other rooms is documented")
  func documentation() {
    expectNone(House.report(swiftFiles, \.missingHeader))
    let requirements = Set(House.sources.flatMap(\.swift.protocolRequirements))
    expectNone(
      House.report(House.sources) { file in
        let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
        // An entry in the register of facts documents itself.
        return file.swift.undocumented(requirements: requirements).filter {
          let line = lines[$0.line - 1]
          return (line.contains("public ") || line.contains("package "))
            && !line.hasSuffix(" = Fact(")
        }
      })
  }

  @Test("only rooms that are inlined in others are public; the rest is internal to the package")
  func access() {
    expectNone(
      House.report(House.sources.filter { !Self.inlinedRooms.contains($0.target) }) {
        $0.swift.publicWords
      })
  }

  @Test("there is no FIXME, and no TODO without an owner")
  func looseEnds() {
    expectNone(House.report(swiftFiles, \.looseEnds))
  }

  @Test("there is no as!, and no trap without a reason")
  func traps() {
    expectNone(House.report(House.sources) { $0.swift.offences(against: Ban.everywhere) })
  }

  @Test("Units, EventKernel and Schedules do not import Foundation")
  func bare() {
    let files = House.sources.filter { Self.bareRooms.contains($0.target) }

    expectNone(House.report(files, \.foundationImports))
  }

  @Test("deterministic rooms have no clock, randomness, unordered iteration or threads")
  func determinism() {
    let files = House.sources.filter { Self.deterministicRooms.contains($0.target) }
    let shared = House.sources.reduce(into: Set<String>()) {
      $0.formUnion($1.swift.unorderedNames(onlyPublic: true))
    }

    expectNone(House.report(files) { $0.swift.offences(against: Ban.deterministic) })
    expectNone(
      House.report(files) {
        $0.swift.unorderedWalks(over: shared.union($0.swift.unorderedNames(onlyPublic: false)))
      })
  }

  @Test("a command has at most 40 lines besides its options, and prints what Reports makes")
  func commands() {
    let files = House.sources.filter { $0.target == "dsv3sim" }

    #expect(files.contains { !$0.swift.commands.isEmpty })
    expectNone(House.report(files, \.longCommands))
    expectNone(House.report(files, \.presentation))
  }

  @Test("every test asserts something")
  func assertions() {
    expectNone(Assertions(in: House.tests).missing)
  }
}
