import Foundation
import ResultsStore
import Testing

@testable import Reports

@Suite("An answer keeps its values in every format")
struct FormatTests {
  private let table = ResultTable(
    columns: ["name", "value", "value"],
    rows: [
      [.text("plain"), .integer(.max), .real(0.1)],
      [.text("a,\"b\"\r\nc"), .null, .real(-1e-7)],
      [.text(""), .integer(-3), .real(1e300)],
    ])

  @Test("a text that a spreadsheet would run as a formula is a text there, a number is not changed")
  func formulas() {
    let fields = ["=1+1", "@a", "+a,b", "-x", "\t=1", "-1.5", "+3e5", "a=1", "-"]
    let line = CSVText.line(fields.map { .text($0) } + [.real(-2), .integer(-3)])

    #expect(line == "'=1+1,'@a,\"'+a,b\",'-x,'\t=1,-1.5,+3e5,a=1,'-,-2.0,-3\r\n")
  }

  @Test("CSV follows RFC 4180: quotes where needed, doubled quotes, CRLF")
  func csv() {
    #expect(
      table.csv == "name,value,value\r\n" + "plain,9223372036854775807,0.1\r\n"
        + "\"a,\"\"b\"\"\r\nc\",,-1e-07\r\n" + "\"\",-3,1e+300\r\n")
  }

  @Test("JSON reads back to the same values, and repeated names remain distinct")
  func json() throws {
    let text = table.text(.json)
    let read = try JSONSerialization.jsonObject(with: Data(text.utf8))
    let rows = try #require(read as? [[String: Any]])

    #expect(rows[0]["value"] as? Int64 == .max)
    #expect(rows[0]["value_2"] as? Double == 0.1)
    #expect(rows[1]["name"] as? String == "a,\"b\"\r\nc")
    #expect(rows[1]["value"] is NSNull)
    #expect(rows[1]["value_2"] as? Double == -1e-7)
    #expect(rows[2]["value_2"] as? Double == 1e300)
  }

  @Test("JSON escapes every control character", arguments: 0..<32)
  func controls(code: Int) throws {
    let text = String(UnicodeScalar(UInt8(code)))
    let json = JSONValue.array([.text("a\(text)\u{2028}é\"\\")]).description

    let read = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String]

    #expect(read == ["a\(text)\u{2028}é\"\\"])
    #expect(!json.utf8.contains(UInt8(code)))
  }

  @Test(
    "NaN and infinity are null in JSON, which cannot express them",
    arguments: [Double.nan, .infinity, -.infinity])
  func nonFinite(value: Double) {
    #expect(JSONValue.real(value).description == "null")
  }

  @Test("a table aligns its columns, with numbers on the right")
  func aligned() {
    let table = ResultTable(
      columns: ["name", "x"], rows: [[.text("a"), .real(1234.567)], [.text("long"), .null]])

    #expect(
      table.alignedText == """
        name     x
        ----  ----
        a     1235
        long     -

        """)
  }

  @Test("an answer without rows still has column names")
  func noRows() throws {
    let empty = ResultTable(columns: ["a", "b"], rows: [])

    #expect(empty.alignedText == "a  b\n-  -\n")
    #expect(empty.csv == "a,b\r\n")
    #expect(empty.text(.json) == "[]\n")
  }

  @Test("a blob is hexadecimal for programs and a size for readers")
  func blob() {
    let table = ResultTable(columns: ["b"], rows: [[.blob([0, 15, 255])]])

    #expect(table.csv == "b\r\n000fff\r\n")
    #expect(table.text(.json) == "[\n  {\"b\": \"000fff\"}\n]\n")
    #expect(table.alignedText.contains("<3 bytes>"))
  }
}
