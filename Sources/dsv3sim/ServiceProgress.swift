// The progress of a long service on a terminal.

import Foundation
import Synchronization

/// A line that is overwritten: requests that have ended, their rate, and the time that is left.
final class ServiceProgress: Sendable {
  private let wall = WallClock()
  private let toldAt = Mutex(0.0)

  /// Whether stderr is a terminal: nothing is written elsewhere.
  static var isWanted: Bool { isatty(FileHandle.standardError.fileDescriptor) == 1 }

  /// Writes the line if the last one is half a second old.
  func tell(_ ended: Int, of all: Int) {
    let seconds = wall.seconds
    let isDue = toldAt.withLock { last in
      guard seconds - last >= 0.5 else { return false }
      last = seconds
      return true
    }
    guard isDue, ended > 0 else { return }
    let width = 24
    let full = width * ended / max(1, all)
    let bar =
      String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
    let rest = Int(seconds * Double(all - ended) / Double(ended))
    StandardStreams.show(
      String(
        format: "\r[%@] %d/%d requests  %.0f/s  ETA %d:%02d ", bar, ended, all,
        Double(ended) / seconds, rest / 60, rest % 60))
  }

  /// Removes the line.
  func finish() {
    if toldAt.withLock({ $0 > 0 }) { StandardStreams.show("\r\u{1b}[K") }
  }
}
