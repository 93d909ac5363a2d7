// Which published release of the GEMM kernels a prediction uses.

/// A release of DeepGEMM whose speeds are published for the shapes of DeepSeek-V3.
public enum KernelRelease: String, CaseIterable, Hashable, Sendable {
  /// First public release, 2025-02-25: nearest to the published training trace.
  case february2025 = "2025-02"
  /// After the optimisations of March and April 2025.
  case april2025 = "2025-04"
}
