// The files that hosts, editors and citations read agree with the sources.

import Foundation
import Testing

@Suite("The files of the project")
struct ProjectFilesTests {
  @Test("the licence is the Apache License 2.0, and the citation names it")
  func licence() {
    let text = House.text("LICENSE")

    #expect(text.contains("Apache License\n                           Version 2.0, January 2004"))
    #expect(text.contains("END OF TERMS AND CONDITIONS"))
    #expect(House.text("CITATION.cff").contains("\nlicense: Apache-2.0\n"))
  }

  @Test("the citation is of the newest release")
  func citation() throws {
    let release = try #require(
      House.text("CHANGELOG.md").firstMatch(of: #/\n## \[([0-9.]+)\] - ([0-9-]+)\n/#))

    let citation = House.text("CITATION.cff")

    #expect(citation.contains("\nversion: \(release.1)\ndate-released: \(release.2)\n"))
  }

  @Test("the hosted workflow runs what .ci/run runs, with the history that versions need")
  func workflow() {
    let workflow = House.text(".github/workflows/ci.yml")

    #expect(workflow.contains("      - run: .ci/run\n"))
    #expect(workflow.contains("fetch-depth: 0\n"))
  }

  @Test("editors wrap Swift where the formatter does")
  func editor() throws {
    let format = House.text(".swift-format")
    let length = try #require(format.firstMatch(of: #/"lineLength": (\d+)/#)?.1)

    let editor = House.text(".editorconfig")

    #expect(editor.contains("[*.swift]\nmax_line_length = \(length)\n"))
  }

  @Test("each issue template has a name, a description and a field that must be filled")
  func templates() {
    let templates = House.files(below: ".github/ISSUE_TEMPLATE", ending: [".yml"])
      .filter { !$0.path.hasSuffix("/config.yml") }

    #expect(templates.count == 3)
    for template in templates {
      #expect(template.text.contains(#/^name: .+\ndescription: .+\n/#), "\(template.path)")
      #expect(template.text.contains("required: true"), "\(template.path)")
    }
  }

  @Test("folders and files that the contributor's page names exist")
  func contributing() {
    let named = House.text("CONTRIBUTING.md").matches(
      of: #/`((?:Sources|Tests|Plugins|Packaging|scenarios|reports|traces)(?:/[A-Za-z0-9.]+)*)`/#)
    let paths = named.map { String($0.1) }

    #expect(paths.count >= 8)
    #expect(paths.filter { !House.has($0) } == [])
  }
}
