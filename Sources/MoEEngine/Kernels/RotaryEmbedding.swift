// Rotary position embedding of interleaved pairs (0, 1), (2, 3) ..., with YaRN's frequencies.
// Source: DeepSeek-V3 inference code, `precompute_freqs_cis`; YaRN, arXiv 2309.00071.

import Foundation

/// The mapping from positions to rotation angles.
package struct RotaryEmbedding: Hashable, Sendable {
  /// An extension of the context beyond the pre-training length.
  package struct YaRN: Hashable, Sendable {
    /// The extended context length over the original.
    package var factor: Double
    /// The context length of pre-training.
    package var originalLength: Int
    /// Rotations over the original length above which a frequency is unchanged.
    package var betaFast = 32.0
    /// Rotations over the original length below which a frequency is divided by the factor.
    package var betaSlow = 1.0
    /// Weight of the logarithmic correction of the attention scale.
    package var mscale = 1.0
  }

  /// The base of the geometric series of frequencies.
  package var base = 10_000.0
  package var yarn: YaRN?

  /// Angle per position of each pair.
  ///
  /// - Parameter width: rotated elements of a head, even.
  package func frequencies(width: Int) -> [Double] {
    let plain = (0..<width / 2).map { pow(base, -Double(2 * $0) / Double(width)) }
    guard let yarn else { return plain }
    func dimension(_ rotations: Double) -> Double {
      Double(width) * log(Double(yarn.originalLength) / (rotations * 2 * .pi)) / (2 * log(base))
    }
    let low = max(dimension(yarn.betaFast).rounded(.down), 0)
    let high = min(dimension(yarn.betaSlow).rounded(.up), Double(width - 1))
    let span = low == high ? 0.001 : high - low
    return plain.enumerated().map { index, frequency in
      let ramp = min(max((Double(index) - low) / span, 0), 1)
      return frequency / yarn.factor * ramp + frequency * (1 - ramp)
    }
  }

  /// YaRN's correction of the attention scale: 0.1 mscale ln(factor) + 1.
  package var attentionFactor: Double {
    guard let yarn, yarn.factor > 1 else { return 1 }
    return 0.1 * yarn.mscale * log(yarn.factor) + 1
  }

  /// The factor of attention scores before the softmax.
  ///
  /// - Parameter headWidth: elements of a query, with and without rotation.
  package func softmaxScale(headWidth: Int) -> Double {
    attentionFactor * attentionFactor / Double(headWidth).squareRoot()
  }
}

/// Precomputed cosines and sines.
struct RotationTable {
  /// `[positions, 2 x pairs]`: cosine and sine of each pair, interleaved.
  private let angles: FloatBuffer
  /// Rotated elements of a head.
  let width: Int
  /// Positions in the table.
  let positions: Int

  init(_ embedding: RotaryEmbedding, width: Int, positions: Int) {
    self.width = width
    self.positions = positions
    angles = FloatBuffer(positions * width)
    let frequencies = embedding.frequencies(width: width)
    for position in 0..<positions {
      for (pair, frequency) in frequencies.enumerated() {
        let angle = Double(position) * frequency
        angles.start[position * width + 2 * pair] = Float(cos(angle))
        angles.start[position * width + 2 * pair + 1] = Float(sin(angle))
      }
    }
  }

  /// Rotates `width` elements by the angles of a position, or in reverse if `back`.
  ///
  /// - Precondition: the position is in the table.
  func rotate(
    _ x: UnsafeMutablePointer<Float>, position: Int, into y: UnsafeMutablePointer<Float>,
    back: Bool = false
  ) {
    precondition(position < positions, "position \(position) of \(positions)")
    let row = angles.start + position * width
    for pair in 0..<width / 2 {
      let cosine = row[2 * pair]
      let sine = back ? -row[2 * pair + 1] : row[2 * pair + 1]
      let (first, second) = (x[2 * pair], x[2 * pair + 1])
      y[2 * pair] = first * cosine - second * sine
      y[2 * pair + 1] = first * sine + second * cosine
    }
  }
}
