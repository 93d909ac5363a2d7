// E4M3 and E5M2 against golden vectors of PyTorch, and the scaled products that stand on them.

import Foundation
import Testing
import Units

@testable import MoEEngine

@Suite("FP8 has the codes, scales and products of the published recipe")
struct FP8Tests {
  struct Codec: Decodable {
    /// A decoded value: a number, `inf`, `-inf`, or null for NaN.
    struct Value: Decodable {
      var number: Double

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
          number = .nan
        } else if let text = try? container.decode(String.self) {
          number = text == "inf" ? .infinity : text == "-inf" ? -.infinity : .nan
        } else {
          number = try container.decode(Double.self)
        }
      }
    }
    struct Decode: Decodable {
      var e4m3fn: [Value]
      var e5m2: [Value]
    }
    struct Encode: Decodable {
      var x: [Value]
      var code_torch: [UInt8]
    }
    var decode: Decode
    var encode: Encode
  }

  struct Tiles: Decodable {
    struct Tile: Decodable {
      var x_scaled: [[Float]]
      var x_bits: Int
      var codes, codes_ue8m0: [[UInt8]]
      var scales, scales_ue8m0: [[Float]]
      var rel_rms_error_per_row, rel_rms_error_per_tensor_scaling: [Double]
    }
    struct Block: Decodable {
      var rows, cols: Int
      var w_scaled: [[Float]]
      var w_bits: Int
      var scales: [[Float]]
      var codes: [[UInt8]]
    }
    struct Product: Decodable {
      var b_scaled: [[Float]]
      var b_bits: Int
      var b_codes: [[UInt8]]
      var b_scales, c_fp8: [[Float]]
    }
    var tile_1x128: Tile
    var block_128x128: Block
    var gemm: Product
  }

  /// A matrix in memory of its own.
  struct Held {
    let memory: FloatBuffer
    let matrix: Matrix

    init(_ rows: [[Float]], bits: Int = 0) {
      memory = FloatBuffer(rows.count * rows[0].count)
      memory[0..<memory.count] = rows.flatMap { $0.map { scalbn($0, -bits) } }
      matrix = memory.matrix(rows.count, rows[0].count)
    }
  }

  private func rows(_ matrix: Matrix) -> [[Float]] {
    (0..<matrix.rows).map { row in (0..<matrix.columns).map { matrix.row(row)[$0] } }
  }

  @Test("every code means what the format says")
  func decode() throws {
    let golden: Codec = try fixture("fp8_codec")
    for (format, values) in [(FP8Format.e4m3, golden.decode.e4m3fn), (.e5m2, golden.decode.e5m2)] {
      #expect(values.count == 256)
      for (code, value) in values.enumerated() {
        let mine = Double(format.decode(UInt8(code)))
        #expect(mine == value.number || (mine.isNaN && value.number.isNaN), "\(format) \(code)")
      }
    }
  }

  @Test("every number gets the code of PyTorch, saturating")
  func encode() throws {
    let golden: Codec = try fixture("fp8_codec")
    #expect(golden.encode.x.count == 1_040)
    for (value, code) in zip(golden.encode.x, golden.encode.code_torch) {
      #expect(FP8Format.e4m3.encode(Float(value.number)) == code, "\(value.number)")
    }
  }

  @Test("every code comes back from its value", arguments: [FP8Format.e4m3, .e5m2])
  func roundTrip(format: FP8Format) {
    for code in UInt8.min...UInt8.max {
      let value = format.decode(code)
      if value.isFinite { #expect(format.encode(value) == code) }
    }
  }

  @Test("rounding eight lanes is encoding and decoding", arguments: [FP8Format.e4m3, .e5m2])
  func lanes(format: FP8Format) {
    var stream = RandomStream(seed: 7, purpose: RandomPurpose("test.fp8"))
    for _ in 0..<200 {
      var x = Lanes(repeating: 0)
      for lane in 0..<8 {
        let exponent = stream.index(below: format == .e4m3 ? 20 : 34) - (format == .e4m3 ? 12 : 19)
        x[lane] = scalbn(Float(stream.uniform() * 2 - 1), exponent)
      }

      let rounded = format.round(x)

      for lane in 0..<8 {
        let expected = format.decode(format.encode(x[lane]))
        #expect(rounded[lane].bitPattern == expected.bitPattern)
      }
    }
  }

  @Test("bfloat16 keeps eight bits, ties to even")
  func bfloat16() {
    let x = Lanes(1, 1.00390625, 1.01171875, -3.3, 1e-30, 65_535, 0, -0.5)

    let rounded = roundToBFloat16(x)

    // 1 + 2^-8 is a tie below an even neighbour, 1 + 3 x 2^-8 a tie below an odd one.
    #expect(rounded[0] == 1 && rounded[1] == 1 && rounded[2] == 1.015625)
    #expect(rounded[5] == 65_536 && rounded[6] == 0 && rounded[7] == -0.5)
    for lane in 0..<8 { #expect(rounded[lane].bitPattern & 0xffff == 0) }
  }

  @Test("activation tiles have the codes and scales of the reference, also with powers of two")
  func tiles() throws {
    let golden = try fixture("fp8_tiles", as: Tiles.self).tile_1x128
    let x = Held(golden.x_scaled, bits: golden.x_bits)
    for powersOfTwo in [false, true] {
      let quantised = QuantizedMatrix(
        x.matrix, summed: .columns, grain: .tile, workers: .one, powersOfTwo: powersOfTwo)

      let scales = powersOfTwo ? golden.scales_ue8m0 : golden.scales
      let codes = powersOfTwo ? golden.codes_ue8m0 : golden.codes
      for (row, theirs) in scales.enumerated() {
        #expect((0..<theirs.count).map { quantised.scales.row($0)[row] } == theirs)
      }
      #expect(rows(quantised.values).map { $0.map(FP8Format.e4m3.encode) } == codes)
    }
  }

  @Test("weight blocks have the codes and scales of the reference, ragged ones too")
  func blocks() throws {
    let golden = try fixture("fp8_tiles", as: Tiles.self).block_128x128
    let w = Held(golden.w_scaled, bits: golden.w_bits)

    let quantised = QuantizedMatrix(w.matrix, summed: .columns, grain: .block, workers: .one)

    for row in 0..<golden.rows {
      for chunk in golden.scales[0].indices {
        #expect(quantised.scales.row(chunk)[row] == golden.scales[row / 128][chunk])
      }
    }
    #expect(rows(quantised.values).map { $0.map(FP8Format.e4m3.encode) } == golden.codes)
  }

  @Test("the scaled product is that of the reference")
  func product() throws {
    let golden: Tiles = try fixture("fp8_tiles")
    let x = Held(golden.tile_1x128.x_scaled, bits: golden.tile_1x128.x_bits)
    let b = Held(golden.gemm.b_scaled, bits: golden.gemm.b_bits)
    let weights = QuantizedMatrix(b.matrix, summed: .columns, grain: .block, workers: .one)
    var result: [[Float]] = []
    let c = FloatBuffer(x.matrix.rows * b.matrix.rows)

    multiply(
      QuantizedMatrix(x.matrix, summed: .columns, grain: .tile, workers: .one), weights,
      into: c.matrix(x.matrix.rows, b.matrix.rows), workers: .one
    ) { sum, _ in result = rows(sum) }

    #expect(rows(weights.values).map { $0.map(FP8Format.e4m3.encode) } == golden.gemm.b_codes)
    let largest = golden.gemm.c_fp8.joined().map(abs).max() ?? 0
    for (mine, theirs) in zip(result.joined(), golden.gemm.c_fp8.joined()) {
      #expect(abs(mine - theirs) <= 1e-5 * max(abs(theirs), largest / 100))
    }
  }

  @Test("a tile keeps a row of small values that one scale for all loses")
  func outliers() throws {
    let golden = try fixture("fp8_tiles", as: Tiles.self).tile_1x128
    let x = Held(golden.x_scaled, bits: golden.x_bits)
    func errors(_ grain: QuantizedMatrix.Grain) -> [Double] {
      let quantised = QuantizedMatrix(x.matrix, summed: .columns, grain: grain, workers: .one)
      return (0..<x.matrix.rows).map { row in
        var (wrong, all) = (0.0, 0.0)
        for column in 0..<x.matrix.columns {
          let exact = Double(x.matrix.row(row)[column])
          let scale = quantised.scales.row(column / quantised.chunkLength)[row]
          let error = Double(quantised.values.row(row)[column] * scale) - exact
          wrong += error * error
          all += exact * exact
        }
        return (wrong / all).squareRoot()
      }
    }

    for (mine, theirs) in [
      (errors(.tile), golden.rel_rms_error_per_row),
      (errors(.tensor), golden.rel_rms_error_per_tensor_scaling),
    ] {
      for (a, b) in zip(mine, theirs) { #expect(abs(a / b - 1) < 0.02) }
    }
  }

  @Test("promotion every 128 products mends what an accumulator of 14 bits loses")
  func promotion() {
    var stream = RandomStream(seed: 3, purpose: RandomPurpose("test.accumulator"))
    let pairs = (0..<4_096).map { _ in
      (Float(stream.uniform() + 0.5), Float(stream.uniform() + 0.5))
    }
    let (a, b) = (pairs.map(\.0), pairs.map(\.1))
    let exact = pairs.reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    func error(_ promotion: Int) -> Double {
      abs(Double(limitedScalarProduct(a, b, bits: 14, promotion: promotion)) / exact - 1)
    }

    // Truncation loses up to 2^-13 of the running sum each time: with 4,096 products far more than
    // with 128.
    #expect(error(4_096) > 10 * error(128))
    #expect(limitedScalarProduct(a, b, bits: 24, promotion: 4_096) > 0)
    #expect(error(128) < 128 * 0x1p-13)
  }
}

/// The scalar product of two rows by an accumulator of few bits, as tensor cores have it: what the
/// promotion to Float32 is for. A slow model of the hardware.
///
/// - Parameters:
///   - bits: significant bits that the accumulator keeps, truncating.
///   - promotion: products that are summed before the sum goes to Float32.
private func limitedScalarProduct(
  _ a: [Float], _ b: [Float], bits: Int, promotion: Int
) -> Float {
  precondition(a.count == b.count && promotion > 0 && (1...24).contains(bits), "equal rows")
  var total: Float = 0
  var accumulator: Float = 0
  for index in a.indices {
    let sum = accumulator + a[index] * b[index]
    accumulator = Float(bitPattern: sum.bitPattern & ~(UInt32(1) << (24 - bits) - 1))
    if (index + 1) % promotion == 0 || index == a.count - 1 {
      total += accumulator
      accumulator = 0
    }
  }
  return total
}
