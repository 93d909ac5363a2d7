// The progress of a sweep on a terminal.

import Foundation

/// A line that is overwritten: trials that have ended, their rate, and the time that is left.
///
/// The time left follows the median trial, which a few long ones do not move.
final class SweepProgress {
  private let wall = WallClock()
  private let count: Int
  private let workers: Int
  private let isWanted = ServiceProgress.isWanted
  private var seconds: [Double] = []
  private var toldAt = -1.0

  init(count: Int, workers: Int) {
    self.count = count
    self.workers = workers
  }

  /// Counts a trial, and writes the line if the last one is half a second old.
  func tell(_ trialSeconds: Double, failures: Int) {
    guard isWanted else { return }
    let place = seconds.firstIndex { $0 > trialSeconds } ?? seconds.count
    seconds.insert(trialSeconds, at: place)
    let now = wall.seconds
    guard now - toldAt >= 0.5 else { return }
    toldAt = now
    let median = seconds[seconds.count / 2]
    let left = Int(median * Double(count - seconds.count) / Double(workers))
    let failed = failures == 0 ? "" : "  \(failures) failed"
    StandardStreams.show(
      String(
        format: "\r%d/%d trials  %.1f/s  ETA %d:%02d%@ ", seconds.count, count,
        Double(seconds.count) / max(now, 1e-3), left / 60, left % 60, failed))
  }

  /// Removes the line.
  func finish() {
    if toldAt >= 0 { StandardStreams.show("\r\u{1b}[K") }
  }
}
