// The keys of a model that a scenario describes. The ranges keep every count of parameters within
// 64 bits: 3 x 2^17 x 2^19 x 2^14 x 2^10 is 3 x 2^60.

import ModelCost

/// Keys of `model`.
enum ModelKeys {
  static let base = Key<String>(
    "base", .name(catalogue: ModelSpec.catalogue.map(\.name)),
    "The catalogue model to start from; every other key may then be absent.")
  static let config = Key<String>(
    "config", .text,
    "A Hugging Face config.json to start from, relative to the scenario's folder; every other key"
      + " may then be absent. Not together with base.")
  static let name = Key<String>(
    "name", .text, .requiredWithoutBase,
    "Name in results; with base or config: its name, marked changed.")
  static let hidden = Key<Int>("hidden", width(131_072), .requiredWithoutBase, "Hidden size.")
  static let layers = Key<Int>(
    "layers", .integer(1...1024), .requiredWithoutBase,
    "Transformer layers, dense and mixture of experts together, without MTP modules.")
  static let vocabulary = Key<Int>(
    "vocabulary", width(4_194_304), .requiredWithoutBase, "Entries of embedding and head.")
  static let denseIntermediate = Key<Int>(
    "dense_intermediate", width(524_288), .requiredWithoutBase,
    "Inner width of the dense feed-forward layers.")
  static let mtpModules = Key<Int>(
    "mtp_modules", .integer(0...8), .requiredWithoutBase,
    "Multi-token prediction modules, one layer each.")
  static let attention = Key<Fields>(
    "attention", .record(AttentionKeys.record), .requiredWithoutBase, "Attention of a layer.")
  static let experts = Key<OrNone<Fields>>(
    "experts", .either(word: "none", .record(ExpertKeys.record)), .requiredWithoutBase,
    "The mixture-of-experts part; none for a dense model.")
  static let window = Key<OrNone<Fields>>(
    "window", .either(word: "none", .record(WindowKeys.record)),
    "Layers whose tokens attend to a window; absent: as in the base, or none.")
  static let tiedEmbedding = Key<Bool>(
    "tied_embedding", .flag,
    "Whether the head uses the embedding's weights; absent: as in the base, or false.")
  static let weights = Key<Fields>(
    "weights", .record(WeightKeys.record),
    "The format in which the weights are published; absent: as in the base, or BF16.")
  static let record = Record(
    [
      base.declaration, config.declaration, name.declaration, hidden.declaration,
      layers.declaration, vocabulary.declaration, denseIntermediate.declaration,
      mtpModules.declaration, attention.declaration, window.declaration, experts.declaration,
      tiedEmbedding.declaration, weights.declaration,
    ], atMostOne: [["base", "config"]])

  static func width(_ largest: Int) -> Kind { .integer(1...largest) }
}

/// Keys of `model.attention` and below.
enum AttentionKeys {
  static let latent = Key<Fields>(
    "latent", .record(latentRecord), "Multi-head latent attention (DeepSeek-V2 and V3).")
  static let grouped = Key<Fields>(
    "grouped", .record(groupedRecord), "Multi-head or grouped-query attention.")
  static let record = Record(
    [latent.declaration, grouped.declaration], exactlyOne: [["latent", "grouped"]])

  static let heads = Key<Int>(
    "heads", ModelKeys.width(4096), .requiredWithoutBase, "Attention heads.")
  static let queryRank = Key<OrNone<Int>>(
    "query_rank", .either(word: "none", ModelKeys.width(65_536)), .requiredWithoutBase,
    "Rank of the query compression; none if queries are projected from the hidden state.")
  static let kvRank = Key<Int>(
    "kv_rank", ModelKeys.width(65_536), .requiredWithoutBase, "Rank of the KV compression.")
  static let nopeHead = Key<Int>(
    "nope_head", ModelKeys.width(4096), .requiredWithoutBase, "Head size without position.")
  static let ropeHead = Key<Int>(
    "rope_head", ModelKeys.width(4096), .requiredWithoutBase,
    "Head size with rotary position.")
  static let valueHead = Key<Int>(
    "value_head", ModelKeys.width(4096), .requiredWithoutBase, "Value head size.")
  static let kvHeads = Key<Int>(
    "kv_heads", ModelKeys.width(4096), .requiredWithoutBase,
    "Key and value heads; divides heads.")
  static let headSize = Key<Int>(
    "head_size", ModelKeys.width(4096), .requiredWithoutBase, "Size of a head.")
  static let bias = Key<Bool>(
    "bias", .flag,
    "Whether the projections of q, k and v have biases; absent: as in the base, or false.")
  static let outputBias = Key<Bool>(
    "output_bias", .flag,
    "Whether the output projection has a bias; absent: as in the base, or false.")
  static let queryKeyNorm = Key<GroupedAttention.QueryKeyNorm>(
    "query_key_norm", .choice(GroupedAttention.QueryKeyNorm.allCases.map(\.rawValue)),
    "Norms of queries and keys: per_head shares weights between heads, per_layer has weights for"
      + " every head; absent: as in the base, or none.")
  static let sinks = Key<Bool>(
    "sinks", .flag,
    "Whether every head has a learned attention sink; absent: as in the base, or false.")
  static let indexer = Key<OrNone<Fields>>(
    "indexer", .either(word: "none", .record(IndexerKeys.record)),
    "Small heads that select the keys to attend to (DeepSeek-V3.2); absent: as in the base, or"
      + " none.")

