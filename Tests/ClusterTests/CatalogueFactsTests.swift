// Figures in the catalogues and constants in this room, checked against the facts they cite.

import Facts
import Testing
import Units

@testable import Cluster

@Suite("The catalogues agree with the register of facts")
struct CatalogueFactsTests {
  /// A field's figure and its fact's, both in the base unit.
  private typealias Figures = (field: Double?, fact: Double?)

  private func figure<Q: TextQuantity>(_ type: Q.Type, of fact: Fact) throws -> Double? {
    fact.number == nil ? nil : try Q(text: "\(fact.value) \(fact.unit)").value
  }

  private func figures(_ source: FieldSource, of gpu: GPUSpec, _ fact: Fact) throws -> Figures {
    switch source.field {
    case "sm_count":
      (Double(gpu.smCount), ["SM", "CU", "cores"].contains(fact.unit) ? fact.number : nil)
    case "bf16_peak": (gpu.bf16Peak.value, try figure(FLOPsPerSecond.self, of: fact))
    case "fp8_peak": (gpu.fp8Peak?.value, try figure(FLOPsPerSecond.self, of: fact))
    case "memory" where source.source.facts.last == .assumed.driverReserve:
      (gpu.memory.value + GPUSpec.assumedDriverReserve.value, try figure(Bytes.self, of: fact))
    case "memory": (gpu.memory.value, try figure(Bytes.self, of: fact))
    case "memory_bandwidth":
      (gpu.memoryBandwidth.value, try figure(BytesPerSecond.self, of: fact))
    case "nvlink_per_direction":
      (gpu.nvlinkPerDirection.value * 2, try figure(BytesPerSecond.self, of: fact))
    case "thermal_design_power": (gpu.thermalDesignPower.value, try figure(Watts.self, of: fact))
    case "has_block_scaling": (nil, fact.number)
    case "price": (gpu.price.value, try figure(USDollarsPerGPUHour.self, of: fact))
    default: (nil, .nan)
    }
  }

  private func expectEqual(_ figures: Figures, _ name: String) throws {
    guard let field = figures.field else {
      #expect(figures.fact == nil, "\(name): only the fact has a number")
      return
    }
    let fact = try #require(figures.fact, "\(name): the fact has no number")
    // Multiplying a decimal by a power of ten may round once.
    #expect(abs(field / fact - 1) < 1e-12, "\(name): \(field) is not \(fact)")
  }

  @Test("each field of a GPU equals the figure of its fact", arguments: GPUSpec.catalogue)
  func gpus(gpu: GPUSpec) throws {
    for source in gpu.sources {
      let isReduced = source.source.text.hasSuffix(", less assumedDriverReserve")
      try #require(source.source.facts.count == (isReduced ? 2 : 1), "\(source.field)")
      let figures = try figures(source, of: gpu, source.source.facts[0])
      try expectEqual(figures, "\(gpu.name), \(source.field)")
      let isHalf = source.field == "nvlink_per_direction"
      #expect(source.source.text.hasSuffix(", half of it") == isHalf)
    }
  }

