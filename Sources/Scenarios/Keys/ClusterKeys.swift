// The keys under `cluster`.

import Cluster
import Units

/// Keys of `cluster`.
enum ClusterKeys {
  static let node = Key<NameOrFields>(
    "node", .entry(catalogue: NodeSpec.catalogue.map(\.name), NodeKeys.record), .required,
    "A node of the catalogue, or a description; with base it changes some fields of one.")
  static let nodes = Key<Int>("nodes", .integer(1...131_072), .required, "Nodes of the cluster.")
  static let faults = Key<[Fields]>(
    "faults", .list(.record(FaultKeys.record), isSet: false, count: 1...10_000),
    "Degraded ports and links.")
  static let topology = Key<NameOrFields>(
    "topology", .entry(catalogue: FabricSpec.names, TopologyKeys.record),
    "The network between nodes: a topology of the catalogue, or listed links; absent: non-blocking,"
      + " where only the ports of GPUs limit bandwidth.")
  static let paths = Key<PathChoice>(
    "paths", .choice(PathChoice.allCases.map(\.rawValue)), fallback: .adaptive,
    "How switches choose among parallel cables: adaptive spreads flows evenly; ecmp hashes sender"
      + " and receiver, so flows may collide (needs fidelity: every-gpu).")
  static let record = Record([
    node.declaration, nodes.declaration, topology.declaration, paths.declaration,
    faults.declaration,
  ])
}

/// Keys of a network that a scenario lists.
enum TopologyKeys {
  static let name = Key<String>("name", .text, .required, "Name in results.")
  static let links = Key<[Fields]>(
    "links", .list(.record(ListedLinkKeys.record), isSet: false, count: 1...100_000), .required,
    "Links between NICs and switches, each in both directions; needs fidelity: every-gpu."
  )
  static let record = Record([name.declaration, links.declaration])
}

/// Keys of a listed link.
enum ListedLinkKeys {
  static let from = Key<String>(
    "from", .text, .required,
    "One end: node3.nic5 is a NIC, node0-7.nic5 that NIC in each of nodes 0 to 7, node0-7 all their"
      + " NICs, each with its own link; any other word is a switch.")
  static let to = Key<String>("to", .text, .required, "The other end, in the same form.")
  static let capacity = Key<BytesPerSecond>(
    "capacity", .quantity(BytesPerSecond.self, "rate", from: "1 MB/s", to: "1 PB/s"), .required,
    "Bandwidth in one direction.")
  static let latency = Key<Seconds>(
    "latency", .quantity(Seconds.self, "time", from: "0 s", to: "1 s"), .required,
    "Propagation delay.")
  static let record = Record([
    from.declaration, to.declaration, capacity.declaration, latency.declaration,
  ])
}

/// Keys of a degraded port.
enum FaultKeys {
  static let link = Key<String>(
    "link", .text, .required,
    "The port: node3.nic5 is NIC 5 of node 3, node3.gpu5 the NVLink port of GPU 5; from 0. Or a"
      + " link of the topology: leaf3 is the up- and downlinks of a leaf switch, leaf3.up one way."
      + " A range denotes several: node0-3.nic1, node2.nic0-7, leaf0-3,"
      + " or node0-3 for all NICs of these nodes.")
  static let capacity = Key<Double>(
    "capacity", .count(noun: "%", 0...100, isWhole: false), .required,
    "The share of its bandwidth that remains in both directions, such as 50%; 0% is a dead NIC,"
      + " whose traffic goes through the other NICs of its node.")
  static let record = Record([link.declaration, capacity.declaration])
}