  private static let latentRecord = Record([
    heads.declaration, queryRank.declaration, kvRank.declaration, nopeHead.declaration,
    ropeHead.declaration, valueHead.declaration, indexer.declaration,
  ])
  private static let groupedRecord = Record([
    heads.declaration, kvHeads.declaration, headSize.declaration, bias.declaration,
    outputBias.declaration, queryKeyNorm.declaration, sinks.declaration,
  ])
}

/// Keys of `model.attention.latent.indexer`.
enum IndexerKeys {
  static let heads = Key<Int>(
    "heads", ModelKeys.width(4096), .requiredWithoutBase, "Heads that score; they share one key.")
  static let headSize = Key<Int>(
    "head_size", ModelKeys.width(4096), .requiredWithoutBase, "Size of such a head.")
  static let topK = Key<Int>(
    "top_k", ModelKeys.width(16_777_216), .requiredWithoutBase,
    "Keys that a token attends to at most.")
  static let record = Record([heads.declaration, headSize.declaration, topK.declaration])
}

/// Keys of `model.weights`.
enum WeightKeys {
  static let format = Key<WeightFormat>(
    "format", .choice(WeightFormat.allCases.map(\.rawValue)), .requiredWithoutBase,
    "Format of the covered matrices, with the bytes of its scales; the others are in BF16.")
  static let covers = Key<WeightScheme.Coverage>(
    "covers", .choice(WeightScheme.Coverage.allCases.map(\.rawValue)),
    "Matrices in the format: linear is those of attention and all feed-forward layers, experts"
      + " those of routed experts; absent: as in the base, or linear.")
  static let record = Record([format.declaration, covers.declaration])
}

/// Keys of `model.window`.
enum WindowKeys {
  static let tokens = Key<Int>(
    "tokens", ModelKeys.width(16_777_216), .required,
    "Tokens of a window, the attending one included.")
  static let chunked = Key<Bool>(
    "chunked", .flag, fallback: false,
    "Whether windows are fixed chunks of the sequence; otherwise they slide.")
  static let first = Key<Int>(
    "first", .integer(0...1023), fallback: 0, "First layer with the window, counted from 0.")
  static let every = Key<Int>(
    "every", ModelKeys.width(1024), fallback: 1,
    "Every so many layers after it have the window.")
  static let layers = Key<[Int]>(
    "layers", .list(.integer(0...1023), isSet: true, count: 1...1024),
    "The layers with the window, counted from 0, instead of first and every.")
  static let record = Record([
    tokens.declaration, chunked.declaration, first.declaration, every.declaration,
    layers.declaration,
  ])
}

/// Keys of `model.experts`.
enum ExpertKeys {
  static let denseLayers = Key<Int>(
    "dense_layers", .integer(0...1024),
    "First layers that stay dense; or layers; absent: as in the base.")
  static let every = Key<Int>(
    "every", ModelKeys.width(1024), fallback: 1,
    "Every so many layers after the first dense ones have experts.")
  static let layers = Key<[Int]>(
    "layers", .list(.integer(0...1023), isSet: true, count: 1...1024),
    "The layers with experts, counted from 0; or dense_layers.")
  static let routed = Key<Int>(
    "routed", ModelKeys.width(16_384), .requiredWithoutBase, "Routed experts of a layer.")
  static let shared = Key<Int>(
    "shared", .integer(0...64), .requiredWithoutBase, "Shared experts of a layer.")
  static let sharedIntermediate = Key<Int>(
    "shared_intermediate", ModelKeys.width(524_288),
    "Inner width of one shared expert; absent: as in the base, or that of a routed one.")
  static let topK = Key<Int>(
    "top_k", ModelKeys.width(256), .requiredWithoutBase,
    "Routed experts that a token visits.")
  static let intermediate = Key<Int>(
    "intermediate", ModelKeys.width(524_288), .requiredWithoutBase,
    "Inner width of one expert.")
  static let groups = Key<Int>(
    "groups", ModelKeys.width(16_384), .requiredWithoutBase,
    "Groups of experts for group-limited routing; 1 without groups.")
  static let groupLimit = Key<Int>(
    "group_limit", ModelKeys.width(16_384), .requiredWithoutBase,
    "Groups that a token may visit.")
  static let gate = Key<ExpertSpec.Gate>(
    "gate", .choice(ExpertSpec.Gate.allCases.map(\.rawValue)), .requiredWithoutBase,
    "Function that turns the router's logits into scores.")
  static let selectionBias = Key<Bool>(
    "selection_bias", .flag, .requiredWithoutBase,
    "Whether the gate adds a learned bias for selection.")
  static let bias = Key<Bool>(
    "bias", .flag,
    "Whether the projections of experts and router have biases; absent: as in the base, or false.")
  static let record = Record([
    denseLayers.declaration, every.declaration, layers.declaration, routed.declaration,
    shared.declaration, sharedIntermediate.declaration, topK.declaration,
    intermediate.declaration, groups.declaration, groupLimit.declaration, gate.declaration,
    selectionBias.declaration, bias.declaration,
  ])
}