  @Test("a driver keeps what it shows of an H100 and programs do not see")
  func driverReserve() throws {
    let shown = Bytes(81_559 * 1_048_576)
    let seen = try figure(Bytes.self, of: .hardware.h800Memory)

    // Drivers show whole MiB.
    let reserve = shown.value - (try #require(seen))
    #expect(abs(reserve - GPUSpec.assumedDriverReserve.value) < 1_048_576 / 2)
    #expect(Fact.assumed.driverReserve.citation.contains("81,559 MiB"))
  }

  @Test(
    "programs have nearly all of the stacks, whose sizes are binary",
    arguments: [
      ("a100-sxm", 80.0), ("h100-sxm", 80.0), ("h20", 96.0), ("mi300x", 192.0), ("mi355x", 288.0),
    ])
  func stacks(name: String, gibibytes: Double) throws {
    let gpu = try #require(GPUSpec.catalogue.first { $0.name == name })

    #expect((0.97...1).contains(gpu.memory.value / (gibibytes * 1_073_741_824)))
  }

  @Test(
    "the counts, NIC bandwidth and measured latencies of a node equal their facts",
    arguments: NodeSpec.catalogue)
  func nodes(node: NodeSpec) throws {
    let eight = [": 8 NICs, one a GPU", ": a node is a domain of eight GPUs"]
    for source in node.sources where !eight.contains(where: source.source.text.hasSuffix) {
      try #require(source.source.facts.count == 1, "\(source.field)")
      let fact = source.source.facts[0]
      switch source.field {
      case "gpus_per_node": try expectEqual((Double(node.gpusPerNode), fact.number), node.name)
      case "nics_per_node": try expectEqual((Double(node.nicsPerNode), fact.number), node.name)
      case "nodes_per_domain":
        try expectEqual((Double(node.nodesPerDomain), fact.number), node.name)
      case "nodes_per_rack": try expectEqual((Double(node.nodesPerRack), fact.number), node.name)
      case "nic_per_direction":
        let figures = (node.nicPerDirection.value, try figure(BytesPerSecond.self, of: fact))
        try expectEqual(figures, node.name)
      case _ where fact == .assumed.latencies:
        let (nvlink, network) = (node.nvlinkLatency.value * 1e6, node.networkLatency.value * 1e6)
        #expect(fact.value == "\(nvlink) and \(network)" && fact.unit == "us")
      case "nvlink_latency":
        try expectEqual((node.nvlinkLatency.value, try figure(Seconds.self, of: fact)), node.name)
      default:
        try expectEqual((node.networkLatency.value, try figure(Seconds.self, of: fact)), node.name)
      }
    }
  }

  @Test("constants for links and switches follow from their facts")
  func constants() throws {
    let networks = Fact.networks
    let total = try #require(Fact.hardware.h800NVLink.number)
    let achieved = try #require(Fact.hardware.h800AchievedNVLink.number)
    let near = try figure(Seconds.self, of: networks.sameLeafLatency)
    let far = try figure(Seconds.self, of: networks.crossLeafLatency)

    #expect(ReplicaGroup.nvlinkShare == achieved / (total / 2))
    let layer = try #require(far) - #require(near)
    #expect(abs(NodeSpec.layerLatency.value - layer) < 1e-15)
    #expect(networks.planes.conditions.contains("switches of \(FatTreePlan.ports) ports"))
    let payloads = ExpertExchange.Direction.allCases.map(ExchangeMeasurement.payload)
    #expect(Fact.exchanges.messageBytes.value == "\(payloads[0]) dispatch, \(payloads[1]) combine")
  }

  /// The figure of a row in the unit of its fact: microseconds, or logical GB/s.
  private func figure(of row: ExchangeMeasurement) -> String {
    let bytes =
      switch row.kind {
      case .normal(let exchange, _, _): exchange.logicalBytes
      case .lowLatency(let exchange, _): exchange.logicalBytes
      }
    let figure = row.fact.unit == "us" ? row.seconds * 1e6 : bytes / row.seconds / 1e9
    return "\(Int(figure.rounded()))"
  }

  @Test("a fact lists its published rows or states their number")
  func rows() {
    for fact in Set(ExchangeMeasurement.all.map(\.fact)).sorted(by: { $0.id < $1.id }) {
      let rows = ExchangeMeasurement.all.filter { $0.fact == fact }
      let texts = ExpertExchange.Direction.allCases.map { direction in
        let figures = rows.filter { $0.direction == direction }.map { figure(of: $0) }
        return figures.joined(separator: " and ") + " \(direction.rawValue)"
      }
      let count = "\(rows.count / 2) rows of dispatch and combine"
      #expect(fact.value == texts.joined(separator: ", ") || fact.value == count, "\(fact.id)")
    }
  }

  @Test("a published row is a calibration if a constant is solved from it, otherwise a validation")
  func uses() {
    let rows = ExchangeMeasurement.all
    for fact in Set(rows.map(\.fact)).sorted(by: { $0.id < $1.id }) {
      let isUsed = rows.contains { $0.fact == fact && $0.isUsed }
      #expect(fact.use == (isUsed ? .calibration : .validation), "\(fact.id)")
    }
  }
}
