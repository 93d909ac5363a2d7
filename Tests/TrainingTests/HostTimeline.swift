// One host that launches the kernels of one stream of its GPU: the rule that the streams of a step
// must follow.

/// A host and its GPU, launch by launch.
struct HostTimeline: Hashable, Sendable {
  /// What the host does next.
  enum Step: Hashable, Sendable {
    /// Launches a kernel that takes the GPU `device` seconds.
    case kernel(host: Double, device: Double)
    /// Waits until the GPU is idle, and then for as long.
    case synchronisation(host: Double)
  }

  private let gap: Double
  private var hasKernel = false
  /// When the host is ready for its next step.
  private(set) var host = 0.0
  /// When the GPU ends its last kernel.
  private(set) var device = 0.0
  /// Seconds that the GPU has waited for the host.
  private(set) var waited = 0.0

  /// - Parameter gap: seconds from the end of a kernel to the earliest start of the next.
  init(gap: Double) { self.gap = gap }

  /// Adds a step.
  mutating func add(_ step: Step) {
    switch step {
    case .kernel(let time, let duration):
      host += time
      let free = hasKernel ? device + gap : 0
      waited += max(0, host - free)
      device = max(host, free) + duration
      hasKernel = true
    case .synchronisation(let time):
      host = max(host, device) + time
    }
  }
}
