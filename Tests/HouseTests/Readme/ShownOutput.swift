// Output as a page shows it, compared with output as a program prints it.

/// Lines of a `text` block. `...` alone on a line stands for any number of left-out lines; every
/// other line is printed as it stands, next to its neighbours. White space at line ends and empty
/// lines at the end of the output do not count.
struct ShownOutput {
  /// Runs of consecutive lines, between the lines that are left out.
  private let runs: [[String]]

  init(_ lines: [String]) {
    runs = lines.split(omittingEmptySubsequences: false) { $0.trimmed == "..." }
      .map { $0.map(Self.line) }
  }

  /// The first difference from an output, in words; nil if there is none.
  func difference(from output: String) -> String? {
    var rest = output.split(separator: "\n", omittingEmptySubsequences: false)
      .map { Self.line(String($0)) }[...]
    while rest.last == "" { rest.removeLast() }

    for (index, run) in runs.enumerated() {
      let isMissing = "does not print, in this order\n" + Self.text(run)
      if index == 0 {
        guard rest.starts(with: run) else { return isMissing }
        rest = rest.dropFirst(run.count)
      } else if index == runs.count - 1 {
        guard rest.suffix(run.count).elementsEqual(run) else { return isMissing }
        rest = []
      } else {
        guard
          let start = rest.indices.first(where: { rest[$0...].starts(with: run) })
        else { return isMissing }
        rest = rest[(start + run.count)...]
      }
    }
    return rest.isEmpty ? nil : "also prints\n" + Self.text(Array(rest.prefix(3)))
  }

  private static func line(_ text: String) -> String {
    String(text.reversed().drop { $0.isWhitespace }.reversed())
  }

  private static func text(_ lines: [String]) -> String { lines.joined(separator: "\n") }
}
