// The text form of a profile: the compiled-in file and the output of `moe scale --export`.
//
//   # one note per line
//   domains english,chinese
//   4,1,0,3    one line per layer and domain, domains fastest: each expert's share in 1/65,536

import Text

/// Why text cannot be read as a profile.
package struct LoadProfileProblem: ExplainedError, Hashable {
  /// What is wrong, with the line.
  package let finding: String

  package var explanations: [Explanation] { [Explanation(finding)] }
}

extension LoadProfile {
  private static let unit: Float = 65_536

  /// The profile as text; it ends with a line feed.
  package var text: String {
    var text = notes.map { "# \($0)\n" }.joined()
    text += "domains \(domains.joined(separator: ","))\n"
    for layer in shares {
      for domain in layer {
        text += domain.map { String(Int(($0 * Self.unit).rounded())) }.joined(separator: ",")
        text += "\n"
      }
    }
    return text
  }

  /// Reads a profile.
  ///
  /// - Throws: `LoadProfileProblem` naming the first line that is wrong.
  package init(text: String) throws(LoadProfileProblem) {
    var notes: [String] = []
    var domains: [String] = []
    var rows: [[Float]] = []
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated() {
      func problem(_ what: String) -> LoadProfileProblem {
        LoadProfileProblem(finding: "line \(index + 1): \(what)")
      }
      if line.isEmpty { continue }
      if line.hasPrefix("# ") {
        notes.append(String(line.dropFirst(2)))
      } else if line.hasPrefix("domains ") {
        guard domains.isEmpty else { throw problem("the domains again") }
        domains = line.dropFirst(8).split(separator: ",").map(String.init)
        guard !domains.isEmpty else { throw problem("no name of a domain") }
      } else {
        guard !domains.isEmpty else { throw problem("shares before the domains") }
        let row = try Self.row(line.utf8, problem)
        guard rows.isEmpty || rows[0].count == row.count else {
          throw problem("\(row.count) experts where others have \(rows[0].count)")
        }
        rows.append(row)
      }
    }
    guard !rows.isEmpty, rows.count % domains.count == 0 else {
      throw LoadProfileProblem(
        finding: "\(rows.count) rows do not divide into \(domains.count) domains")
    }
    let shares = stride(from: 0, to: rows.count, by: domains.count).map { first in
      Array(rows[first..<first + domains.count])
    }
    self.init(domains: domains, experts: rows[0].count, shares: shares, notes: notes)
  }

  /// Reads a line of shares, byte by byte for speed: a profile has tens of thousands of them.
  private static func row(
    _ bytes: Substring.UTF8View, _ problem: (String) -> LoadProfileProblem
  ) throws(LoadProfileProblem) -> [Float] {
    var counts: [Int] = [0]
    for byte in bytes {
      if byte == UInt8(ascii: ",") {
        counts.append(0)
      } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte),
        let last = counts.last, last < 1 << 24
      {
        counts[counts.count - 1] = last * 10 + Int(byte - UInt8(ascii: "0"))
      } else {
        throw problem("a share is a whole number")
      }
    }
    guard counts.contains(where: { $0 > 0 }) else { throw problem("no expert has a share") }
    return counts.map { Float($0) / unit }
  }

  /// The compiled-in profile, scaled up from the trace in `traces/`.
  package static var builtin: LoadProfile {
    guard let entry = embeddedTexts.first(where: { $0.name == "v3-router" }) else {
      preconditionFailure("the profile v3-router is compiled in")
    }
    do {
      return try LoadProfile(text: entry.text)
    } catch {
      preconditionFailure("the compiled-in profile is read by a test: \(error)")
    }
  }
}
