// Efficiencies of decode kernels by shape, relative to the roofline of the measured GPU.

import Cluster
import Facts

/// The tables for decoding, in addition to those of `KernelTimer`.
struct DecodeTables: Sendable {
  /// Dense products, by rows, columns and inner extent.
  private let dense: ShapeTable
  /// Grouped products, by experts, rows per expert, columns and inner extent.
  private let masked: ShapeTable
  /// Attention, by sequences and context.
  private let attention: ShapeTable
  /// Grouped-query attention, by sequences x KV heads, context, and query heads of a KV head.
  private let grouped: ShapeTable

  init(on roofline: Roofline) {
    dense = KernelTimer.table(
      DenseGEMMMeasurements.april2025 + SmallGEMMMeasurements.all, on: roofline)
    masked = ShapeTable(
      points: MaskedGEMMMeasurements.all.map { row in
        let kernel = Kernel.maskedGEMM(
          "", experts: row.groups, m: row.m, n: row.n, k: row.k, precision: .fp8)
        return ShapeTable.Point(
          coordinates: ShapeTable.coordinates(row.groups, row.m, row.n, row.k),
          value: roofline.seconds(kernel, sms: GPUSpec.h800SMs) / (row.microseconds * 1e-6))
      })
    attention = ShapeTable(
      points: AttentionDecodeMeasurements.rows.map { row in
        let kernel = Kernel.attentionDecode(
          sequences: row.sequences, queries: 1, context: row.context,
          latent: AttentionDecodeMeasurements.latent, cache: .bf16)
        return ShapeTable.Point(
          coordinates: ShapeTable.coordinates(row.sequences, row.context),
          value: roofline.seconds(kernel, sms: GPUSpec.h800SMs) / (row.microseconds * 1e-6))
      })
    grouped = ShapeTable(
      points: GroupedDecodeMeasurements.rows.map { row in
        let kernel = Kernel.groupedAttentionDecode(
          sequences: row.sequences, queries: 1, context: row.context, grouped: row.attention,
          cache: .bf16)
        return ShapeTable.Point(
          coordinates: Self.groupedCoordinates(kernel.shape),
          value: roofline.seconds(kernel, sms: GPUSpec.h800SMs) / (row.microseconds * 1e-6))
      })
  }

  private static func groupedCoordinates(_ shape: KernelShape) -> [Double] {
    ShapeTable.coordinates(shape.groups, shape.m, shape.n)
  }

  /// Efficiency and source of a decode kernel; nil for every other class.
  func efficiency(of kernel: Kernel, roofline: Roofline, sms: Int) -> (Double, source: SourceText)?
  {
    let shape = kernel.shape
    switch kernel.kernelClass {
    case .decodeGEMM:
      let value = dense.value(at: ShapeTable.coordinates(shape.m, shape.n, shape.k))
      return (value, KernelTimer.borrowedFromFP8(SmallGEMMMeasurements.source, kernel))
    case .maskedGEMM:
      let value = masked.value(
        at: ShapeTable.coordinates(shape.groups, shape.m, shape.n, shape.k))
      return (value, KernelTimer.borrowedFromFP8(MaskedGEMMMeasurements.source, kernel))
    case .attentionDecode:
      let value = attention.value(at: ShapeTable.coordinates(shape.groups, shape.m))
      var source =
        kernel.precision == .fp8
        ? AttentionDecodeMeasurements.fp8Source : AttentionDecodeMeasurements.source
      if shape.k > 1 { source = source + SourceText(words: ", \(shape.k) queries by roofline") }
      guard kernel.precision == .fp8 else { return (value, source) }
      let share = Double(sms) / Double(GPUSpec.h800SMs)
      let slowest = kernel.flops / (AttentionDecodeMeasurements.fp8CacheFLOPs * share)
      return (min(value, roofline.seconds(kernel, sms: sms) / slowest), source)
    case .groupedAttentionDecode:
      var source = GroupedDecodeMeasurements.source
      if kernel.precision == .fp8 { source = source + ", BF16 efficiency borrowed" }
      if shape.k > 1 { source = source + SourceText(words: ", \(shape.k) queries by roofline") }
      return (grouped.value(at: Self.groupedCoordinates(shape)), source)
    default: return nil
    }
  }
}
