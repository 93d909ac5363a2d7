// Cells, the units that a pipeline schedule orders. A rank runs a cell without interruption; its
// duration is defined elsewhere. "B" is only the input-gradient half of the backward pass; the full
// backward is a separate case, because public comparisons often confuse the two.

/// One microbatch on one stage of its path through the model.
package struct Work: Hashable, Sendable {
  /// The microbatch, from 0.
  package var microbatch: Int
  /// The position on that microbatch's path, from 0 (embedding end) to `stagesPerPath` - 1 (loss).
  package var stage: Int

  /// Creates the work of a microbatch on a stage; `PlanChecker` checks the ranges.
  package init(microbatch: Int, stage: Int) {
    self.microbatch = microbatch
    self.stage = stage
  }
}

/// A piece of work that a rank runs without interruption.
package enum Cell: Hashable, Sendable {
  /// The forward pass (F).
  case forward(Work)
  /// The input-gradient half of the backward pass (B).
  case backwardInput(Work)
  /// The weight-gradient half of the backward pass (W).
  case backwardWeight(Work)
  /// Both halves in one piece (D): the input gradient is available only at the end.
  case backward(Work)
  /// A forward and a full backward run together, after the inputs of both have arrived.
  case overlapped(forward: Work, backward: Work)
}

extension Cell {
  /// The work whose forward pass this cell contains.
  package var forwardWork: Work? {
    switch self {
    case .forward(let work), .overlapped(let work, _): work
    case .backwardInput, .backwardWeight, .backward: nil
    }
  }

  /// The work whose input gradient this cell computes.
  package var backwardInputWork: Work? {
    switch self {
    case .backwardInput(let work), .backward(let work), .overlapped(_, let work): work
    case .forward, .backwardWeight: nil
    }
  }

  /// The work whose weight gradient this cell computes.
  package var backwardWeightWork: Work? {
    switch self {
    case .backwardWeight(let work), .backward(let work), .overlapped(_, let work): work
    case .forward, .backwardInput: nil
    }
  }
}
