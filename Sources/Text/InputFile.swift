// What a path is, before it is opened: opening a pipe waits for a writer, perhaps for ever.

import Foundation

/// Why a path is not read: it is a pipe, a socket or a device; nil for files, for folders and for
/// what is not there.
///
/// Streams that the caller has opened for this process may be read: `/dev/stdin`, and `/dev/fd/63`
/// of a shell's `<(...)`.
package func inputObstacle(_ path: String) -> String? {
  let isOpened = ["/dev/stdin", "/dev/fd/", "/proc/self/fd/"].contains { path.hasPrefix($0) }
  var status = stat()
  guard !isOpened, stat(path, &status) == 0 else { return nil }
  switch status.st_mode & S_IFMT {
  case S_IFREG, S_IFDIR: return nil
  case S_IFIFO: return "is a pipe, not a file"
  case S_IFSOCK: return "is a socket, not a file"
  default: return "is a device, not a file"
  }
}

extension String {
  /// The text without a byte order mark at its beginning.
  package var withoutByteOrderMark: String {
    unicodeScalars.first == "\u{feff}"
      ? String(UnicodeScalarView(unicodeScalars.dropFirst())) : self
  }
}
