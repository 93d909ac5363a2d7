// The streams that a process is born with: its descriptors are taken, and stderr never ends it.

import Foundation

/// Standard input, output and error of this process.
enum StandardStreams {
  /// Opens the descriptors 0 to 2 that the parent closed.
  ///
  /// A file gets the lowest free descriptor: the next one to be opened would become standard error
  /// and receive every message. Each is opened for the unused direction, so reading and
  /// writing fail as on a closed stream.
  static func takeClosed() {
    let directions = [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ]
    for (descriptor, direction) in directions where fcntl(descriptor, F_GETFD) == -1 {
      // Those below it are open by now, so this is the lowest free one.
      _ = open("/dev/null", direction)
    }
  }

  /// Writes a line to stderr.
  ///
  /// A line that cannot be written (a full disk, a closed stream) is lost: there is nowhere to say
  /// so, and the exit status tells how the command went.
  static func tell(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
  }
}
