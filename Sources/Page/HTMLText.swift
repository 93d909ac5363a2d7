// Text on its way into a page: the only functions through which a user's strings reach HTML.

import Recording

/// Escapes text for HTML, in content and in quoted attributes. Control characters become spaces.
func escapedHTML(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case _ where scalar.value < 0x20 && scalar != "\n" || scalar.value == 0x7f: result += " "
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

extension RecordValue {
  /// JSON that may stand in a script element: nothing in it can end the element or begin a comment.
  var scriptText: String {
    var result = ""
    for scalar in compact.unicodeScalars {
      switch scalar {
      case "<", ">", "&", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
