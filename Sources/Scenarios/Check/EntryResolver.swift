// Resolves catalogue names and inline descriptions to nodes, GPUs and models.

import Cluster
import Facts
import ModelCost
import Units

/// Makes catalogue entries from checked values; a missing field is reported and gives no entry.
struct EntryResolver {
  let problems: Problems

  /// A field of an entry, as specified or from the base; nil, with a problem reported, if both lack
  /// it.
  private func need<V>(_ fields: Fields, _ key: Key<V>, _ base: V?, _ path: String) -> V? {
    if fields.isRefused(key) { return nil }
    if let value = fields.given(key) ?? base { return value }
    problems.add(
      join(path, key.name), "is required",
      allowed: key.declaration.kind.exampleText.map { "for example: \(key.name): \($0)" })
    return nil
  }

  /// The name of an entry that changes a base.
  private func changed(_ name: String?) -> String? { name.map { "\($0) (changed)" } }

  /// Sources of an entry: the scenario for the fields that it specifies, the base's for the rest.
  private func sources(
    _ fields: [(field: String, isWritten: Bool)], _ base: [FieldSource]?
  ) -> [FieldSource] {
    fields.compactMap { field, isWritten in
      isWritten
        ? FieldSource(field, FieldSource.scenario) : base?.first { $0.field == field }
    }
  }

  /// The cluster; nil if any part of it is invalid.
  func cluster(_ fields: Fields) -> ClusterSpec? {
    guard let written = fields.given(ClusterKeys.node),
      let node = self.node(written, "cluster.node"), let count = fields.given(ClusterKeys.nodes)
    else { return nil }
    let perDomain = node.nodesPerDomain
    if count > perDomain && count % perDomain != 0 {
      let below = count / perDomain * perDomain
      problems.add(
        "cluster.nodes", "\"\(count)\" does not divide into scale-up domains of \(perDomain) nodes",
        allowed: "nearest: \(below) or \(below + perDomain)")
      return nil
    }
    let bare = ClusterSpec(node: node, nodeCount: count)
    return NetworkResolver(fields: fields, bare: bare, problems: problems).cluster()
  }

  private func node(_ written: NameOrFields, _ path: String) -> NodeSpec? {
    switch written {
    case .name(let name):
      return NodeSpec.catalogue.first { $0.name == name }
    case .fields(let f):
      guard !f.isRefused(NodeKeys.base) else { return nil }
      return node(
        f,
        base: f.given(NodeKeys.base).flatMap { name in
          NodeSpec.catalogue.first { $0.name == name }
        }, path)
    }
  }

  private func node(_ f: Fields, base: NodeSpec?, _ path: String) -> NodeSpec? {
    let name = need(f, NodeKeys.name, changed(base?.name), path)
    let gpusPerNode = need(f, NodeKeys.gpusPerNode, base?.gpusPerNode, path)
    let nicsPerNode = gpusPerNode.flatMap { nics(f, gpus: $0, base: base, path) }
    let nodesPerDomain = need(f, NodeKeys.nodesPerDomain, base?.nodesPerDomain ?? 1, path)
    let nodesPerRack = need(f, NodeKeys.nodesPerRack, base?.nodesPerRack ?? 1, path)
    let nic = need(f, NodeKeys.nic, base?.nicPerDirection, path)
    let nvlinkLatency = need(f, NodeKeys.nvlinkLatency, base?.nvlinkLatency, path)
    let networkLatency = need(f, NodeKeys.networkLatency, base?.networkLatency, path)
    let baseGPU = base.map { NameOrFields.name($0.gpu.name) }
    let gpu = need(f, NodeKeys.gpu, baseGPU, path).flatMap {
      self.gpu($0, nodeBase: base?.gpu, join(path, "gpu"))
    }
    guard let name, let gpusPerNode, let nicsPerNode, let nodesPerDomain, let nodesPerRack,
      let nic, let nvlinkLatency, let networkLatency, let gpu
    else { return nil }
    return NodeSpec(
      name: name, gpu: gpu, gpusPerNode: gpusPerNode, nicsPerNode: nicsPerNode,
      nodesPerDomain: nodesPerDomain, nodesPerRack: nodesPerRack, nicPerDirection: nic,
      nvlinkLatency: nvlinkLatency, networkLatency: networkLatency,
      sources: sources(
        [
          ("gpus_per_node", f.isWritten(NodeKeys.gpusPerNode)),
          ("nics_per_node", f.isWritten(NodeKeys.nicsPerNode)),
          ("nodes_per_domain", f.isWritten(NodeKeys.nodesPerDomain)),
          ("nodes_per_rack", f.isWritten(NodeKeys.nodesPerRack)),
          ("nic_per_direction", f.isWritten(NodeKeys.nic)),
          ("nvlink_latency", f.isWritten(NodeKeys.nvlinkLatency)),
          ("network_latency", f.isWritten(NodeKeys.networkLatency)),
        ], base?.sources))
  }

