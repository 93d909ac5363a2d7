// What a report can show: each figure is a question in SQL, so that its picture, its table and the
// query that a reader can copy are the same rows. To add one, add it to a catalogue.

/// One figure of a report.
struct PageFigure: Sendable {
  /// How the rows of a figure are drawn. The first columns have the roles given here; all further
  /// ones are in the table only.
  enum Form: String, Sendable {
    /// No picture.
    case table
    /// label, value; then low and high, if there are.
    case bars
    /// label, from, to.
    case ranges
    /// label, value: each bar starts where the one before ends.
    case waterfall
    /// label, series, value.
    case stacked
    /// x, series, y.
    case lines
    /// x, y, label, and 1 for points on the line of those that none beats.
    case points
    /// x, y, value.
    case heat
    /// The bars of a stored timeline, from `SpanText`.
    case timeline
  }

  /// What a figure is about.
  enum Scope: Sendable {
    /// A run, whose number stands for `{run}`.
    case run
    /// An experiment, whose number stands for `{experiment}`.
    case experiment
    /// A whole file.
    case file
  }

  /// Name of its anchor; unique.
  var id: String
  var title: String
  /// What the figure says and how it counts; one or two sentences.
  var note: String
  var scope: Scope
  var form: Form
  /// The table without whose rows there is nothing to show.
  var table: String
  /// What the axes are, with units: of the first column, and of the values.
  var axes = (x: "", y: "")
  /// At most this many rows are kept in the page.
  var limit = 2_000
  var sql: String

  /// The catalogue, in the order of the page.
  static let all: [PageFigure] =
    [summary] + steps + network + experts + runs + services + experiments + [assumptions, list]
}
