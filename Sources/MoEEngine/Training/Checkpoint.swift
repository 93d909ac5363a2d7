// Checkpoints of training runs. Batches and schedules are functions of the step, so weights,
// selection biases, optimizer state and step suffice to resume a run exactly.
//
// Layout, little-endian: magic; three UInt64, the length of the run's description, the step and the
// optimizer's step; the description; the buffers as Float32; a 64-bit FNV-1a hash (RFC 9923) of all
// preceding bytes.

import Foundation
import Text

/// The reason why a checkpoint cannot be used.
package enum CheckpointProblem: ExplainedError, Equatable {
  /// The file is not a checkpoint.
  case foreign
  /// The file's hash or size is wrong.
  case damaged
  /// Its hash is right, but no run writes what it holds.
  case impossible(String)
  /// It belongs to another run.
  case otherRun(theirs: String, ours: String)
  /// This version has no such preset.
  case unknownPreset(String)

  package var explanations: [Explanation] {
    switch self {
    case .foreign: [Explanation("is not a checkpoint of this program")]
    case .damaged: [Explanation("is damaged: its hash does not match its contents")]
    case .impossible(let what): [Explanation("is damaged: \(what)")]
    case .otherRun(let theirs, let ours):
      [
        Explanation(
          "belongs to another run", advice: ["its run: \(theirs)", "this run: \(ours)"])
      ]
    case .unknownPreset(let name):
      [Explanation("is of preset \(quoted(name)), which this version does not know")]
    }
  }
}

/// The description of a run: everything that determines its result.
struct CheckpointHeader: Equatable {
  var name: String
  /// Number of weights of the model.
  var weights: Int
  var seed: UInt64
  var balance: String
  var precision: String
  /// Hash of the corpus.
  var corpus: String

  /// The description in one line, as stored and as printed.
  var text: String {
    "\(name), \(weights) weights, seed \(seed), balance \(balance), precision \(precision),"
      + " corpus \(corpus)"
  }

  init(_ settings: TrainingSettings, weights: Int, corpus: Corpus) {
    name = settings.name
    self.weights = weights
    seed = settings.seed
    balance = settings.balance.rawValue
    precision = settings.precision.rawValue
    var hash = FNV1a()
    hash.add(corpus.identity)
    self.corpus = String(hash.value, radix: 16)
  }
}

/// The settings and the step of a checkpoint, with which a run can be resumed.
package struct CheckpointSummary: Equatable, Sendable {
  package let preset: Preset
  package let settings: TrainingSettings
  /// Steps taken.
  package let step: Int

  /// Reads the description of a checkpoint.
  ///
  /// - Throws: `CheckpointProblem`.
  package init(_ data: Data) throws {
    let file = try CheckpointFile(data)
    let parts = file.header.components(separatedBy: ", ")
    guard let preset = Preset(rawValue: parts[0]) else {
      throw CheckpointProblem.unknownPreset(parts[0])
    }
    func word(_ name: String) -> String? {
      parts.first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
    }
    guard let seed = word("seed").flatMap({ UInt64($0) }),
      let balance = word("balance").flatMap(BalanceRule.init),
      let precision = word("precision").flatMap(LinearPrecision.init)
    else { throw CheckpointProblem.damaged }
    self.preset = preset
    settings = TrainingSettings(
      preset: preset, seed: seed, balance: balance, precision: precision)
    step = file.step
  }
}

/// The contents of a checkpoint with a valid hash.
private struct CheckpointFile {
  static let magic = "dsv3sim checkpoint 1\n"
  /// More steps than any run takes, so that sums with them do not overflow.
  private static let stepLimit = 1 << 40
  /// More bytes than the description of any run has.
  private static let headerLimit = 1_000

  let header: String
  let step: Int
  let optimizerSteps: Int
  /// The bytes of the buffers.
  let body: Data

