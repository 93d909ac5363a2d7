// Step times of a pool from its surface, with the host's work around each step.

import Serving
import Units

/// The law of a pool's steps.
struct SurfaceLaw: StepLaw {
  private(set) var surface: StepSurface
  let hostTime: Int64
  let overlapsHost: Bool

  init(_ pool: PoolSpec, _ surface: StepSurface) {
    self.surface = surface
    hostTime = pool.hostTime.picoseconds
    overlapsHost = pool.overlapsHost
  }

  mutating func time(of shape: StepShape, in unit: UnitShape) -> Int64 {
    let device = surface.time(point(shape, unit)).picoseconds
    return overlapsHost ? max(device, hostTime) : device + hostTime
  }

  mutating func line(of shape: StepShape, in unit: UnitShape) -> StepSeries {
    let line = surface.line(point(shape, unit))
    let start = line.start.picoseconds
    let perToken = max(0, line.perToken.picoseconds)
    // A time that falls is asked for step by step.
    let limit = line.perToken < .zero ? shape.decodeContext : line.contextLimit - 1
    guard overlapsHost else {
      return StepSeries(start: start + hostTime, perToken: perToken, limit: limit)
    }
    guard start < hostTime else {
      return StepSeries(start: start, perToken: perToken, limit: limit)
    }
    // The host takes longer as long as the GPU's time has not reached its own.
    let equal = perToken > 0 ? shape.decodeContext + Int((hostTime - start) / perToken) : limit
    return StepSeries(start: hostTime, perToken: 0, limit: min(limit, equal))
  }

  private func point(_ shape: StepShape, _ unit: UnitShape) -> SurfacePoint {
    SurfacePoint(
      prefillTokens: shape.prefillTokens, prefillPairsDoubled: shape.prefillPairsDoubled,
      prefillContext: shape.prefillContext, decodes: shape.decodes,
      decodeTokens: shape.decodeTokens, decodeContext: shape.decodeContext,
      unitTokens: unit.meanTokens, imbalance: unit.imbalance)
  }
}
