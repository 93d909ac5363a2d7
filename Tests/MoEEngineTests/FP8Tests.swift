// E4M3 and the scaled products that use it, against golden vectors from PyTorch.

import Foundation
import Testing
import Units

@testable import MoEEngine

@Suite("FP8 follows the published recipe")
struct FP8Tests {
  struct Codec: Decodable {
    /// A number; `inf`, `-inf` or null for NaN.
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

  /// A matrix that owns its memory.
  struct OwnedMatrix {
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

  @Test("all 256 codes decode as in PyTorch")
  func decode() throws {
    let golden: Codec = try fixture("fp8_codec")
    #expect(golden.decode.e4m3fn.count == 256)
    for (code, value) in golden.decode.e4m3fn.enumerated() {
      let decoded = Double(E4M3Codec.decode(UInt8(code)))
      #expect(decoded == value.number || (decoded.isNaN && value.number.isNaN), "code \(code)")
    }
  }

  @Test("numbers encode as in PyTorch, with saturation")
  func encode() throws {
    let golden: Codec = try fixture("fp8_codec")
    #expect(golden.encode.x.count == 1_040)
    for (value, code) in zip(golden.encode.x, golden.encode.code_torch) {
      #expect(E4M3Codec.encode(Float(value.number)) == code, "\(value.number)")
    }
  }

  @Test("a decoded value encodes to the same code")
  func roundTrip() {
    for code in UInt8.min...UInt8.max {
      let value = E4M3Codec.decode(code)
      if value.isFinite { #expect(E4M3Codec.encode(value) == code) }
    }
  }

  @Test("rounding equals encoding and decoding, lane by lane")
  func lanes() {
    var stream = RandomStream(seed: 7, purpose: RandomPurpose("test.fp8"))
    for _ in 0..<200 {
      var x = Lanes(repeating: 0)
      for lane in 0..<8 {
        x[lane] = scalbn(Float(stream.uniform() * 2 - 1), stream.index(below: 20) - 12)
      }

      let rounded = E4M3.round(x)

      for lane in 0..<8 {
        let expected = E4M3Codec.decode(E4M3Codec.encode(x[lane]))
        #expect(rounded[lane].bitPattern == expected.bitPattern)
      }
    }
  }

  @Test("bfloat16 keeps eight significant bits, ties to even")
  func bfloat16() {
    let x = Lanes(1, 1.00390625, 1.01171875, -3.3, 1e-30, 65_535, 0, -0.5)

    let rounded = roundToBFloat16(x)

    // 1 + 2^-8 is a tie below an even neighbour, 1 + 3 x 2^-8 a tie below an odd one.
    #expect(rounded[0] == 1 && rounded[1] == 1 && rounded[2] == 1.015625)
    #expect(rounded[5] == 65_536 && rounded[6] == 0 && rounded[7] == -0.5)
    for lane in 0..<8 { #expect(rounded[lane].bitPattern & 0xffff == 0) }
  }

  @Test("activation tiles have the reference's codes and scales, with power-of-two scales too")
  func tiles() throws {
    let golden = try fixture("fp8_tiles", as: Tiles.self).tile_1x128
    let x = OwnedMatrix(golden.x_scaled, bits: golden.x_bits)
    for powersOfTwo in [false, true] {
      let quantised = QuantizedMatrix(
        x.matrix, summed: .columns, granularity: .tile, workers: .one, powersOfTwo: powersOfTwo)

      let scales = powersOfTwo ? golden.scales_ue8m0 : golden.scales
      let codes = powersOfTwo ? golden.codes_ue8m0 : golden.codes
      for (row, theirs) in scales.enumerated() {
        #expect((0..<theirs.count).map { quantised.scales.row($0)[row] } == theirs)
      }
      #expect(rows(quantised.values).map { $0.map(E4M3Codec.encode) } == codes)
    }
  }

  @Test("weight blocks have the reference's codes and scales, incomplete blocks too")
  func blocks() throws {
    let golden = try fixture("fp8_tiles", as: Tiles.self).block_128x128
    let w = OwnedMatrix(golden.w_scaled, bits: golden.w_bits)

    let quantised = QuantizedMatrix(w.matrix, summed: .columns, granularity: .block, workers: .one)

    for row in 0..<golden.rows {
      for chunk in golden.scales[0].indices {
        #expect(quantised.scales.row(chunk)[row] == golden.scales[row / 128][chunk])
      }
    }
    #expect(rows(quantised.values).map { $0.map(E4M3Codec.encode) } == golden.codes)
  }

  @Test("the scaled product equals the reference's")
  func product() throws {
    let golden: Tiles = try fixture("fp8_tiles")
    let x = OwnedMatrix(golden.tile_1x128.x_scaled, bits: golden.tile_1x128.x_bits)
    let b = OwnedMatrix(golden.gemm.b_scaled, bits: golden.gemm.b_bits)
    let weights = QuantizedMatrix(b.matrix, summed: .columns, granularity: .block, workers: .one)
    var result: [[Float]] = []
    let c = FloatBuffer(x.matrix.rows * b.matrix.rows)

    multiply(
      QuantizedMatrix(x.matrix, summed: .columns, granularity: .tile, workers: .one), weights,
      into: c.matrix(x.matrix.rows, b.matrix.rows), workers: .one
    ) { sum, _ in result = rows(sum) }

    #expect(rows(weights.values).map { $0.map(E4M3Codec.encode) } == golden.gemm.b_codes)
    let largest = golden.gemm.c_fp8.joined().map(abs).max() ?? 0
    for (mine, theirs) in zip(result.joined(), golden.gemm.c_fp8.joined()) {
      #expect(abs(mine - theirs) <= 1e-5 * max(abs(theirs), largest / 100))
    }
  }

  @Test("tiles preserve a row of small values that a per-tensor scale loses")
  func outliers() throws {
    let golden = try fixture("fp8_tiles", as: Tiles.self).tile_1x128
    let x = OwnedMatrix(golden.x_scaled, bits: golden.x_bits)
    func errors(_ granularity: QuantizedMatrix.Granularity) -> [Double] {
      let quantised = QuantizedMatrix(
        x.matrix, summed: .columns, granularity: granularity, workers: .one)
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

  @Test("promotion every 128 products limits the error of a 14-bit accumulator")
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

    // Each truncation loses up to 2^-13 of the running sum, so the error grows with the number of
    // products between promotions.
    #expect(error(4_096) > 10 * error(128))
    #expect(limitedScalarProduct(a, b, bits: 24, promotion: 4_096) > 0)
    #expect(error(128) < 128 * 0x1p-13)
  }
}

/// The dot product of two rows with a narrow, truncating accumulator like that of tensor cores.
///
/// - Parameters:
///   - bits: significant bits of the accumulator.
///   - promotion: products that are summed before the sum is added to a Float32 total.
private func limitedScalarProduct(
  _ a: [Float], _ b: [Float], bits: Int, promotion: Int
) -> Float {
  precondition(a.count == b.count && promotion > 0 && (1...24).contains(bits))
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
