// Efficiencies of sparse attention and of its indexer.
//
// Published rates of attention are FLOP rates, which are taken as the same share of any GPU's BF16
// peak; reading the selected keys takes at least its bytes. The gradient of sparse attention is not
// published: it is as much slower than its forward as that of dense attention.

import Cluster
import Facts

/// The tables of sparse attention.
struct SparseTables: Sendable {
  /// Scores, by sequences, queries and keys.
  private let scores: ShapeTable
  /// Share of the BF16 peak in decoding, by sequences x queries.
  private let decode: ShapeTable
  private let forwardShare: Double
  private let backwardShare: Double

  /// - Parameter backwardOverForward: efficiency of a dense gradient over that of its forward.
  init(on h800: Roofline, backwardOverForward: Double) {
    scores = ShapeTable(
      points: SparseMeasurements.scores.map { row in
        let kernel = Kernel.indexerScores(
          sequences: row.sequences, queries: row.queries, keys: row.context,
          pairs: AttendedKeys.all.pairs(length: row.queries, cached: row.context - row.queries),
          indexer: SparseMeasurements.indexer)
        return ShapeTable.Point(
          coordinates: ShapeTable.coordinates(row.sequences, row.queries, row.context),
          value: h800.seconds(kernel, sms: GPUSpec.h800SMs) / (row.microseconds * 1e-6))
      })
    let peak = GPUSpec.h800Peaks.bf16
    decode = ShapeTable(
      points: SparseMeasurements.decode.map {
        ShapeTable.Point(coordinates: ShapeTable.coordinates($0.rows), value: $0.flops / peak)
      })
    forwardShare = SparseMeasurements.prefillFLOPs / peak
    backwardShare = forwardShare * backwardOverForward
  }

  /// Efficiency and source of a kernel; nil for every other class.
  func efficiency(of kernel: Kernel, roofline: Roofline, sms: Int) -> (Double, source: SourceText)?
  {
    let shape = kernel.shape
    switch kernel.kernelClass {
    case .indexerScores:
      let value = scores.value(at: ShapeTable.coordinates(shape.groups, shape.k, shape.m))
      return (value, SparseMeasurements.scoreSource)
    case .sparseAttentionDecode:
      let share = decode.value(at: ShapeTable.coordinates(shape.groups * shape.k))
      return (ratio(kernel, share, roofline, sms), SparseMeasurements.decodeSource)
    case .sparseAttention:
      return (ratio(kernel, forwardShare, roofline, sms), SparseMeasurements.source)
    case .sparseAttentionBackward:
      return (ratio(kernel, backwardShare, roofline, sms), SparseMeasurements.backwardSource)
    default: return nil
    }
  }

  /// Roofline over the time at a share of the BF16 peak, or of memory if that takes longer.
  private func ratio(_ kernel: Kernel, _ share: Double, _ roofline: Roofline, _ sms: Int) -> Double
  {
    let gpu = roofline.gpu
    let rate = gpu.bf16Peak.value * share * Double(sms) / Double(gpu.smCount)
    let bandwidth = gpu.memoryBandwidth.value * KernelTimer.achievedBandwidthShare
    let seconds = max(kernel.flops / rate, kernel.bytes / bandwidth)
    return roofline.seconds(kernel, sms: sms) / seconds
  }
}