/// Keys of a node that a scenario describes.
enum NodeKeys {
  static let base = Key<String>(
    "base", .name(catalogue: NodeSpec.catalogue.map(\.name)),
    "The catalogue node to start from; every other key may then be absent.")
  static let name = Key<String>(
    "name", .text, .requiredWithoutBase, "Name in results; with base: its name, marked changed.")
  static let gpusPerNode = Key<Int>(
    "gpus_per_node", .integer(1...1024), .requiredWithoutBase, "GPUs of one host.")
  static let nicsPerNode = Key<Int>(
    "nics_per_node", .integer(1...1024),
    "NICs of one host: neighbouring GPUs share one, or each GPU has several; absent: as many for"
      + " each GPU as the base has, or one.")
  static let nodesPerDomain = Key<Int>(
    "nodes_per_domain", .integer(1...131_072),
    "Nodes whose GPUs share one scale-up fabric, such as NVLink; absent: the base's, or 1.")
  static let nodesPerRack = Key<Int>(
    "nodes_per_rack", .integer(1...131_072), "Nodes of one rack; absent: the base's, or 1.")
  static let nic = Key<BytesPerSecond>(
    "nic", .quantity(BytesPerSecond.self, "rate", from: "1 MB/s", to: "100 TB/s"),
    .requiredWithoutBase, "Bandwidth of one NIC in one direction.")
  static let nvlinkLatency = Key<Seconds>(
    "nvlink_latency", .quantity(Seconds.self, "time", from: "0 s", to: "1 s"),
    .requiredWithoutBase, "End-to-end latency of a small message inside a scale-up domain.")
  static let networkLatency = Key<Seconds>(
    "network_latency", .quantity(Seconds.self, "time", from: "0 s", to: "1 s"),
    .requiredWithoutBase, "End-to-end latency of a small message between domains.")
  static let gpu = Key<NameOrFields>(
    "gpu", .entry(catalogue: GPUSpec.catalogue.map(\.name), GPUKeys.record),
    .requiredWithoutBase, "A GPU of the catalogue, or a description.")
  static let record = Record([
    base.declaration, name.declaration, gpusPerNode.declaration, nicsPerNode.declaration,
    nodesPerDomain.declaration, nodesPerRack.declaration, nic.declaration,
    nvlinkLatency.declaration,
    networkLatency.declaration, gpu.declaration,
  ])
}

/// Keys of a GPU that a scenario describes.
enum GPUKeys {
  static let base = Key<String>(
    "base", .name(catalogue: GPUSpec.catalogue.map(\.name)),
    "The catalogue GPU to start from; absent: the GPU of the node's base, if it has one.")
  static let name = Key<String>(
    "name", .text, .requiredWithoutBase, "Name in results; with base: its name, marked changed.")
  static let sms = Key<Int>(
    "sms", .integer(1...4096), .requiredWithoutBase,
    "Streaming multiprocessors, or what a GPU of another maker has in their place.")
  static let bf16Peak = Key<FLOPsPerSecond>(
    "bf16_peak", peak, .requiredWithoutBase, "Dense BF16 tensor peak.")
  static let fp8Peak = Key<OrNone<FLOPsPerSecond>>(
    "fp8_peak", .either(word: "none", peak), .requiredWithoutBase,
    "Dense FP8 tensor peak; none if the GPU has no FP8 tensor cores.")
  static let blockScaling = Key<Bool>(
    "block_scaling", .flag,
    "Whether products scale blocks of their operands (MXFP8) and take FP8 in any order, as on"
      + " Blackwell; absent: as in the base, or false.")
  static let memory = Key<Bytes>(
    "memory", .quantity(Bytes.self, "memory size", from: "1 MiB", to: "1 PB"),
    .requiredWithoutBase, "Memory available to programs.")
  static let memoryBandwidth = Key<BytesPerSecond>(
    "memory_bandwidth", .quantity(BytesPerSecond.self, "rate", from: "1 GB/s", to: "10 PB/s"),
    .requiredWithoutBase, "Peak memory bandwidth.")
  static let nvlink = Key<BytesPerSecond>(
    "nvlink", .quantity(BytesPerSecond.self, "rate", from: "1 MB/s", to: "1 PB/s"),
    .requiredWithoutBase,
    "Bandwidth of one GPU in one direction on the scale-up fabric, such as NVLink.")
  static let tdp = Key<Watts>(
    "tdp", .quantity(Watts.self, "power", from: "1 W", to: "100 kW"), .requiredWithoutBase,
    "Thermal design power.")
  static let price = Key<USDollarsPerGPUHour>(
    "price",
    .quantity(
      USDollarsPerGPUHour.self, "price", from: "0 USD/GPU-hour", to: "10000 USD/GPU-hour"),
    .requiredWithoutBase, "Rental price.")
  private static let peak = Kind.quantity(
    FLOPsPerSecond.self, "compute rate", from: "1 GFLOPS", to: "1000 PFLOPS")
  static let record = Record([
    base.declaration, name.declaration, sms.declaration, bf16Peak.declaration,
    fp8Peak.declaration, blockScaling.declaration, memory.declaration, memoryBandwidth.declaration,
    nvlink.declaration,
    tdp.declaration, price.declaration,
  ])
}
