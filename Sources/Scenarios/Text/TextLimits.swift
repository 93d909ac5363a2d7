// Limits on a text, checked by counting characters before the YAML parser reads it.
//
// Counting overestimates: brackets and stars in comments and quotes count as well. The limits are
// far above the needs of any real scenario, and low enough that no text within them can exhaust the
// stack or the memory, or take a second.

/// The limits on the text of a scenario.
enum TextLimits {
  /// Bytes of a file.
  static let bytes = 1_000_000
  /// Nested mappings and lists.
  static let nesting = 32
  /// Uses of anchors; k of them can copy a text e^(k/e) times: 19 times for 8.
  static let aliases = 8
  /// Bytes of a file that uses anchors: the parser compares keys with all their copies.
  static let bytesWithAliases = 65_536
  /// Values, keys and lists after aliases are expanded.
  static let nodes = 20_000
  /// Flow brackets, which bound the nesting of flow style.
  static let flowBrackets = 512
  /// Columns of indentation and of `- ` marks, which bound the nesting of block style.
  static let indentation = 80

  /// The first limit that the text exceeds, with its place.
  static func problem(in text: String) -> (message: String, line: Int, column: Int)? {
    guard text.utf8.count <= bytes else {
      return ("is larger than \(bytes) bytes, the limit for a scenario", 1, 1)
    }
    var scan = Scan(isLarge: text.utf8.count > bytesWithAliases)
    for byte in text.utf8 {
      if let message = scan.take(byte) { return (message, scan.line, max(1, scan.column)) }
    }
    return nil
  }

  private struct Scan {
    let isLarge: Bool
    var line = 1
    var column = 0
    private var isLeading = true
    private var brackets = 0
    private var aliasCount = 0
    private var previous: UInt8 = 0

    init(isLarge: Bool) {
      self.isLarge = isLarge
    }

    /// Counts one byte; returns a message if a limit is exceeded.
    mutating func take(_ byte: UInt8) -> String? {
      defer { previous = byte }
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 0
        isLeading = true
        return nil
      }
      column += 1
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"): break
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        brackets += 1
        if brackets > TextLimits.flowBrackets {
          return "has more than \(TextLimits.flowBrackets) brackets, the limit for a scenario"
        }
        isLeading = false
      default:
        // A comment does not nest, however far it is indented.
        if isLeading && column > TextLimits.indentation && byte != UInt8(ascii: "#") {
          return "is indented by more than \(TextLimits.indentation) columns"
        }
        isLeading = false
      }
      if previous == UInt8(ascii: "*") && isNameByte(byte) {
        aliasCount += 1
        if isLarge {
          return "has an alias (*name) and more than \(TextLimits.bytesWithAliases) bytes"
        }
        if aliasCount > TextLimits.aliases {
          return "has more than \(TextLimits.aliases) aliases (*name), the limit for a scenario"
        }
      }
      return nil
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
  }
}
