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
  func need<V>(_ fields: Fields, _ key: Key<V>, _ base: V?, _ path: String) -> V? {
    if fields.isRefused(key) { return nil }
    if let value = fields.given(key) ?? base { return value }
    problems.add(
      join(path, key.name), "is required",
      allowed: key.declaration.kind.exampleText.map { "for example: \(key.name): \($0)" })
    return nil
  }

  /// The name of an entry that changes a base.
  func changed(_ name: String?) -> String? { name.map { "\($0) (changed)" } }

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
    let blocks = need(f, GPUKeys.blockScaling, base?.hasBlockScaling ?? false, path)
    let memory = need(f, GPUKeys.memory, base?.memory, path)
    let bandwidth = need(f, GPUKeys.memoryBandwidth, base?.memoryBandwidth, path)
    let nvlink = need(f, GPUKeys.nvlink, base?.nvlinkPerDirection, path)
    let tdp = need(f, GPUKeys.tdp, base?.thermalDesignPower, path)
    let price = need(f, GPUKeys.price, base?.price, path)
    guard let name, let sms, let bf16Peak, let fp8Peak, let blocks, let memory, let bandwidth,
      let nvlink,
      let tdp, let price
    else { return nil }
    var fp8: FLOPsPerSecond?
    if case .some(let peak) = fp8Peak { fp8 = peak }
    return GPUSpec(
      name: name, base: isOther(f) ? nil : base?.kernelName, smCount: sms,
      bf16Peak: bf16Peak, fp8Peak: fp8, hasBlockScaling: blocks, memory: memory,
      memoryBandwidth: bandwidth, nvlinkPerDirection: nvlink, thermalDesignPower: tdp,
      price: price,
      sources: sources(
        [
          ("sm_count", f.isWritten(GPUKeys.sms)), ("bf16_peak", f.isWritten(GPUKeys.bf16Peak)),
          ("fp8_peak", f.isWritten(GPUKeys.fp8Peak)),
          ("has_block_scaling", f.isWritten(GPUKeys.blockScaling)),
          ("memory", f.isWritten(GPUKeys.memory)),
          ("memory_bandwidth", f.isWritten(GPUKeys.memoryBandwidth)),
          ("nvlink_per_direction", f.isWritten(GPUKeys.nvlink)),
          ("thermal_design_power", f.isWritten(GPUKeys.tdp)),
          ("price", f.isWritten(GPUKeys.price)),
        ], base?.sources))
  }

  /// Whether a description owes nothing about kernels to the GPU of the node's base: it has a name
  /// of its own and every rate on which their times depend.
  private func isOther(_ f: Fields) -> Bool {
    !f.isWritten(GPUKeys.base) && f.isWritten(GPUKeys.name) && f.isWritten(GPUKeys.sms)
      && f.isWritten(GPUKeys.bf16Peak) && f.isWritten(GPUKeys.fp8Peak)
      && f.isWritten(GPUKeys.memoryBandwidth)
  }
}
