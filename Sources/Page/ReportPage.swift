// A report as one HTML file without any reference to another: styles, scripts and data are in it,
// and its Content-Security-Policy allows nothing else.
//
// Ordinary charts are drawn by Chart.js, from Debian's package libjs-chart.js: small, without
// dependencies, well kept, and readable by people who want to change a chart. Vega and ECharts are
// five to ten times as large, D3 is no chart library. What it lacks, the timeline and heat maps,
// is drawn by our own script.

import Foundation
import Recording
import ResultsStore
import Text

/// The page of one results file, or of two beside each other.
package struct ReportPage {
  private let sources: [PageSource]
  private let version: String

  /// - Parameters:
  ///   - sources: one or two.
  ///   - version: of the program.
  package init(_ sources: [PageSource], version: String) {
    self.sources = sources
    self.version = version
  }

  /// The whole page.
  package var html: String {
    let title = sources.map(\.title).joined(separator: " beside ")
    let scripts = ["chart", "drawings", "page"].map(Self.embedded)
    let style = Self.embedded("style")
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(Self.policy(scripts, style))">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="generator" content="\(escapedHTML("dsv3sim \(version)"))">
      <title>\(escapedHTML(title)) - dsv3sim</title>
      <style>\(style)</style>
      </head>
      <body>
      <header>
      <h1>\(escapedHTML(title))</h1>
      <button type="button" id="theme" aria-pressed="false">Dark</button>
      </header>
      <nav aria-label="Figures"><ul>
      \(links)
      </ul></nav>
      <main class="\(sources.count > 1 ? "two" : "one")">
      \(bodies)
      </main>
      <div id="tip" role="status" hidden></div>
      <noscript><p>The figures of this page are drawn by the script that it contains.</p></noscript>
      <script type="application/json" id="data">\(data.scriptText)</script>
      \(scripts.map { "<script>\($0)</script>" }.joined(separator: "\n"))
      </body>
      </html>

      """
  }

  // MARK: Parts

  /// All figures with their source, in the order of the page.
  private var figures: [(source: Int, shown: ShownFigure)] {
    sources.enumerated().flatMap { index, source in source.figures.map { (index, $0) } }
  }

  private var links: String {
    var seen: Set<String> = []
    return figures.filter { seen.insert($0.shown.figure.id).inserted }.map { source, shown in
      "<li><a href=\"#\(Self.anchor(source, shown))\">\(escapedHTML(shown.figure.title))</a></li>"
    }.joined(separator: "\n")
  }

  private var bodies: String {
    var number = 0
    return sources.enumerated().map { index, source in
      let sections = source.figures.map { shown -> String in
        defer { number += 1 }
        return Self.section(
          shown, source: index, number: number, level: sources.count > 1 ? 3 : 2)
      }
      return """
        <div class="source">
        <div>
        \(sources.count > 1 ? "<h2>\(escapedHTML(source.title))</h2>" : "")
        <p class="facts">\(escapedHTML(([source.file] + source.facts).joined(separator: " | ")))</p>
        </div>
        \(sections.joined(separator: "\n"))
        </div>
        """
    }.joined(separator: "\n")
  }

  private static func anchor(_ source: Int, _ shown: ShownFigure) -> String {
    "s\(source + 1)-\(shown.figure.id)"
  }

  /// - Parameter level: of the heading, one below that of what the figure is a part of.
  private static func section(
    _ shown: ShownFigure, source: Int, number: Int, level: Int
  ) -> String {
    let figure = shown.figure
    let anchor = anchor(source, shown)
    let count = shown.rows.rows.count
    let rows =
      shown.spans != nil
      ? "SQL" : "Table and SQL: \(count) \(count == 1 ? "row" : "rows")"
    let cut = shown.isCut ? " Only the first \(figure.limit) rows are in this page." : ""
    return """
      <section class="figure" id="\(anchor)" data-figure="\(number)" aria-labelledby="\(anchor)-h">
      <h\(level) id="\(anchor)-h">\(escapedHTML(figure.title))</h\(level)>
      <p class="note">\(escapedHTML(figure.note + cut))</p>
      \(picture(figure))
      <details\(figure.form == .table ? " open" : "")><summary>\(rows)</summary>
      \(shown.spans == nil ? "<div class=\"scroll\"><table></table></div>" : "")
      <pre class="sql">\(escapedHTML(shown.sql))</pre>
      <button type="button" class="copy">Copy SQL</button>
      </details>
      </section>
      """
  }

  private static func picture(_ figure: PageFigure) -> String {
    guard figure.form != .table else { return "" }
    let label = escapedHTML("\(figure.title): \(figure.note) Its numbers are in the table below.")
    let canvas = "<canvas role=\"img\" aria-label=\"\(label)\"></canvas>"
    return switch figure.form {
    case .timeline:
      "<div class=\"controls\"></div><div class=\"picture timeline\">\(canvas)</div>"
    case .heat: "<div class=\"picture\">\(canvas)</div>"
    default: "<div class=\"picture chart\">\(canvas)</div>"
    }
  }

  private var data: RecordValue {
    .array(
      figures.map { _, shown in
        let figure = shown.figure
        return .object(
          [
            ("form", .text(figure.form.rawValue)),
            ("axes", .object([("x", .text(figure.axes.x)), ("y", .text(figure.axes.y))])),
            ("columns", .array(shown.rows.columns.map(RecordValue.text))),
            ("rows", .array(shown.rows.rows.map { .array($0.map(\.recorded)) })),
          ] + (shown.spans.map { [("spans", $0.record)] } ?? []))
      })
  }

  // MARK: What is embedded

  private static func embedded(_ name: String) -> String {
    guard let text = embeddedTexts.first(where: { $0.name == name })?.text else {
      preconditionFailure("\(name) is embedded")
    }
    return text
  }

  /// Scripts and styles of this page alone; images that a script makes.
  private static func policy(_ scripts: [String], _ style: String) -> String {
    let allowed = scripts.map(source).joined(separator: " ")
    return "default-src 'none'; script-src \(allowed); style-src \(source(style)); img-src data:;"
      + " base-uri 'none'; form-action 'none'"
  }

  /// The hash of a script or a style in a policy.
  private static func source(_ text: String) -> String {
    let digits = Array(SHA256.hexDigest(Array(text.utf8)))
    let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
      UInt8(String(digits[$0..<$0 + 2]), radix: 16)
    }
    return "'sha256-\(Data(bytes).base64EncodedString())'"
  }
}
