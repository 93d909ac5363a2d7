// The layout of all weights in one buffer. Weights with the same input are adjacent, so that one
// product computes both: w_gate and w_up, wq_a and wkv_a.

/// The location of a weight `[rows, columns]` in the buffer.
struct Slot: Hashable, Sendable {
  /// Index of the first element.
  var offset: Int
  /// Output elements; 1 for a gain.
  var rows: Int
  /// Input elements.
  var columns: Int

  /// Elements.
  var count: Int { rows * columns }

  /// This slot and the next one, which has the same input, as one.
  func joined(_ next: Slot) -> Slot {
    precondition(
      next.offset == offset + count && next.columns == columns, "the slots are not adjacent")
    return Slot(offset: offset, rows: rows + next.rows, columns: columns)
  }
}

/// A SwiGLU network's weights.
struct FeedForwardSlots: Hashable, Sendable {
  /// w_gate and w_up: `[2 x hidden, width]`.
  var gateUp: Slot
  /// w_down: `[width, hidden]`.
  var down: Slot
}

/// A mixture's weights.
struct MixtureSlots: Hashable, Sendable {
  /// `[experts, width]`.
  var router: Slot
  /// The routed experts in order.
  var experts: [FeedForwardSlots]
  /// The shared experts, as one network of their joint width.
  var shared: FeedForwardSlots?
}

/// The weights of one layer.
struct BlockSlots: Hashable, Sendable {
  /// The network after attention.
  enum FeedForward: Hashable, Sendable {
    case dense(FeedForwardSlots)
    case mixture(MixtureSlots)
  }

  /// `[1, width]`.
  var attentionNorm: Slot
  /// wq_a and wkv_a: `[queryRank + keyValueRank + rotaryWidth, width]`.
  var down: Slot
  /// `[1, queryRank]`.
  var queryNorm: Slot
  /// wq_b: `[heads x (plain + rotary), queryRank]`.
  var queryUp: Slot
  /// `[1, keyValueRank]`.
  var keyValueNorm: Slot
  /// wkv_b: `[heads x (plain + value), keyValueRank]`.
  var keyValueUp: Slot
  /// wo: `[width, heads x value]`.
  var output: Slot
  /// `[1, width]`.
  var feedForwardNorm: Slot
  var feedForward: FeedForward
}

/// The weights of a multi-token prediction module.
struct PredictionSlots: Hashable, Sendable {
  /// `[1, width]`, gain for the embedding.
  var embeddingNorm: Slot
  /// `[1, width]`, gain for the hidden state.
  var hiddenNorm: Slot
  /// eh_proj: `[width, 2 x width]`.
  var join: Slot
  /// The layer, always with experts.
  var block: BlockSlots
  /// `[1, width]`.
  var outputNorm: Slot
}

/// The layout of all weights of a model.
package struct ParameterLayout: Hashable, Sendable {
  /// A named weight.
  package struct Entry: Hashable, Sendable {
    /// The name in the published checkpoints, abbreviated: `L3.e17.w_up`.
    package var name: String
    /// Index of the first element.
    package var offset: Int
    /// Output elements; 1 for a gain.
    package var rows: Int
    /// Input elements.
    package var columns: Int
    /// Whether it is a gain of a norm: initialised to 1, without weight decay.
    package var isGain: Bool
    /// Number of elements.
    package var count: Int { rows * columns }
  }

  /// All weights, in ascending order of offset.
  package private(set) var entries: [Entry] = []
  /// Number of elements of all weights.
  package private(set) var count = 0
  /// `[vocabulary, width]`.
  private(set) var embedding = Slot(offset: 0, rows: 0, columns: 0)
  /// `[vocabulary, width]`.
  private(set) var head = Slot(offset: 0, rows: 0, columns: 0)
  /// `[1, width]`.
  private(set) var finalNorm = Slot(offset: 0, rows: 0, columns: 0)
  /// The layers of the main model.
  private(set) var blocks: [BlockSlots] = []
  /// The prediction modules.
  private(set) var predictions: [PredictionSlots] = []

  /// The layout of a model.
  package init(_ model: ModelConfiguration) {
    let width = model.width
    embedding = add("embed", model.vocabulary, width)
    head = add("head", model.vocabulary, width)
    finalNorm = gain("norm", width)
    blocks = (0..<model.layers).map {
      block("L\($0).", model, isDense: $0 < model.denseLayers)
    }
    predictions = (0..<model.predictionModules).map { index in
      let prefix = "M\(index)."
      return PredictionSlots(
        embeddingNorm: gain(prefix + "enorm", width), hiddenNorm: gain(prefix + "hnorm", width),
        join: add(prefix + "eh_proj", width, 2 * width),
        block: block(prefix, model, isDense: false),
        outputNorm: gain(prefix + "out_norm", width))
    }
  }

  private mutating func add(_ name: String, _ rows: Int, _ columns: Int, isGain: Bool = false)
    -> Slot
  {
    let slot = Slot(offset: count, rows: rows, columns: columns)
    entries.append(
      Entry(name: name, offset: count, rows: rows, columns: columns, isGain: isGain))
    count += slot.count
    return slot
  }

  private mutating func gain(_ name: String, _ width: Int) -> Slot {
    add(name, 1, width, isGain: true)
  }

  private mutating func block(
    _ prefix: String, _ model: ModelConfiguration, isDense: Bool
  ) -> BlockSlots {
    let width = model.width
    let attentionNorm = gain(prefix + "attn_norm", width)
    let queryDown = add(prefix + "wq_a", model.queryRank, width)
    let keyValueDown = add(prefix + "wkv_a", model.keyValueRank + model.rotaryWidth, width)
    return BlockSlots(
      attentionNorm: attentionNorm, down: queryDown.joined(keyValueDown),
      queryNorm: gain(prefix + "q_norm", model.queryRank),
      queryUp: add(prefix + "wq_b", model.heads * model.headWidth, model.queryRank),
      keyValueNorm: gain(prefix + "kv_norm", model.keyValueRank),
      keyValueUp: add(
        prefix + "wkv_b", model.heads * (model.plainWidth + model.valueWidth), model.keyValueRank),
      output: add(prefix + "wo", width, model.heads * model.valueWidth),
      feedForwardNorm: gain(prefix + "ffn_norm", width),
      feedForward: isDense
        ? .dense(network(prefix, width, model.denseWidth)) : .mixture(mixture(prefix, model)))
  }

  private mutating func mixture(_ prefix: String, _ model: ModelConfiguration) -> MixtureSlots {
    let router = add(prefix + "router", model.gate.experts, model.width)
    let experts = (0..<model.gate.experts).map {
      network("\(prefix)e\($0).", model.width, model.expertWidth)
    }
    let shared =
      model.sharedExperts == 0
      ? nil : network(prefix + "es.", model.width, model.sharedExperts * model.expertWidth)
    return MixtureSlots(router: router, experts: experts, shared: shared)
  }

  private mutating func network(_ prefix: String, _ width: Int, _ hidden: Int) -> FeedForwardSlots {
    let gate = add(prefix + "w_gate", hidden, width)
    let up = add(prefix + "w_up", hidden, width)
    return FeedForwardSlots(
      gateUp: gate.joined(up), down: add(prefix + "w_down", width, hidden))
  }
}

extension FloatBuffer {
  /// The matrix of a weight, or of its gradient.
  func matrix(_ slot: Slot) -> Matrix { matrix(slot.rows, slot.columns, at: slot.offset) }
}
