// Incremental inference gives the same results as a full forward pass, in both forms of attention.

import Routing
import Testing
import Units

@testable import MoEEngine

@Suite("Decoding")
struct DecoderTests {
  /// A model trained for a few steps, so that its logits differ.
  static func trained() throws -> Transformer {
    let trainer = Trainer(SmallRun.settings, SmallRun.corpus)
    for _ in 0..<12 { _ = try trainer.advance() }
    return trainer.transformer
  }

  private func expectClose(_ a: some Collection<Float>, _ b: some Collection<Float>) {
    #expect(a.count == b.count && !a.isEmpty)
    #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test(
    "a sequence in pieces has the same logits as the whole, in both forms",
    arguments: AttentionForm.allCases, [1, 2, 3, 4] as [UInt64])
  func incremental(form: AttentionForm, seed: UInt64) {
    var model = GradientTests.model(seed: seed)
    model.predictionModules = 1
    let transformer = Transformer(model, seed: seed)
    let length = 9
    let pass = BatchPass(transformer, BatchShape(sequences: 1, length: length), PassSettings())
    var stream = RandomStream(seed: seed, purpose: RandomPurpose("test.tokens"))
    let tokens = (0...length).map { _ in Int32(stream.index(below: model.vocabulary)) }
    pass.forward(tokens)

    let decoder = TokenDecoder(transformer, capacity: length, form: form)
    var logits: [Float] = []
    for piece in [0..<4, 4..<5, 5..<7, 7..<9] { logits += decoder.append(Array(tokens[piece])) }
    var drafts = decoder.draft(Array(tokens[1..<4]))
    drafts += decoder.draft(Array(tokens[4..<length]))

    expectClose(logits, pass.logits)
    expectClose(drafts, pass.predictionLogits(0))
  }

  @Test("a prompt longer than a chunk has the same logits as in a full pass")
  func chunks() throws {
    let transformer = try Self.trained()
    let length = 75
    let tokens = (0...length).map { Int32(48 + $0 * $0 % 10) }
    let pass = BatchPass(transformer, BatchShape(sequences: 1, length: length), PassSettings())
    pass.forward(tokens)

    let logits = TokenDecoder(transformer, capacity: length).append(Array(tokens[..<length]))

    expectClose(logits, pass.logits)
  }

  @Test("truncation restores the logits of the shorter sequence")
  func truncation() throws {
    let transformer = try Self.trained()
    let decoder = TokenDecoder(transformer, capacity: 12)
    _ = decoder.append([49, 43, 50])
    let expected = decoder.append([61])
    _ = decoder.draft([43, 50, 61])

    _ = decoder.append([51, 10, 52])
    decoder.truncate(to: 3)

    #expect(decoder.append([61]) == expected)
    #expect(decoder.draftCount == 3)
  }

  @Test(
    "drafts change no token, greedy or sampled",
    arguments: [TokenChoice.greedy, .sampled(temperature: 0.8, seed: 4)])
  func drafts(choice: TokenChoice) throws {
    let transformer = try Self.trained()
    let prompt = Array("3+4=7\n2".utf8).map(Int32.init)

    let plain = Generation.continuing(
      prompt, by: 40, with: transformer, choice: choice, drafts: false)
    let drafted = Generation.continuing(
      prompt, by: 40, with: transformer, choice: choice, drafts: true)

    #expect(plain.tokens.count == 40)
    #expect(drafted.tokens == plain.tokens)
    #expect(plain.passes == 39 && plain.drafts == 0)
    // Every pass yields one token, plus one for each accepted draft.
    #expect(drafted.drafts == drafted.passes)
    #expect([39, 40].contains(drafted.passes + drafted.accepted))
    #expect((0...drafted.drafts).contains(drafted.accepted))
  }

  @Test("sampling follows the probabilities; a low temperature selects the most probable token")
  func sampling() {
    let logits: [Float] = [0, 1, 2]
    let draws = (0..<4_000).map {
      TokenChoice.sampled(temperature: 1, seed: 9).token(logits[...], position: $0)
    }
    let share = Double(draws.count { $0 == 2 }) / Double(draws.count)

    // e^2 / (1 + e + e^2); 4,000 draws have a standard deviation of 0.0075.
    #expect(abs(share - 0.6652) < 0.03)
    #expect(TokenChoice.sampled(temperature: 0.01, seed: 1).token(logits[...], position: 1) == 2)
    #expect(TokenChoice.greedy.token(logits[...], position: 0) == 2)
  }
}
