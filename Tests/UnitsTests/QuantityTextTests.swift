import Testing
import Units

@Suite("Quantities are parsed with their units")
struct QuantityTextTests {
  @Test("bits are an eighth of bytes, binary prefixes are powers of 1024")
  func prefixes() throws {
    #expect(try BytesPerSecond(text: "400 Gb/s").value == 50e9)
    #expect(try BytesPerSecond(text: "3.35 TB/s").value == 3.35e12)
    #expect(try Bytes(text: "80 GiB").value == 80 * 1_073_741_824)
    #expect(try Bytes(text: "80 GB").value == 80e9)
    #expect(try Seconds(text: "5 us").value == 5e-6)
    #expect(try Seconds(text: "3 min").value == 180)
    #expect(try FLOPsPerSecond(text: "989.4 TFLOPS").value == 989.4e12)
    #expect(try USDollarsPerGPUHour(text: "2 USD/GPU-hour").value == 2)
  }

  @Test("bits are written in several ways, and are never taken for bytes (F2-33)")
  func bits() throws {
    for text in ["400Gbps", "400 Gbps", "400 Gbit/s", "400 Gbits/s", "400 Gb/s", "0.4Tbps"] {
      #expect(try BytesPerSecond(text: text).value == 50e9, "\(text)")
    }
    #expect(try BytesPerSecond(text: "8bps").value == 1)
    #expect(try BytesPerSecond(text: "8 Gibit/s").value == 1_073_741_824)
    for unit in ["GBps", "gbps", "GBPS", "Gbyte/s", "Gb", "GBit/s", "mbps"] {
      #expect(throws: QuantityTextProblem.unknownUnit(unit)) {
        try BytesPerSecond(text: "400 \(unit)")
      }
    }
    #expect(throws: QuantityTextProblem.unknownUnit("Gbps")) { try Bytes(text: "400 Gbps") }
  }

  @Test("the unit of another quantity is refused by name")
  func foreignUnit() {
    #expect(throws: QuantityTextProblem.unknownUnit("Gb/s")) { try Bytes(text: "400 Gb/s") }
    #expect(throws: QuantityTextProblem.unknownUnit("GiB")) { try Seconds(text: "1 GiB") }
    #expect(throws: QuantityTextProblem.unknownUnit("mB")) { try Bytes(text: "1 mB") }
  }

  @Test("a missing unit, a missing number and a non-finite number are distinguished")
  func badNumbers() {
    #expect(throws: QuantityTextProblem.noUnit) { try Bytes(text: "80") }
    #expect(throws: QuantityTextProblem.noNumber) { try Bytes(text: "nan GiB") }
    #expect(throws: QuantityTextProblem.noNumber) { try Bytes(text: "") }
    #expect(throws: QuantityTextProblem.notFinite) { try Bytes(text: "1e400 B") }
  }

  @Test("counts accept a scale letter and their noun")
  func counts() throws {
    #expect(try parseCount("14.8T tokens", noun: "tokens") == 14.8e12)
    #expect(try parseCount("1 sequence", noun: "sequences") == 1)
    #expect(try parseCount("2048", noun: "GPUs") == 2048)
    #expect(try parseCount("4k tokens", noun: "tokens") == 4000)
    #expect(try parseCount("4K tokens", noun: "tokens") == 4096)
    #expect(try parseCount("128Ki", noun: "tokens") == 131_072)
    #expect(throws: QuantityTextProblem.unknownUnit("K")) { try parseCount("4K", noun: "GPUs") }
    #expect(throws: QuantityTextProblem.unknownUnit("apples")) {
      try parseCount("3 apples", noun: "tokens")
    }
  }

  @Test(
    "numbers are printed with four significant digits",
    arguments: [
      (1234.5, "1234"), (0.012345, "0.01234"), (2, "2"), (-0.5, "-0.5"), (99999, "100000"),
      (9999.6, "10000"), (1.5e20, "1.5e+20"), (2.5e-9, "2.5e-9"), (0, "0"),
      (5e-324, "4.941e-324"), (-1.5e-300, "-1.5e-300"), (1e-290, "1e-290"),
      (.greatestFiniteMagnitude, "1.798e+308"),
    ])
  func significant(value: Double, text: String) {
    #expect(significantText(value) == text)
  }

  @Test("amounts are printed with the most readable prefix")
  func printed() {
    #expect(durationText(seconds: 2.61e-3) == "2.61 ms")
    #expect(memoryText(bytes: 80 * 1_073_741_824) == "80 GiB")
    #expect(percentText(0.0731) == "7.31 %")
  }

  @Test("an amount above a limit never reads like the limit")
  func exceeded() {
    let limit = 84_943_110_144.0

    #expect(memoryText(bytes: 1.2 * limit, of: limit) == "94.93 GiB of 79.11 GiB")
    #expect(memoryText(bytes: limit + 1, of: limit) == "84943110145 B of 84943110144 B")
    #expect(memoryText(bytes: limit + 0.5, of: limit) == "84943110145 B of 84943110144 B")
  }
}

@Suite("Simulated time is exact")
struct SimTimeTests {
  @Test("durations add without rounding")
  func exactSum() {
    let tenth = SimDuration(seconds: 0.1)

    let sum = (0..<10).reduce(SimDuration.zero) { total, _ in total + tenth }

    #expect(sum == SimDuration(seconds: 1))
    #expect(SimTime.zero + sum - SimTime.zero == sum)
  }

  @Test("the longest decimal number at the start is read, in one pass")
  func numbers() throws {
    /// The number that the longest prefix of some letters is.
    func expected(_ text: String) -> (Double, String)? {
      (1...text.count).reversed().lazy.compactMap { length in
        Double(text.prefix(length).filter { $0 != "_" }).map {
          ($0, String(text.dropFirst(length)))
        }
      }.first
    }
    let letters = Array("019.+-eE_")
    var random = RandomStream(seed: 3, purpose: RandomPurpose("texts"), entity: 0)
    var numbers = 0
    for _ in 0..<5_000 {
      let length = 1 + Int(random.uniform() * 7)
      let text = String((0..<length).map { _ in letters[Int(random.uniform() * 9)] })
      let found = try? parseCount(text, noun: "tokens")
      guard let (value, rest) = expected(text), value.isFinite, rest.isEmpty else {
        #expect(found == nil, "\(text)")
        continue
      }
      numbers += 1
      #expect(found == value, "\(text)")
    }
    #expect(numbers > 500)
    #expect(throws: QuantityTextProblem.notFinite) {
      try parseCount(String(repeating: "9", count: 300_000), noun: "tokens")
    }
  }
}