  /// The NICs of a node, as specified or as many for each GPU as the base has; nil, with a problem
  /// reported, if they and the GPUs do not divide each other.
  private func nics(_ f: Fields, gpus: Int, base: NodeSpec?, _ path: String) -> Int? {
    guard !f.isRefused(NodeKeys.nicsPerNode) else { return nil }
    let key = join(path, NodeKeys.nicsPerNode.name)
    guard let written = f.given(NodeKeys.nicsPerNode) else {
      guard let base else { return gpus }
      let (nics, rest) = (gpus * base.nicsPerNode).quotientAndRemainder(
        dividingBy: base.gpusPerNode)
      guard rest == 0, gpus % nics == 0 || nics % gpus == 0 else {
        problems.add(
          key,
          "is required: \(gpus) GPUs do not share NICs as the \(base.gpusPerNode) of"
            + " \(base.name) share \(base.nicsPerNode)",
          allowed: "for example: nics_per_node: \(gpus)")
        return nil
      }
      return nics
    }
    guard gpus % written != 0 && written % gpus != 0 else { return written }
    let below = (1..<written).last { gpus % $0 == 0 || $0 % gpus == 0 } ?? 1
    let above = (written...written + gpus).first { gpus % $0 == 0 || $0 % gpus == 0 } ?? gpus
    problems.add(
      key, "\"\(written)\" NICs and \(gpus) GPUs do not divide each other",
      allowed: "nearest: \(below) or \(above)")
    return nil
  }

  private func gpu(_ written: NameOrFields, nodeBase: GPUSpec?, _ path: String) -> GPUSpec? {
    let f: Fields
    switch written {
    case .name(let name): return GPUSpec.catalogue.first { $0.name == name }
    case .fields(let fields): f = fields
    }
    guard !f.isRefused(GPUKeys.base) else { return nil }
    let base =
      f.given(GPUKeys.base).flatMap { name in GPUSpec.catalogue.first { $0.name == name } }
      ?? nodeBase
    let baseFP8 = base.map { $0.fp8Peak.map(OrNone.some) ?? .none }
    let name = need(f, GPUKeys.name, changed(base?.name), path)
    let sms = need(f, GPUKeys.sms, base?.smCount, path)
    let bf16Peak = need(f, GPUKeys.bf16Peak, base?.bf16Peak, path)
    let fp8Peak = need(f, GPUKeys.fp8Peak, baseFP8, path)
    let memory = need(f, GPUKeys.memory, base?.memory, path)
    let bandwidth = need(f, GPUKeys.memoryBandwidth, base?.memoryBandwidth, path)
    let nvlink = need(f, GPUKeys.nvlink, base?.nvlinkPerDirection, path)
    let tdp = need(f, GPUKeys.tdp, base?.thermalDesignPower, path)
    let price = need(f, GPUKeys.price, base?.price, path)
    guard let name, let sms, let bf16Peak, let fp8Peak, let memory, let bandwidth, let nvlink,
      let tdp, let price
    else { return nil }
    var fp8: FLOPsPerSecond?
    if case .some(let peak) = fp8Peak { fp8 = peak }
    return GPUSpec(
      name: name, smCount: sms, bf16Peak: bf16Peak, fp8Peak: fp8, memory: memory,
      memoryBandwidth: bandwidth, nvlinkPerDirection: nvlink, thermalDesignPower: tdp,
      price: price,
      sources: sources(
        [
          ("sm_count", f.isWritten(GPUKeys.sms)), ("bf16_peak", f.isWritten(GPUKeys.bf16Peak)),
          ("fp8_peak", f.isWritten(GPUKeys.fp8Peak)), ("memory", f.isWritten(GPUKeys.memory)),
          ("memory_bandwidth", f.isWritten(GPUKeys.memoryBandwidth)),
          ("nvlink_per_direction", f.isWritten(GPUKeys.nvlink)),
          ("thermal_design_power", f.isWritten(GPUKeys.tdp)),
          ("price", f.isWritten(GPUKeys.price)),
        ], base?.sources))
  }
}

extension EntryResolver {
  /// The model; nil if any part of it is invalid.
  func model(_ written: NameOrFields) -> ModelSpec? {
    switch written {
    case .name(let name): return ModelSpec.catalogue.first { $0.name == name }
    case .fields(let f):
      guard !f.isRefused(ModelKeys.base) else { return nil }
      let base = f.given(ModelKeys.base).flatMap { name in
        ModelSpec.catalogue.first { $0.name == name }
      }
      let path = "model"
      let name = need(f, ModelKeys.name, changed(base?.name), path)
      let hidden = need(f, ModelKeys.hidden, base?.hidden, path)
      let layers = need(f, ModelKeys.layers, base?.layers, path)
      let vocabulary = need(f, ModelKeys.vocabulary, base?.vocabulary, path)
      let intermediate = need(f, ModelKeys.denseIntermediate, base?.denseIntermediate, path)
      let mtpModules = need(f, ModelKeys.mtpModules, base?.mtpModules, path)
      let attention = self.attention(f, base)
      let (experts, areValid) = self.experts(f, base)
      guard let name, let hidden, let layers, let vocabulary, let intermediate, let mtpModules,
        let attention, areValid
      else { return nil }
      let source = FieldSource.scenario
      return ModelSpec(
        name: name, hidden: hidden, layers: layers, vocabulary: vocabulary,
        attention: attention, denseIntermediate: intermediate, experts: experts,
        mtpModules: mtpModules,
        source: base.map { source + SourceText(words: ", base \($0.name)") } ?? source)
    }
  }

