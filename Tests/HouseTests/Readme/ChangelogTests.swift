// CHANGELOG.md follows keepachangelog.com 1.1: Plugins/version.sh reads its newest release.

import Foundation
import Testing

@Suite("The changelog")
struct ChangelogTests {
  private static let sections: Set = [
    "Added", "Changed", "Deprecated", "Removed", "Fixed", "Security", "Fingerprints",
  ]

  /// Violations of the format, one line each.
  private static func problems(in text: String) -> [String] {
    var problems: [String] = []
    var releases: [(version: [Int], date: String)] = []
    let headings = text.split(separator: "\n").filter { $0.hasPrefix("#") }
    if headings.first != "# Changelog" { problems.append("the title is not \"# Changelog\"") }
    if headings.dropFirst().first != "## [Unreleased]" {
      problems.append("the first section is not \"## [Unreleased]\"")
    }
    for heading in headings.dropFirst(2) {
      if heading.hasPrefix("### ") {
        let isKnown = sections.contains(String(heading.dropFirst(4)))
        if !isKnown { problems.append("\(heading): unknown section") }
      } else if let release = heading.wholeMatch(
        of: /## \[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))/)
      {
        let version = [release.1, release.2, release.3].compactMap { Int($0) }
        releases.append((version, String(release.4)))
      } else {
        problems.append("\(heading): not \"## [1.2.3] - 2026-01-31\"")
      }
    }
    for (newer, older) in zip(releases, releases.dropFirst()) {
      if !older.version.lexicographicallyPrecedes(newer.version) || older.date > newer.date {
        problems.append("\(newer.version) is above \(older.version)")
      }
    }
    return problems + (releases.isEmpty ? ["no release"] : [])
  }

  @Test("has an Unreleased section, then releases from newest to oldest, each with its date")
  func form() {
    let problems = Self.problems(in: House.text("CHANGELOG.md"))

    #expect(problems.isEmpty, Comment(rawValue: problems.joined(separator: "\n")))
  }

  @Test(
    "text that violates the format is detected",
    arguments: [
      "", "# Changelog\n## [0.1.0] - 2026-01-01", "# Changelog\n## [Unreleased]",
      "# Changelog\n## [Unreleased]\n## [0.1.0] - 2026-13-01",
      "# Changelog\n## [Unreleased]\n## [0.1.0] - 1 May 2026",
      "# Changelog\n## [Unreleased]\n### Novelties\n## [0.1.0] - 2026-01-01",
      "# Changelog\n## [Unreleased]\n## [0.9.0] - 2026-01-01\n## [0.10.0] - 2026-01-01",
      "# Changelog\n## [Unreleased]\n## [0.2.0] - 2026-01-01\n## [0.1.0] - 2026-01-02",
    ])
  func refusal(text: String) { #expect(!Self.problems(in: text).isEmpty) }
}