  init(_ data: Data) throws {
    let head = Self.magic.utf8.count
    guard data.count >= head + 32, data.prefix(head).elementsEqual(Self.magic.utf8) else {
      throw CheckpointProblem.foreign
    }
    let data = Data(data)
    func word(_ offset: Int) -> UInt64 {
      (0..<8).reduce(0) { $0 | UInt64(data[offset + $1]) << UInt64(8 * $1) }
    }
    guard word(data.count - 8) == FNV1a.hash(data.dropLast(8)) else {
      throw CheckpointProblem.damaged
    }
    let words = (0..<3).map { Int(clamping: word(head + 8 * $0)) }
    let start = head + 24
    guard words[0] <= data.count - start - 8 else { throw CheckpointProblem.damaged }
    guard words[0] <= Self.headerLimit else {
      throw CheckpointProblem.impossible("its description has \(words[0]) bytes")
    }
    header = String(decoding: data[start..<start + words[0]], as: UTF8.self)
    (step, optimizerSteps) = (words[1], words[2])
    guard step <= Self.stepLimit, optimizerSteps <= Self.stepLimit else {
      throw CheckpointProblem.impossible("it is at step \(max(step, optimizerSteps))")
    }
    body = data[(start + words[0])..<(data.count - 8)]
    let isFinite = body.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count - 3, by: 4).allSatisfy {
        Float(bitPattern: bytes.loadUnaligned(fromByteOffset: $0, as: UInt32.self)).isFinite
      }
    }
    guard isFinite else { throw CheckpointProblem.impossible("a weight is not a number") }
  }

  /// Copies the start of the body into buffers, in order.
  func fill(_ buffers: [FloatBuffer]) throws {
    guard buffers.reduce(0, { $0 + 4 * $1.count }) <= body.count else {
      throw CheckpointProblem.damaged
    }
    var offset = body.startIndex
    for buffer in buffers {
      body.copyBytes(
        to: UnsafeMutableRawBufferPointer(start: buffer.start, count: 4 * buffer.count),
        from: offset..<offset + 4 * buffer.count)
      offset += 4 * buffer.count
    }
  }
}

extension Trainer {
  private var header: String {
    CheckpointHeader(settings, weights: transformer.layout.count, corpus: sampler.corpus).text
  }

  /// A checkpoint of the run.
  package func checkpoint() -> Data {
    var data = Data(CheckpointFile.magic.utf8)
    let text = Array(header.utf8)
    for word in [UInt64(text.count), UInt64(step), UInt64(optimizer.steps)] {
      withUnsafeBytes(of: word.littleEndian) { data.append(contentsOf: $0) }
    }
    data.append(contentsOf: text)
    for buffer in buffers {
      data.append(UnsafeBufferPointer(start: buffer.start, count: buffer.count))
    }
    return Checkpoint.sealed(data)
  }

  /// Resumes a run from a checkpoint.
  ///
  /// - Throws: `CheckpointProblem`; the trainer is then unchanged.
  package func resume(from data: Data) throws {
    let file = try CheckpointFile(data)
    guard file.header == header else {
      throw CheckpointProblem.otherRun(theirs: file.header, ours: header)
    }
    guard file.body.count == buffers.reduce(0, { $0 + 4 * $1.count }) else {
      throw CheckpointProblem.damaged
    }
    try file.fill(buffers)
    step = file.step
    optimizer.steps = file.optimizerSteps
  }

  private var buffers: [FloatBuffer] {
    [transformer.parameters, transformer.biases, optimizer.means, optimizer.squares]
  }
}

extension Transformer {
  /// The model of a checkpoint.
  ///
  /// - Throws: `CheckpointProblem`.
  package static func load(checkpoint data: Data) throws -> Transformer {
    let file = try CheckpointFile(data)
    let name = file.header.prefix { $0 != "," }
    guard let preset = Preset(rawValue: String(name)) else {
      throw CheckpointProblem.unknownPreset(String(name))
    }
    let transformer = Transformer(preset.model, seed: 0)
    try file.fill([transformer.parameters, transformer.biases])
    return transformer
  }
}

/// The outer form of checkpoints.
package enum Checkpoint {
  /// The content with its hash.
  package static func sealed(_ content: Data) -> Data {
    var data = content
    withUnsafeBytes(of: FNV1a.hash(content).littleEndian) { data.append(contentsOf: $0) }
    return data
  }
}

/// The 64-bit FNV-1a hash over words of eight bytes, then over the remaining bytes. It is eight
/// times as fast as byte by byte, and detects damage as well.
struct FNV1a {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ word: UInt64) { value = (value ^ word) &* 0x0000_0100_0000_01b3 }

  mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    let words = bytes.count / 8
    for word in 0..<words {
      add(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self)))
    }
    for place in 8 * words..<bytes.count { add(UInt64(bytes[place])) }
  }

  static func hash(_ data: Data) -> UInt64 {
    var hash = FNV1a()
    data.withUnsafeBytes { hash.add($0) }
    return hash.value
  }
}
