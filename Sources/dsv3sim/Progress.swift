// The progress of a command that takes more than two seconds, on a terminal only.

import Foundation
import Synchronization

/// A line that is overwritten: a bar, what is done, its rate, and the time that is left.
///
/// Whatever is written next replaces the line. Nothing is written if stderr is not a terminal, and
/// nothing in the first two seconds. It has no colours, so NO_COLOR changes nothing.
final class Progress: Sendable {
  /// Whether stderr is a terminal that can overwrite a line.
  static let isWanted =
    isatty(STDERR_FILENO) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"

  /// A stage of the work: units of one kind.
  private struct Stage {
    var unit: String
    var startedAt: Double
    var toldAt = -Double.infinity
    var counted = 0
    var note = ""
  }

  /// Width of the terminal; 80 if it does not say.
  private static var columns: Int {
    var size = winsize()
    let isKnown = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return isKnown ? Int(size.ws_col) : 80
  }

  private static let quietSeconds = 2.0
  private static let secondsBetweenLines = 0.5

  private let wall = WallClock()
  private let stage: Mutex<Stage>

  /// - Parameter unit: what is counted, in the plural.
  init(_ unit: String) {
    stage = Mutex(Stage(unit: unit, startedAt: 0))
  }

  /// Writes the line if one is due.
  ///
  /// - Parameters:
  ///   - all: the number that there will be; nil if nobody knows.
  ///   - unit: what is counted from now on, if it changes.
  ///   - secondsLeft: an estimate that is better than the rate so far.
  ///   - note: closes the line.
  func tell(
    _ done: Int, of all: Int?, unit: String? = nil, secondsLeft: Double? = nil, note: String = ""
  ) {
    guard Self.isWanted else { return }
    let now = wall.seconds
    let line: String? = stage.withLock { stage in
      if let unit, unit != stage.unit { stage = Stage(unit: unit, startedAt: now) }
      let isDue = now >= Self.quietSeconds && now - stage.toldAt >= Self.secondsBetweenLines
      guard isDue, done > 0 else { return nil }
      stage.toldAt = now
      return Self.line(
        done, of: all, stage.unit, seconds: now - stage.startedAt, left: secondsLeft, note: note)
    }
    guard let line else { return }
    // A line that is broken could not be overwritten.
    StandardStreams.overwrite(String(line.prefix(Self.columns - 1)))
  }

  /// Counts one more of a number that nobody knows.
  @Sendable func count() {
    let (done, note) = stage.withLock { stage in
      stage.counted += 1
      return (stage.counted, stage.note)
    }
    tell(done, of: nil, note: note)
  }

  /// Closes the lines from now on with what is being done, which `count` does not know.
  func note(_ text: String) { stage.withLock { $0.note = text } }

  /// The text of the line.
  private static func line(
    _ done: Int, of all: Int?, _ unit: String, seconds: Double, left: Double?, note: String
  ) -> String {
    let rate = Double(done) / max(seconds, 1e-3)
    let pace = String(format: rate < 10 ? "%.1f/s" : "%.0f/s", rate)
    let end = note.isEmpty ? " " : "  \(note) "
    guard let all else { return "\(done) \(unit)  \(pace)" + end }
    let width = 24
    let full = min(width, width * done / max(1, all))
    let bar = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
    let rest = Int(min(left ?? Double(all - done) / rate, 1e7).rounded(.up))
    let minutes = String(format: "%02d:%02d", rest / 60 % 60, rest % 60)
    let time = rest < 3_600 ? minutes : "\(rest / 3_600):\(minutes)"
    return "[\(bar)] \(done)/\(all) \(unit)  \(pace)  ETA \(time)" + end
  }
}

/// The time that is left of many trials by the median one, which a few long ones do not move.
struct MedianPace {
  private var seconds: [Double] = []

  /// Adds a trial and estimates the time that `waiting` more take.
  mutating func add(_ trialSeconds: Double, waiting: Int, workers: Int) -> Double {
    let place = seconds.firstIndex { $0 > trialSeconds } ?? seconds.count
    seconds.insert(trialSeconds, at: place)
    return seconds[seconds.count / 2] * Double(waiting) / Double(workers)
  }

  /// Number of trials so far.
  var count: Int { seconds.count }
}
