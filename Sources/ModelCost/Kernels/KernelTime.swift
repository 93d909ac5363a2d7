// The answer of the kernel time model: how long, bound by what, known from where.

import Units

/// The predicted time of one kernel.
public struct KernelTime: Hashable, Sendable {
  /// What the roofline says limits the kernel.
  public enum Bound: String, Sendable {
    /// The peak of the tensor cores, or the bandwidth of HBM.
    case compute
    case memory
  }

  /// Predicted duration in seconds.
  public var seconds: Double
  /// The larger side of the roofline.
  public var boundBy: Bound
  /// Share of the roofline that the kernel reaches.
  public var efficiency: Double
  /// A fact id, `roofline` where nothing was measured, or what was borrowed from where.
  public var source: String
}
