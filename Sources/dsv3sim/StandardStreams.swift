// The standard streams: descriptors 0 to 2 are always open, failed writes to stderr are ignored.

import Foundation
import Synchronization
import Text

/// Standard input, output and error of this process.
enum StandardStreams {
  /// Opens the descriptors 0 to 2 that the parent closed.
  ///
  /// A file gets the lowest free descriptor, so the next file to be opened could become standard
  /// error and receive every message. Each descriptor is opened for the unused direction, so
  /// reading and writing fail as on a closed stream.
  static func takeClosed() {
    let directions = [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ]
    for (descriptor, direction) in directions where fcntl(descriptor, F_GETFD) == -1 {
      // All lower descriptors are open by now, so this is the lowest free one.
      _ = open("/dev/null", direction)
    }
  }

  /// Writes a line to stderr.
  ///
  /// A line that cannot be written (a full disk, a closed stream) is lost; the exit status still
  /// shows the outcome of the command.
  static func tell(_ line: String) {
    clearLine()
    write(terminalText(line) + "\n")
  }

  /// Writes a line to the terminal of stderr that the next one, or any other text, replaces.
  static func overwrite(_ line: String) {
    hasOpenLine.withLock {
      write(clearing + line)
      $0 = true
    }
  }

  /// Removes the line that `overwrite` left, if any: before other text, and before stdout.
  static func clearLine() {
    hasOpenLine.withLock {
      if $0 { write(clearing) }
      $0 = false
    }
  }

  private static let hasOpenLine = Mutex(false)
  /// To the first column, and erase to the end of the line.
  private static let clearing = "\r\u{1b}[K"

  private static func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
