// The pieces a pipeline schedule puts in order. A cell is what one rank does without interruption;
// how long it takes is not known here. "B" is the input half of the backward pass only; the full
// backward is its own case, because mixing up the two is the common mistake of public comparisons.

/// One microbatch on one stage of its own path through the model.
package struct Work: Hashable, Sendable {
  /// The microbatch, from 0.
  package var microbatch: Int
  /// The position on that microbatch's path, from 0 (embedding end) to `stagesPerPath` - 1 (loss).
  package var stage: Int

  /// Makes the work of a microbatch on a stage; ranges are checked by `PlanChecker`.
  package init(microbatch: Int, stage: Int) {
    self.microbatch = microbatch
    self.stage = stage
  }
}

/// What a rank does in one uninterrupted piece.
package enum Cell: Hashable, Sendable {
  /// The forward pass (F).
  case forward(Work)
  /// The input-gradient half of the backward pass (B).
  case backwardInput(Work)
  /// The weight-gradient half of the backward pass (W).
  case backwardWeight(Work)
  /// Both halves in one piece (D): the input gradient leaves only at its end.
  case backward(Work)
  /// A forward and a full backward run together; it starts when the inputs of both are there.
  case overlapped(forward: Work, backward: Work)
}

extension Cell {
  /// The work whose forward pass this cell holds.
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
