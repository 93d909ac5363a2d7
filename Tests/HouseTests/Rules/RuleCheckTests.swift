// Each rule's check on a short text that violates it and on one that does not, so that every check
// is known to be able to fail.

import Testing

@Suite("Each house rule detects violations")
struct RuleCheckTests {
  private func swift(_ text: String, path: String = "Sources/A/a.swift") -> SourceFile {
    SourceFile(path: path, text: text)
  }

  private func lines(_ offences: [Offence]) -> [Int] { offences.map(\.line) }

  @Test("a line of 101 characters, not one of 100")
  func longLine() {
    let text = String(repeating: "x", count: 100) + "\n" + String(repeating: "y", count: 101)

    #expect(lines(swift(text).longLines) == [2])
  }

  @Test("a file of 401 lines, not one of 400")
  func longFile() {
    #expect(swift(String(repeating: "\n", count: 400)).excessLines == [])
    #expect(lines(swift(String(repeating: "\n", count: 401)).excessLines) == [401])
  }

  @Test(
    "a body of 61 lines, not one of 60",
    arguments: [
      "func f()", "func f(\n  x: Int = 1\n) throws -> Int", "init()", "subscript(i: Int) -> Int",
      "var x: Int", "public static func < (a: Int, b: Int) -> Bool", "deinit",
      "func f<T>(x: [T]) -> [T]\nwhere T: Sendable",
    ])
  func longFunction(head: String) {
    let headLines = head.split(separator: "\n").count
    let body = { (lines: Int) in
      "\(head) {\n" + String(repeating: "  g()\n", count: lines - headLines - 1) + "}\n"
    }

    #expect(swift(body(60)).longFunctions == [])
    #expect(lines(swift(body(61)).longFunctions) == [1])
  }

  @Test("a command of 41 lines besides its options, not one of 40, extensions included")
  func longCommand() {
    let text = { (lines: Int) in
      "struct A: ParsableCommand {\n  @Option(help: \"a\")\n  var a = 1\n  func run() {\n"
        + String(repeating: "    g()\n", count: lines - 5)
        + "  }\n}\nextension A {\n  var b: Int {\n    1\n  }\n}\n"
    }

    #expect(swift(text(40)).longCommands == [])
    #expect(lines(swift(text(41)).longCommands) == [1])
  }

  @Test("tables and number formatting in a command, not their names in words")
  func presentation() {
    let text = "// TextTable\nlet a = \"JSONValue\"\nvar b = TextTable(c)\nprint(percentText(1))"

    #expect(lines(swift(text).presentation) == [3, 4])
  }

  @Test("a stored property and a requirement have no body")
  func noBody() {
    let text = """
      protocol P { func f() -> Int; var x: Int { get } }
      struct S {
        var a: Int
        var b = [1, 2].map { $0 + 1 }
        func g() { _ = { 1 }() }
      }
      """

    #expect(swift(text).swift.functions.map(\.name) == ["x", "g"])
  }

  @Test("a file without header comment, not a test file with a named suite")
  func header() {
    #expect(lines(swift("import Units\n").missingHeader) == [1])
    #expect(lines(swift("/// A type.\nstruct S {}\n").missingHeader) == [1])
    #expect(swift("// What it is.\n\nimport Units\n").missingHeader == [])
    let suite = "import Testing\n@Suite(\"What holds\") struct T {}\n"
    #expect(swift(suite, path: "Tests/ATests/a.swift").missingHeader == [])
    #expect(lines(swift(suite).missingHeader) == [1])
  }

  @Test("FIXME and TODO without an owner's sentence, in comments only")
  func looseEnds() {
    let text = """
      // FIXME: broken
      // TODO: later
      // TODO(network): replace by the flow model when links are shared.
      let text = "FIXME TODO"  /* TODO later */
      """

    #expect(lines(swift(text).looseEnds) == [1, 2, 4])
  }

  @Test("a declaration without a doc comment, if others can see it")
  func undocumented() {
    let text = """
      public struct A {
        var b: Int
        private var c: Int
        public private(set) var d: Int
        func e() { let inner = 1; func nested() {} }
        init(b: Int) {
          self.b = b
        }
        init() { b = 1 }
        static func < (a: A, b: A) -> Bool { true }
        var description: String { "" }
        @Option(help: "x") var option = 1
      }
      private struct P { var x: Int }
      enum E {
        case one
      }
      private extension A { func hidden() {} }
      extension A { func seen() {} }
      """

    #expect(lines(swift(text).swift.undocumented()) == [1, 2, 4, 5, 9, 15, 16, 19])
  }

  @Test("documented declarations are accepted, with attributes and modifiers in between")
  func documented() {
    let text = """
      /// A.
      @frozen
      public struct A {
        /// B.
        @available(*, deprecated, message: "(x")
        @inlinable public static var b: Int { switch 1 { case let x: return x } }
        /// C.
        var c: [Int] = { let x = 1; return [x] }()
        /// Kinds.
        enum Kind {
          /// One.
          case one(Int), two
        }
      }
      """

    #expect(swift(text).swift.undocumented() == [])
    #expect(swift(text).swift.visibleDeclarations.map(\.name) == ["A", "b", "c", "Kind", "one"])
  }

