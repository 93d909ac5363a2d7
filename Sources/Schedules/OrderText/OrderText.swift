// The notation of orders: a header, then one line per rank. `F3@1` is the forward of microbatch 3
// on stage 1; `B` and `W` are the backward halves, `D` is the full backward, and `F5@0|D2@7` is one
// overlapped cell.

import Text

/// Writes and reads the order text of plans.
package enum OrderText {
  /// The text of a plan, with lines ending in LF.
  ///
  /// A plan whose name is not in the catalogue also names its placement, so that it can be read
  /// back.
  ///
  /// Complexity: O(cells).
  package static func render(_ plan: Plan) -> String {
    var text = "# schedule=\(plan.scheduleName) pp=\(plan.sizes.ranks)"
    text += " microbatches=\(plan.sizes.microbatches)"
    if knownShape(plan.scheduleName) == nil {
      text += " placement=\(shape(of: plan).rawValue)"
      if let chunks = plan.sizes.chunks { text += " chunks=\(chunks)" }
    }
    text += "\n"
    for (rank, cells) in plan.cells.enumerated() {
      text += "r\(rank):"
      for cell in cells { text += " " + render(cell) }
      text += "\n"
    }
    return text
  }

  /// The word of a cell.
  package static func render(_ cell: Cell) -> String {
    switch cell {
    case .forward(let work): word("F", work)
    case .backwardInput(let work): word("B", work)
    case .backwardWeight(let work): word("W", work)
    case .backward(let work): word("D", work)
    case .overlapped(let forward, let backward): word("F", forward) + "|" + word("D", backward)
    }
  }

  private static func word(_ letter: String, _ work: Work) -> String {
    "\(letter)\(work.microbatch)@\(work.stage)"
  }

  private static func shape(of plan: Plan) -> PathShape {
    switch plan.placement {
    case .linear: .linear
    case .bidirectional(_, let unit):
      unit == plan.sizes.microbatches ? .bidirectional : .bidirectionalUnits
    case .vShape: .vShape
    case .interleaved: .interleaved
    }
  }

  /// Shape and chunks of a catalogue schedule's plans, from the name in the header.
  static func knownShape(_ name: String) -> (shape: PathShape, chunks: Int?)? {
    for kind in ScheduleCatalogue.all {
      if kind.shape != .interleaved {
        if name == kind.name { return (kind.shape, nil) }
      } else if name.hasPrefix(kind.name + "_v"),
        let chunks = Int(name.dropFirst(kind.name.count + 2)), chunks > 0
      {
        return (.interleaved, chunks)
      }
    }
    return nil
  }
}

/// The SHA-256 of a plan's order text, as 64 hexadecimal digits that identify the order.
package func orderSHA256(_ plan: Plan) -> String {
  SHA256.hexDigest(Array(OrderText.render(plan).utf8))
}
