import Testing

@Suite("dsv3sim facts")
struct FactsCommandTests {
  private func facts(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess.run(ReadmeCommands.builtProgram.path, ["facts"] + arguments)
  }

  @Test("shows one fact with its uses")
  func one() throws {
    let shown = try facts("hw.h800.hbm_bytes")

    #expect(shown.status == 0)
    for text in ["84943110144 B", "profile-data", "input", "GPU h100-sxm, memory"] {
      #expect(shown.output.contains(text), "\(text)")
    }
  }

  @Test("refuses a mistyped id and suggests the nearest one")
  func mistyped() throws {
    let refused = try facts("hw.h800.smz")

    #expect(refused.status == 64 && refused.output.isEmpty)
    #expect(refused.errors.hasPrefix("error: \"hw.h800.smz\" is not a fact\n"))
    #expect(refused.errors.contains("did you mean \"hw.h800.sms\"?"))
  }

  @Test("refuses to print one fact as a page")
  func page() throws {
    #expect(try facts("hw.h800.sms", "--format", "markdown").status == 64)
  }
}