  @Test(
    "consecutive cases, variables named like their type, and witnesses of the house's protocols")
  func clearWithoutComment() {
    let text = """
      /// E.
      enum E {
        /// Both.
        case one
        case two

        case three
      }
      /// P.
      protocol P {
        /// Its weight.
        var weight: Double { get }
        var size: Double { get }
        /// From its value.
        init?(_ value: Value)
      }
      /// S.
      struct S: P {
        var weight: Double
        var size: Double
        var phase: RunPhase
        var metrics: [Metric]
        var string: String
        init?(_ value: Value) { return nil }
        static let key = Key("heads", [.text, 1], "Heads of a layer.")
        static let other = Key("heads")
        @usableFromInline var inner: Int
      }
      """
    let tokens = swift(text).swift

    #expect(tokens.protocolRequirements == ["weight", "init?(_ value:"])
    #expect(
      lines(tokens.undocumented(requirements: ["weight", "init?(_ value:"]))
        == [7, 13, 20, 23, 26])
    #expect(lines(tokens.undocumented()) == [7, 13, 19, 20, 23, 24, 26])
  }

  @Test(
    "each call that is banned somewhere", arguments: Ban.everywhere + Ban.deterministic)
  func banned(ban: Ban) {
    let call = ban.tokens.joined(separator: " ").replacing(" !", with: "!")
    let other = call.hasPrefix(".") ? "._" + call.dropFirst() : "x" + call

    #expect(swift("let a = 1\n_ = \(other)").swift.offences(against: [ban]) == [])
    #expect(lines(swift("let a = 1\n_ = \(call)").swift.offences(against: [ban])) == [2])
    #expect(swift("let a = \"\(call)\" // \(call)").swift.offences(against: [ban]) == [])
  }

  @Test("public declarations, not the word elsewhere")
  func access() {
    let text = "public struct A {}\n// public\npackage let b = \"public\"\n  public var c = 1"

    #expect(lines(swift(text).swift.publicWords) == [1, 4])
  }

  @Test("banned code in a string interpolation")
  func interpolation() {
    let text = #"print("at \(Date.now) ends")"#

    #expect(lines(swift(text).swift.offences(against: Ban.deterministic)) == [1])
  }

  @Test("iteration over dictionaries and sets, not lookups, sorted or explained ones")
  func unorderedWalks() {
    let text = """
      var byName: [String: Int] = [:]
      let seen: Set<Int> = []
      let list: [Int] = []
      for (key, value) in byName { print(key, value) }
      let a = seen.map { $0 + 1 }
      let b = byName.keys.first
      for x in Set(list) { print(x) }
      for x in list where seen.contains(x) { print(byName["x"] ?? x) }
      let c = byName.keys.sorted()
      // The sum of integers is the same in any order.
      let d = byName.values.reduce(0, +)
      """
    let tokens = swift(text).swift

    let names = tokens.unorderedNames(onlyPublic: false)

    #expect(names == ["byName", "seen"])
    #expect(lines(tokens.unorderedWalks(over: names)) == [4, 5, 6, 7])
  }

  @Test("Foundation and its parts")
  func foundation() {
    let text = "import Units\nimport Foundation\nimport struct Foundation.URL\nimport Dispatch"

    #expect(lines(swift(text).foundationImports) == [2, 3, 4])
  }

  @Test("a test that asserts nothing, not one that asserts through helpers")
  func assertions() {
    let text = """
      struct T {
        @Test("nothing") func nothing() { print("#expect(false)") }
        @Test("text", arguments: [1]) func value(x: Int) throws { try #require(x == 1) }
        @Test func through() { outer() }
        func outer() { check { 1 } }
        func check(_ x: () -> Int) { #expect(x() == 1) }
        @Test func recorded() { Issue.record("x") }
        @Test func unknown() { somebody() }
      }
      """
    let files = [
      swift(text, path: "Tests/ATests/a.swift"),
      swift("func somebody() { #expect(true) }", path: "Tests/BTests/b.swift"),
    ]

    let missing = Assertions(in: files).missing

    #expect(missing.count == 2)
    #expect(missing.first?.hasPrefix("Tests/ATests/a.swift:2: test `nothing` asserts") == true)
    #expect(missing.last?.hasPrefix("Tests/ATests/a.swift:8: test `unknown` asserts") == true)
  }

  @Test("assumptions by name")
  func assumptions() {
    let text = "let assumedPrice = 2\nlet assumed = 1\nstatic func assumedRate() {}\nf(assumedX)"

    #expect(swift(text).swift.assumptions == ["assumedPrice", "assumedRate"])
  }
}
