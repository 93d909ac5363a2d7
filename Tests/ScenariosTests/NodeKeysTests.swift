// Hosts, NICs, scale-up domains and racks of a scenario's nodes.

import Cluster
import Testing
import Units

@testable import Scenarios

@Suite("Nodes of scenarios")
struct NodeKeysTests {
  /// The node of a two-node scenario with some keys.
  private func node(_ keys: String) throws -> NodeSpec {
    let text = try shippedText("tiny-16gpu")
    return try Scenario.decode(
      text: text, file: "a.yaml",
      overrides: ["cluster.node={\(keys)}", "training.parallel.expert=4"]
    ).cluster.node
  }

  private func found(_ overrides: String...) throws -> [Diagnostic] {
    problems(try shippedText("tiny-16gpu"), overrides)
  }

  @Test("a host of eight GPUs may have four NICs, which GPUs share")
  func fourNICs() throws {
    let node = try node("base: h100-sxm, nics_per_node: 4")

    #expect(node.nicsPerNode == 4)
    #expect(node.networkPerGPU == BytesPerSecond(25e9))
    #expect(node.sources.first { $0.field == "nics_per_node" }?.source == FieldSource.scenario)
  }

  @Test("without the key, a changed host has as many NICs for each GPU as its base")
  func scaledNICs() throws {
    #expect(try node("base: h100-sxm, gpus_per_node: 4").nicsPerNode == 4)
    #expect(try node("base: cloudmatrix384, gpus_per_node: 8").nicsPerNode == 4)
  }

  @Test("domains and racks are those of the base unless specified")
  func domains() throws {
    let rack = try node("base: gb200-nvl72")
    let fewer = try node("base: gb200-nvl72, nodes_per_domain: 2")

    #expect((rack.nodesPerDomain, rack.nodesPerRack) == (18, 18))
    #expect((fewer.nodesPerDomain, fewer.nodesPerRack) == (2, 18))
  }

  @Test("NICs and GPUs that do not divide each other are refused with the nearest numbers")
  func unevenNICs() throws {
    let found = try found("cluster.node={base: h100-sxm, nics_per_node: 3}")

    #expect(found.map(\.keyPath) == ["cluster.node.nics_per_node"])
    #expect(found.first?.message == "\"3\" NICs and 8 GPUs do not divide each other")
    #expect(found.first?.allowed == "nearest: 2 or 4")
  }

  @Test("a cluster larger than a domain consists of whole domains")
  func wholeDomains() throws {
    let found = try found("cluster.node=gb200-nvl72", "cluster.nodes=20")

    #expect(found.map(\.keyPath) == ["cluster.nodes"])
    #expect(found.first?.message == "\"20\" does not divide into scale-up domains of 18 nodes")
    #expect(found.first?.allowed == "nearest: 18 or 36")
  }

  @Test("expert groups that would straddle domains are refused; a partly used domain helps")
  func straddling() throws {
    let rack = ["cluster.node=gb200-nvl72", "cluster.nodes=36", "training.parallel.data=64"]
    let text = try shippedText("tiny-16gpu")
    let found = problems(text, rack + ["training.parallel.expert=16"])

    #expect(
      Set(found.map(\.keyPath)) == ["training.parallel.data", "training.parallel.expert"])
    #expect(
      found.allSatisfy { $0.allowed?.contains("16 as cluster.node.nodes_per_domain") == true })
    #expect(
      problems(
        text,
        [
          "cluster.node={base: gb200-nvl72, nodes_per_domain: 16}", "cluster.nodes=32",
          "training.parallel.data=64", "training.parallel.expert=16",
        ]) == [])
  }

  @Test(
    "ranks and expert groups that would straddle nodes are refused with the nearest numbers",
    arguments: [
      ("dense-72b", ["cluster.nodes=24"], "training.parallel.pipeline", 12, "12 or 24"),
      (
        "dense-72b", ["cluster.nodes=24", "training.parallel.data=12"], "training.parallel.data",
        12, "8"
      ),
      (
        "tiny-16gpu",
        [
          "cluster.nodes=3", "training.parallel.pipeline=1", "training.parallel.expert=6",
          "model.experts.routed=48",
        ],
        "training.parallel.expert", 6, "4 or 8"
      ),
    ])
  func straddlingNodes(
    name: String, settings: [String], path: String, gpus: Int, nearest: String
  ) throws {
    let found = problems(try shippedText(name), settings).filter {
      $0.message.contains("scale-up domain")
    }

    #expect(found.map(\.keyPath) == [path])
    #expect(found.first?.message.contains("of \(gpus) GPUs neither divides") == true)
    #expect(found.first?.allowed == "nearest: \(nearest)")
  }

  @Test("an inference unit larger than a domain fills whole domains")
  func inferenceUnit() throws {
    let found = problems(
      try shippedText("inference-decode-ep144"),
      ["cluster.node=gb200-nvl72", "cluster.nodes=36", "inference.expert_parallel=96"])

    #expect(
      found.map(\.message) == ["\"96\" is not a multiple of the 72 GPUs of a scale-up domain"])
  }

  @Test("a NIC is named by its number in the host, of which there may be fewer than GPUs")
  func nicNames() throws {
    let found = try found(
      "cluster.node={base: h100-sxm, nics_per_node: 4}", "training.fidelity=every-gpu",
      "cluster.topology={name: a, links: [{from: node0.nic4, to: hub, capacity: 400 Gb/s,"
        + " latency: 1 us}]}")

    #expect(
      found.first?.allowed?.hasPrefix("expected: node0 to node1, with .nic0 to .nic3") == true)
  }
}
