// Finds tests that can never fail, because they assert nothing.

/// Test functions that assert, directly or through helpers of the same test target.
struct Assertions {
  /// One `path:line: message` for each test that asserts nothing.
  let missing: [String]

  init(in files: [SourceFile]) {
    let targets = Dictionary(grouping: files, by: \.target)
    missing = targets.keys.sorted().flatMap { target in
      let files = targets[target] ?? []
      let helpers = Self.helpers(in: files)
      return House.report(files) { file in
        file.swift.testFunctions.filter { !file.swift.asserts($0, helpers: helpers) }.map {
          Offence(
            line: $0.line,
            message: "test `\($0.name)` asserts nothing: use #expect, #require or a helper")
        }
      }
    }
  }

  /// Names of asserting functions, closed under calls.
  private static func helpers(in files: [SourceFile]) -> Set<String> {
    var names: Set<String> = []
    while true {
      let more = files.reduce(into: names) {
        $0.formUnion($1.swift.assertingFunctions(helpers: names))
      }
      if more == names { return names }
      names = more
    }
  }
}
