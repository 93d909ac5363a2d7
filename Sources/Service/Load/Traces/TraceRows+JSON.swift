// Traces of JSON lines: Mooncake's and Bailian's, which name equal parts of prompts.

import Text

extension TraceRows {
  /// The members of a row.
  private struct Row {
    var stamp: ScannedNumber?
    var prompt: ScannedNumber?
    var output: ScannedNumber?
    var chat: Int?
    var parent: Int?
    var type: Range<Int>?
    var segments: [UInt32] = []
  }

  /// Tokens of a segment, and the power of ten from a stamp to ns.
  private var segmentLength: Int { format == .mooncake ? 512 : 16 }
  private var stampPower: Int { format == .mooncake ? 6 : 9 }

  /// Reads all rows.
  mutating func readJSON(_ lines: TraceLines) {
    // The first chat of each chat's session.
    var roots: [Int: Int] = [:]
    for line in lines {
      if isHopeless { return }
      var scanner = ByteScanner(bytes, line.range)
      guard let row = row(&scanner, line.number) else { continue }
      guard let stamp = row.stamp?.integer(timesTenTo: stampPower), stamp >= 0 else {
        refuse("timestamp is missing, negative or no number", line.number)
        continue
      }
      guard let prompt = length(row.prompt, "input_length", line.number),
        let output = length(row.output, "output_length", line.number)
      else { continue }
      var request = ServiceRequest(arrival: .zero, prompt: prompt, output: output)
      let most = (prompt + segmentLength - 1) / segmentLength
      guard row.segments.count <= most else {
        refuse(
          "\(row.segments.count) hash_ids for \(prompt) tokens", line.number,
          "expected: at most \(most), one for each \(segmentLength) tokens")
        continue
      }
      if !row.segments.isEmpty {
        request.content = PromptContent(segments: row.segments, segmentLength: segmentLength)
      }
      if let chat = row.chat {
        let root = row.parent.flatMap { $0 < 0 ? nil : roots[$0] ?? $0 } ?? chat
        roots[chat] = root
        request.session = root
      }
      if let type = row.type { request.trafficClass = trafficClass(scanner.text(type)) }
      add(request, stamp: stamp, line: line.number)
    }
  }

  /// A number of tokens; nil, with a problem reported, if it is missing or not usable.
  private mutating func length(_ number: ScannedNumber?, _ name: String, _ line: Int) -> Int? {
    guard let number else {
      refuse("\(name) is missing", line)
      return nil
    }
    return tokens(number, number.whole.map(String.init) ?? "\(number.double)", name, line)
  }

  /// The members of an object; nil, with a problem reported, if it is not one.
  private mutating func row(_ scanner: inout ByteScanner, _ line: Int) -> Row? {
    var row = Row()
    var isObject = scanner.take("{")
    while isObject, !scanner.take("}") {
      guard let name = scanner.string(), scanner.take(":") else {
        isObject = false
        break
      }
      scanner.skipSpaces()
      isObject = read(name, of: &row, &scanner)
      if isObject, !scanner.take(","), scanner.next != UInt8(ascii: "}") { isObject = false }
    }
    scanner.skipSpaces()
    guard isObject, scanner.next == nil else {
      let rest = scanner.position..<scanner.end
      refuse(
        rest.isEmpty
          ? "the line ends inside of its object"
          : "\(quoted(scanner.text(rest)))"
            + " is not where JSON goes on", line,
        "expected: an object such as {\"timestamp\": 0, \"input_length\": 512,"
          + " \"output_length\": 16, \"hash_ids\": [0]}")
      return nil
    }
    return row
  }

  /// Reads the value of a member; false if it has another form.
  private func read(
    _ name: Range<Int>, of row: inout Row, _ scanner: inout ByteScanner
  ) -> Bool {
    if scanner.isWord(name, "hash_ids") { return segments(&row, &scanner) }
    let number = scanner.number()
    if scanner.isWord(name, "timestamp") {
      row.stamp = number
    } else if scanner.isWord(name, "input_length") {
      row.prompt = number
    } else if scanner.isWord(name, "output_length") {
      row.output = number
    } else if scanner.isWord(name, "chat_id") {
      row.chat = number?.whole
    } else if scanner.isWord(name, "parent_chat_id") {
      row.parent = number?.whole
    } else if number == nil {
      if scanner.isWord(name, "type") {
        row.type = scanner.string()
        return row.type != nil
      }
      return scanner.skipValue()
    }
    return number != nil
  }

  /// Reads a list of identifiers.
  private func segments(_ row: inout Row, _ scanner: inout ByteScanner) -> Bool {
    guard scanner.take("[") else { return false }
    if scanner.take("]") { return true }
    row.segments.reserveCapacity(32)
    repeat {
      scanner.skipSpaces()
      let start = scanner.position
      guard let id = scanner.number()?.whole.flatMap({ UInt32(exactly: $0) }) else {
        scanner.position = start
        return false
      }
      row.segments.append(id)
    } while scanner.take(",")
    return scanner.take("]")
  }
}
