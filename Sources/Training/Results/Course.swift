// The course of a step for people who look at it: a bar for each cell, wait and operation, and the
// memory in use over time. Read off the times; nothing here decides any.

import Execution
import Recording
import Schedules
import Units

/// Tells the timeline of a run.
struct Course {
  let program: StepProgram
  let times: StreamTimes
  let attribution: Attribution

  /// The bars, rank by rank: cells, idle time by cause, then operations stream by stream.
  ///
  /// Bars without duration are left out. The idle bars of a rank and an activity sum to its rows of
  /// rank times.
  func spans() -> [Span] {
    var cells = [[Int]](repeating: [], count: program.rankCount)
    for (index, cell) in program.cells.enumerated() { cells[cell.rank].append(index) }
    return (0..<program.rankCount).flatMap { rank in
      cells[rank].map(cellSpan) + updateSpans(rank) + idleSpans(rank) + operationSpans(rank)
    }
  }

  /// Memory of each rank at the start and whenever a cell changes it.
  func memoryPoints(_ memory: MemoryPlan) -> [MemoryPoint] {
    var held = memory.ranks.map { _ in 0.0 }
    var points = memory.ranks.enumerated().map { rank, use in
      MemoryPoint(rank: rank, time: SimTime(picoseconds: 0), bytes: Bytes(use.standing))
    }
    for cell in program.cells {
      func add(_ bytes: Double, at time: Int64) {
        held[cell.rank] += bytes
        let total = memory.ranks[cell.rank].standing + held[cell.rank]
        points.append(
          MemoryPoint(
            rank: cell.rank, time: SimTime(picoseconds: time), bytes: Bytes(total)))
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

  private func cellSpan(_ index: Int) -> Span {
    let cell = program.cells[index]
    return span(
      rank: cell.rank, stream: "cells", label: OrderText.render(cell.cell),
      phase: Attribution.phase(of: cell.cell), work: Self.work(of: cell.cell),
      times.start(cell.firstCompute), times.end(cell.lastCompute))
  }

  /// The optimizer's update as a last cell.
  private func updateSpans(_ rank: Int) -> [Span] {
    program.stream(.compute, rank: rank).filter {
      program.labels[Int($0)].kind == .optimizerUpdate && times.end($0) > times.start($0)
    }.map { index in
      span(
        rank: rank, stream: "cells", label: "update", phase: .optimizer, work: nil,
        times.start(index), times.end(index))
    }
  }

  private func idleSpans(_ rank: Int) -> [Span] {
    attribution.intervals(of: rank).filter { !$0.activity.isBusy }.map { interval in
      let cell = interval.cell.map { program.cells[$0].cell }
      return span(
        rank: rank, stream: "idle", label: interval.activity.rawValue, phase: interval.phase,
        work: cell.flatMap(Self.work), interval.start, interval.end)
    }
  }

  private func operationSpans(_ rank: Int) -> [Span] {
    Stream.allCases.flatMap { stream in
      program.stream(stream, rank: rank).compactMap { index -> Span? in
        let operation = program.labels[Int(index)]
        let (start, end) = (times.start(index), times.end(index))
        guard end > start else { return nil }
        let cell = cell(of: operation, inputs: program.inputs[Int(index)])
        let work = cell.flatMap { cell in
          operation.isForward ? cell.forwardWork : Self.backwardWork(of: cell)
        }
        return span(
          rank: rank, stream: stream.name, label: operation.label,
          phase: cell.map(Attribution.phase) ?? .optimizer, work: work, start, end)
      }
    }
  }

  /// The cell that an operation belongs to; of a transfer, the one whose output it carries.
  private func cell(of operation: OperationLabel, inputs: [Int32]) -> Cell? {
    var index = operation.cell
    if operation.kind == .send, let input = inputs.first {
      index = program.labels[Int(input)].cell
    }
    return index < 0 ? nil : program.cells[Int(index)].cell
  }

  private static func work(of cell: Cell) -> Work? { cell.forwardWork ?? backwardWork(of: cell) }

  private static func backwardWork(of cell: Cell) -> Work? {
    cell.backwardInputWork ?? cell.backwardWeightWork
  }

  private func span(
    rank: Int, stream: String, label: String, phase: Phase, work: Work?, _ start: Int64,
    _ end: Int64
  ) -> Span {
    Span(
      rank: rank, member: times.member, stream: stream, label: label, phase: phase,
      stage: work?.stage ?? -1,
      microbatch: work?.microbatch ?? -1, start: SimTime(picoseconds: start),
      end: SimTime(picoseconds: end))
  }
}

extension Stream {
  /// The name in results.
  var name: String {
    switch self {
    case .compute: "compute"
    case .communication: "communication"
    case .sendDown: "send_down"
    case .sendUp: "send_up"
    case .tensor: "tensor"
    case .context: "context"
    }
  }
}

extension OperationLabel {
  /// What people call it.
  fileprivate var label: String {
    let direction = isForward ? "forward" : "backward"
    return switch kind {
    case .attention: "attention \(direction)"
    case .feedForward: "feed-forward \(direction)"
    case .experts: "experts \(direction)"
    case .residual: "residual \(direction)"
    case .dispatch: "dispatch \(direction)"
    case .combine: "combine \(direction)"
    case .send: isForward ? "send activations" : "send gradients"
    case .gradientReduction: "reduce gradients"
    case .optimizerUpdate: "update"
    case .parameterGather: "gather parameters"
    case .tensorGather: "gather in tensor group"
    case .tensorScatter: "scatter sums in tensor group"
    case .tensorSum: "sum in tensor group"
    case .contextGather: "gather keys, values"
    case .contextScatter: "scatter gradients of keys, values"
    case .contextExchange: isForward ? "pass on keys, values" : "pass on keys, values, gradients"
    }
  }
}
