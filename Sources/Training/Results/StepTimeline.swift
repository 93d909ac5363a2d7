// The timeline of a step: a bar for each cell, wait and operation, and memory in use over time. It
// is derived from the times and does not affect them.

import Execution
import Recording
import Schedules
import Units

/// The timeline of a simulated step.
struct StepTimeline {
  let attribution: Attribution

  private var program: StepProgram { attribution.program }
  private var times: StreamTimes { attribution.times }

  /// The bars, rank by rank: cells, idle time by cause, then operations stream by stream.
  ///
  /// Bars of zero duration are omitted. For each rank and activity, the idle bars sum to the rows
  /// of rank times.
  func spans() -> [Span] {
    var cells = [[ProgramCell]](repeating: [], count: program.rankCount)
    for cell in program.cells { cells[cell.rank].append(cell) }
    return (0..<program.rankCount).flatMap { rank in
      cells[rank].map(cellSpan) + updateSpans(rank) + idleSpans(rank) + operationSpans(rank)
    }
  }

  /// Memory of each rank at the start and whenever a cell changes it.
  func memoryPoints(_ memory: MemoryPlan) -> [MemoryPoint] {
    var held = memory.ranks.map { _ in 0.0 }
    var points = memory.ranks.enumerated().map { rank, use in
      MemoryPoint(rank: rank, time: .zero, bytes: Bytes(use.standing))
    }
    for cell in program.cells {
      func add(_ bytes: Double, at time: SimTime) {
        held[cell.rank] += bytes
        let total = memory.ranks[cell.rank].standing + held[cell.rank]
        points.append(MemoryPoint(rank: cell.rank, time: time, bytes: Bytes(total)))
      }
      if let work = cell.cell.forwardWork {
        add(memory.activationBytes(of: work, rank: cell.rank), at: times.start(cell.firstCompute))
      }
      if let work = cell.cell.backwardWeightWork {
        add(-memory.activationBytes(of: work, rank: cell.rank), at: times.end(cell.lastCompute))
      }
    }
    return points
  }

  private func cellSpan(_ cell: ProgramCell) -> Span {
    span(
      rank: cell.rank, stream: "cells", label: OrderText.render(cell.cell),
      phase: Attribution.phase(of: cell.cell), work: Self.work(of: cell.cell),
      times.start(cell.firstCompute), times.end(cell.lastCompute))
  }

  /// The optimizer's update, shown as a last cell.
  private func updateSpans(_ rank: Int) -> [Span] {
    program.stream(.compute, rank: rank).filter {
      program[label: $0].kind == .optimizerUpdate && times.end($0) > times.start($0)
    }.map { update in
      span(
        rank: rank, stream: "cells", label: "update", phase: .optimizer, work: nil,
        times.start(update), times.end(update))
    }
  }

  private func idleSpans(_ rank: Int) -> [Span] {
    attribution.intervals(of: rank).filter { !$0.activity.isBusy }.map { interval in
      let cell = interval.cell.map { program[$0].cell }
      return span(
        rank: rank, stream: "idle", label: interval.activity.rawValue, phase: interval.phase,
        work: cell.flatMap(Self.work), interval.start, interval.end)
    }
  }

  private func operationSpans(_ rank: Int) -> [Span] {
    RankStream.allCases.flatMap { stream in
      program.stream(stream, rank: rank).compactMap { operation -> Span? in
        let label = program[label: operation]
        let (start, end) = (times.start(operation), times.end(operation))
        guard end > start else { return nil }
        let cell = cell(of: operation)
        let work = cell.flatMap { cell in
          label.isForward ? cell.forwardWork : Self.backwardWork(of: cell)
        }
        return span(
          rank: rank, stream: stream.name, label: label.text,
          phase: cell.map(Attribution.phase) ?? .optimizer, work: work, start, end)
      }
    }
  }

  /// The cell to which an operation belongs; for a transfer, the cell whose output it carries.
  private func cell(of operation: OperationID) -> Cell? {
    var label = program[label: operation]
    if label.kind == .send, let source = program.inputs(of: operation).first {
      label = program[label: source]
    }
    return label.cell.map { program[$0].cell }
  }

  private static func work(of cell: Cell) -> Work? { cell.forwardWork ?? backwardWork(of: cell) }

  private static func backwardWork(of cell: Cell) -> Work? {
    cell.backwardInputWork ?? cell.backwardWeightWork
  }

  private func span(
    rank: Int, stream: String, label: String, phase: Phase, work: Work?, _ start: SimTime,
    _ end: SimTime
  ) -> Span {
    Span(
      rank: rank, member: times.member, stream: stream, label: label, phase: phase,
      stage: work?.stage ?? -1, microbatch: work?.microbatch ?? -1, start: start, end: end)
  }
}

extension RankStream {
  /// The name in results.
  var name: String {
    switch self {
    case .compute: "compute"
    case .communication: "communication"
    case .sendDown: "send_down"
    case .sendUp: "send_up"
    case .tensor: "tensor"
    case .context: "context"
    case .unitGather: "gather"
    case .unitReduction: "reduction"
    case .toHost: "to_host"
    case .host: "host"
    case .fromHost: "from_host"
    case .launch: "launch"
    }
  }
}

extension OperationLabel {
  /// The text of its bar.
  fileprivate var text: String {
    let direction = isForward ? "forward" : "backward"
    return switch kind {
    case .attention: "attention \(direction)"
    case .feedForward: "feed-forward \(direction)"
    case .experts: "experts \(direction)"
    case .residual: "residual \(direction)"
    case .dispatch: "dispatch \(direction)"
    case .combine: "combine \(direction)"
    case .send: isForward ? "send activations" : "send gradients"
    case .gradientReduction, .unitReduction: "reduce gradients"
    case .optimizerUpdate: "update"
    case .parameterGather, .unitGather: "gather parameters"
    case .hostDownload: "move to host"
    case .hostUpdate: "update on host"
    case .hostUpload: "move from host"
    case .tensorGather: "gather in tensor group"
    case .tensorScatter: "scatter sums in tensor group"
    case .tensorSum: "sum in tensor group"
    case .contextGather: "gather keys, values"
    case .contextScatter: "scatter gradients of keys, values"
    case .expertGather: "gather rows of experts"
    case .expertScatter: "scatter sums of experts"
    case .headExchange: "exchange heads for tokens"
    case .copySum: "sum gradients of copies"
    case .jitter: "wait for slower GPUs"
    case .launch: "launch"
    case .synchronisation: "synchronise"
    case .contextExchange: isForward ? "pass on keys, values" : "pass on keys, values, gradients"
    }
  }
}
