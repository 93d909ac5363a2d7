// The colours of the timeline. The hues are Okabe and Ito's set, which can be distinguished with
// any common colour vision deficiency; causes of idle time differ in pattern, not in hue.
// Okabe & Ito, Color Universal Design (2008), https://jfly.uni-koeln.de/color/.

import Recording

/// A kind of bar.
enum TimelineInk: String, CaseIterable {
  case forward = "f"
  case backward = "d"
  case backwardInput = "b"
  case backwardWeight = "w"
  case overlapped = "p"
  case optimizer = "o"
  case schedule = "i"
  case stageImbalance = "s"
  case transfer = "t"
  case experts = "x"
  case exposed = "e"
  case send = "n"

  /// The label in the legend.
  var label: String {
    switch self {
    case .forward: "forward (F)"
    case .backward: "full backward (B + W)"
    case .backwardInput: "backward for input (B)"
    case .backwardWeight: "backward for weights (W)"
    case .overlapped: "overlapped F and B + W"
    case .optimizer: "optimizer and its exchanges"
    case .schedule: "idle: schedule"
    case .stageImbalance: "idle: stage imbalance"
    case .transfer: "idle: pipeline transfer"
    case .experts: "expert imbalance"
    case .exposed: "in cells: exposed exchanges"
    case .send: "sends to other stages"
    }
  }

  /// The value of the SVG attribute `fill`.
  var fill: String {
    switch self {
    case .forward: "#0072B2"
    case .backward: "#E69F00"
    case .backwardInput: "#D55E00"
    case .backwardWeight: "#009E73"
    case .overlapped: "#CC79A7"
    case .optimizer: "#000000"
    case .schedule: "#E6E6E6"
    case .stageImbalance: "url(#hatch)"
    case .transfer: "url(#dots)"
    case .experts: "url(#grid)"
    case .exposed: "#555555"
    case .send: "#56B4E9"
    }
  }

  /// Chooses the ink for a bar of the timeline; nil for operations, which are not drawn.
  init?(_ span: Span) {
    switch span.stream {
    case "cells":
      switch span.label.first {
      case _ where span.phase == .optimizer: self = .optimizer
      case "F": self = span.phase == .overlappedPair ? .overlapped : .forward
      case "D": self = .backward
      case "B": self = .backwardInput
      default: self = .backwardWeight
      }
    case "idle":
      switch Activity(rawValue: span.label) {
      case .schedule: self = .schedule
      case .stageImbalance: self = .stageImbalance
      case .pipelineTransfer: self = .transfer
      case .expertImbalance, .jitter: self = .experts
      case .host: self = .schedule
      case .exposedDispatch, .exposedCombine, .exposedTensor, .exposedContext, .exposedParameters:
        self = .exposed
      case .gradientReduction, .parameterGather, .offload: self = .optimizer
      case .compute, nil: return nil
      }
    case "send_down", "send_up": self = .send
    default: return nil
    }
  }
}
