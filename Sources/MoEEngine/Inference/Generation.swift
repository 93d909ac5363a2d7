// Text generation, token by token or with speculative decoding: the prediction module drafts a
// token, and the main model computes the draft and the token before it in one pass (DeepSeek-V3
// report, section 5.4.3). Drafts do not change the text: the choice at each position depends only
// on the main model's logits and on a random number of that position.

import Foundation
import Units

/// The rule that selects the next token.
package enum TokenChoice: Hashable, Sendable {
  /// The most probable token.
  case greedy
  /// A random token, sampled at a temperature.
  case sampled(temperature: Double, seed: UInt64)

  /// The token at a position.
  ///
  /// - Parameter logits: `[vocabulary]`.
  func token(_ logits: ArraySlice<Float>, position: Int) -> Int32 {
    switch self {
    case .greedy:
      var best = logits.startIndex
      for index in logits.indices where logits[index] > logits[best] { best = index }
      return Int32(best - logits.startIndex)
    case .sampled(let temperature, let seed):
      var stream = RandomStream(
        seed: seed, purpose: RandomPurpose("engine.sampling"), entity: position)
      let top = Double(logits.max() ?? 0)
      let weights = logits.map { exp((Double($0) - top) / temperature) }
      var rest = stream.uniform() * weights.reduce(0, +)
      for (token, weight) in weights.enumerated() {
        rest -= weight
        if rest < 0 { return Int32(token) }
      }
      return Int32(weights.count - 1)
    }
  }
}

/// Generated tokens, with counts of drafts and passes.
package struct Generation: Equatable, Sendable {
  /// The new tokens.
  package var tokens: [Int32] = []
  /// Drafted tokens.
  package var drafts = 0
  /// Drafted tokens that the main model accepted.
  package var accepted = 0
  /// Passes of the main model after the prompt.
  package var passes = 0

  /// Continues a prompt by `count` tokens.
  ///
  /// - Precondition: the prompt is not empty; with drafts, the model has a prediction module.
  package static func continuing(
    _ prompt: [Int32], by count: Int, with transformer: Transformer, choice: TokenChoice,
    drafts: Bool, form: AttentionForm = .absorbed
  ) -> Generation {
    precondition(!prompt.isEmpty, "the prompt is empty")
    let decoder = TokenDecoder(transformer, capacity: prompt.count + count + 2, form: form)
    let vocabulary = transformer.configuration.vocabulary
    var result = Generation()
    var text = prompt
    /// Appends the token that a row of logits predicts.
    func choose(_ logits: [Float], row: Int) {
      let row = logits[row * vocabulary..<(row + 1) * vocabulary]
      text.append(choice.token(row, position: text.count))
    }
    choose(decoder.append(prompt), row: prompt.count - 1)
    while text.count < prompt.count + count {
      result.passes += 1
      guard drafts else {
        choose(decoder.append([text[decoder.count]]), row: 0)
        continue
      }
      let predictions = decoder.draft(Array(text[(decoder.draftCount + 1)...]))
      // Drafts are greedy even when sampling.
      let draft = TokenChoice.greedy.token(predictions.suffix(vocabulary), position: 0)
      let held = decoder.count
      let logits = decoder.append([text[held], draft])
      choose(logits, row: 0)
      result.drafts += 1
      if text[held + 1] == draft {
        result.accepted += 1
        choose(logits, row: 1)
      } else {
        decoder.truncate(to: held + 1)
      }
    }
    result.tokens = Array(text[prompt.count..<prompt.count + count])
    return result
  }
}