  private func attention(_ model: Fields, _ base: ModelSpec?) -> AttentionSpec? {
    if base != nil && !model.isWritten(ModelKeys.attention) { return base?.attention }
    guard let fields = need(model, ModelKeys.attention, nil, "model") else { return nil }
    if let f = fields.given(AttentionKeys.latent) {
      return latent(f, base?.attention).map(AttentionSpec.latent)
    }
    return fields.given(AttentionKeys.grouped).flatMap {
      grouped($0, base?.attention).map(AttentionSpec.grouped)
    }
  }

  private func latent(_ f: Fields, _ attention: AttentionSpec?) -> LatentAttention? {
    var base: LatentAttention?
    if case .latent(let latent) = attention { base = latent }
    let path = "model.attention.latent"
    let heads = need(f, AttentionKeys.heads, base?.heads, path)
    let queryRank = need(f, AttentionKeys.queryRank, base?.queryRank, path)
    let kvRank = need(f, AttentionKeys.kvRank, base?.kvRank, path)
    let nopeHead = need(f, AttentionKeys.nopeHead, base?.nopeHead, path)
    let ropeHead = need(f, AttentionKeys.ropeHead, base?.ropeHead, path)
    let valueHead = need(f, AttentionKeys.valueHead, base?.valueHead, path)
    guard let heads, let queryRank, let kvRank, let nopeHead, let ropeHead, let valueHead else {
      return nil
    }
    return LatentAttention(
      heads: heads, queryRank: queryRank, kvRank: kvRank, nopeHead: nopeHead,
      ropeHead: ropeHead, valueHead: valueHead)
  }

  private func grouped(_ f: Fields, _ attention: AttentionSpec?) -> GroupedAttention? {
    var base: GroupedAttention?
    if case .grouped(let grouped) = attention { base = grouped }
    let path = "model.attention.grouped"
    let heads = need(f, AttentionKeys.heads, base?.heads, path)
    let kvHeads = need(f, AttentionKeys.kvHeads, base?.kvHeads, path)
    let headSize = need(f, AttentionKeys.headSize, base?.headSize, path)
    let bias = need(f, AttentionKeys.bias, base?.hasBias ?? false, path)
    guard let heads, let kvHeads, let headSize, let bias else { return nil }
    return GroupedAttention(heads: heads, kvHeads: kvHeads, headSize: headSize, hasBias: bias)
  }

  private func experts(_ model: Fields, _ base: ModelSpec?) -> (ExpertSpec?, isValid: Bool) {
    if base != nil && !model.isWritten(ModelKeys.experts) { return (base?.experts, true) }
    switch need(model, ModelKeys.experts, nil, "model") {
    case nil: return (nil, false)
    case .some(.none): return (nil, true)
    case .some(.some(let fields)):
      let experts = self.experts(fields, base?.experts)
      return (experts, experts != nil)
    }
  }

  private func experts(_ f: Fields, _ base: ExpertSpec?) -> ExpertSpec? {
    let path = "model.experts"
    let denseLayers = need(f, ExpertKeys.denseLayers, base?.denseLayers, path)
    let routed = need(f, ExpertKeys.routed, base?.routed, path)
    let shared = need(f, ExpertKeys.shared, base?.shared, path)
    let topK = need(f, ExpertKeys.topK, base?.topK, path)
    let intermediate = need(f, ExpertKeys.intermediate, base?.intermediate, path)
    let groups = need(f, ExpertKeys.groups, base?.groups, path)
    let groupLimit = need(f, ExpertKeys.groupLimit, base?.groupLimit, path)
    let gate = need(f, ExpertKeys.gate, base?.gate, path)
    let selectionBias = need(f, ExpertKeys.selectionBias, base?.hasSelectionBias, path)
    guard let denseLayers, let routed, let shared, let topK, let intermediate, let groups,
      let groupLimit, let gate, let selectionBias
    else { return nil }
    return ExpertSpec(
      denseLayers: denseLayers, routed: routed, shared: shared, topK: topK,
      intermediate: intermediate, groups: groups, groupLimit: groupLimit, gate: gate,
      hasSelectionBias: selectionBias)
  }
}
