// The tokens of a step, or of one of its microbatches: prompts, decoding sequences, or both.
//
// A step that computes prompt tokens beside decoding sequences is one forward pass: every product,
// expert and exchange sees all of its tokens. Attention runs twice, once for prompts and once for
// the sequences that decode. Engines run such steps with the kernels of prefill.

import ModelCost

/// Sequences that decode.
package struct DecodeRows: Hashable, Sendable {
  /// Number of sequences.
  package var sequences: Int
  /// Tokens of each: one, and its drafts.
  package var queries: Int
  /// Cached tokens of each.
  package var context: Int

  package init(sequences: Int, queries: Int, context: Int) {
    self.sequences = sequences
    self.queries = queries
    self.context = context
  }

  /// Tokens of all sequences.
  package var tokens: Int { sequences * queries }
}

/// Tokens of prompts: sequences of one length, of which the last may be a part of one.
package struct PromptRows: Hashable, Sendable {
  /// Tokens of all prompts.
  package var tokens: Int
  /// Tokens of each prompt.
  package var length: Int
  /// Tokens before them in each prompt, whose keys and values are cached.
  package var cached: Int

  package init(tokens: Int, length: Int, cached: Int) {
    self.tokens = tokens
    self.length = length
    self.cached = cached
  }

  /// Number of prompts, a part counted as one.
  package var sequences: Int { (tokens + length - 1) / length }
}

/// The tokens of an attention group that one pass computes.
package enum StepRows: Hashable, Sendable {
  /// Sequences that decode.
  case decode(DecodeRows)
  /// Prompts, with sequences that decode if there are any.
  case prefill(PromptRows, beside: DecodeRows?)

  /// The prompts; nil if there are none.
  package var prompts: PromptRows? {
    switch self {
    case .decode: nil
    case .prefill(let prompts, _): prompts
    }
  }

  /// The sequences that decode; nil if none do.
  package var decodes: DecodeRows? {
    switch self {
    case .decode(let decodes): decodes
    case .prefill(_, let decodes): decodes
    }
  }

  /// Tokens of prompts and sequences.
  package var tokens: Int { (prompts?.tokens ?? 0) + (decodes?.tokens ?? 0) }
  /// Prompts and sequences.
  package var sequences: Int { (prompts?.sequences ?? 0) + (decodes?.sequences ?? 0) }
  /// Tokens whose logits are computed: the last of each prompt, and all that decode.
  package var sampled: Int { (prompts?.sequences ?? 0) + (decodes?.tokens ?? 0) }
}

extension InferenceSpec {
  /// The tokens of each microbatch, the larger first.
  package var microbatchRows: [StepRows] { rows(parts: microbatches) }

  /// The tokens of the whole step.
  var allRows: StepRows { rows(parts: 1)[0] }

  private func rows(parts: Int) -> [StepRows] {
    func part(_ count: Int, _ index: Int) -> Int { (count + parts - 1 - index) / parts }
    return (0..<parts).map { index in
      let sequences = part(batch, index)
      switch phase {
      case .decode:
        return .decode(DecodeRows(sequences: sequences, queries: queries, context: context))
      case .prefill:
        let tokens = promptTokens.map { part($0, index) } ?? sequences * context
        return .prefill(
          PromptRows(tokens: tokens, length: context, cached: cachedPrefix),
          beside: decoding.map {
            DecodeRows(
              sequences: part($0.sequences, index), queries: $0.queries, context: $0.context)
          })
      }
    }
  }
}
