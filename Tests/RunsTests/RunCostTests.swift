// Bytes of checkpoints, energy and money of a run.

import Recording
import Testing
import Training

@testable import Runs

@Suite("Costs of runs")
struct RunCostTests {
  @Test("bytes of a checkpoint and their times are met exactly")
  func checkpointSizes() throws {
    let vectors = SimulationVector.all("checkpoint_size")
    #expect(vectors.count == 10)
    for vector in vectors {
      let parameters = try #require(vector.input("parameters"))
      let gpus = try #require(vector.input("gpus"))
      let perParameter = Int(try #require(vector.input("bytes_per_parameter")))
      let weights = (vector.inputs["content"] as? String ?? "").contains("+ BF16 weights") ? 2 : 0
      let saved = SavedParameters(
        unique: parameters, fullestShard: parameters / gpus, fullestRank: parameters / gpus,
        held: parameters)

      let size = CheckpointSize(
        saved, stateBytes: perParameter - weights, weightBytes: weights, gpusPerNode: 8,
        readsOnce: true)

      #expect(size.bytes == vector.value("bytes"))
      #expect(size.ofGPU == vector.value("bytes_per_gpu_if_even"))
      #expect(size.ofNode == vector.value("bytes_per_node_if_even"))
      var spec = CheckpointSpec(every: .steps(1), hostLink: 50e9)
      #expect(spec.copySeconds(size) == vector.value("seconds_host_copy_at_50_GBs_a_gpu"))
      spec.nodeLink = 25e9
      spec.storage = 1e30
      #expect(spec.writeSeconds(size) == vector.value("seconds_at_25_GBs_a_node"))
      spec.nodeLink = 1e30
      spec.storage = 1e12
      #expect(spec.writeSeconds(size) == vector.value("seconds_at_1_TBs_aggregate"))
    }
  }

  @Test("energy follows the states of GPUs", arguments: GoodputTraceTests.vectors)
  func energy(vector: SimulationVector) throws {
    let run = try #require(
      try GoodputTraceTests.process(vector).outcomes(0..<1, seed: 1).first)
    var power = PowerSpec(computing: 600)
    power.stalled = 280
    power.idle = 100
    power.node = 1_800
    power.usage = 1.3

    let expected = try #require(vector.expected["energy_kwh"] as? [String: Double])
    let gpus = power.gpuJoules(run, waiting: [0], gpus: 2_048) / 3.6e6
    let nodes = power.otherJoules(run, nodes: 256) / 3.6e6
    let all = power.joules(run, waiting: [0], gpus: 2_048, nodes: 256, spareNodes: 0) / 3.6e6

    #expect(abs(gpus / (expected["gpus"] ?? .nan) - 1) < 1e-12)
    #expect(abs(nodes / (expected["rest_of_nodes"] ?? .nan) - 1) < 1e-12)
    #expect(abs(all / (expected["with_pue_1.3"] ?? .nan) - 1) < 1e-12)
  }

  @Test("a reserved term is paid in full, and hours beyond it at their own price")
  func prices() {
    var price = PriceSpec(gpuHour: 2)
    func cost(_ hours: Double) -> Double {
      price.cost(granted: hours * 3_600, gpus: 10, joules: 3.6e6 * 5, storedBytes: 3e12)
    }
    #expect(cost(100) == 2_000)
    price.reservedSeconds = 80 * 3_600
    price.gpuHourBeyond = 3
    #expect(cost(50) == 1_600)
    #expect(cost(100) == 1_600 + 600)
    price.kilowattHour = 0.5
    price.terabyteMonth = 24
    // 5 kWh, and 3 TB for 100 of 720 hours.
    let (energy, storage) = (2.5, 10.0)
    #expect(cost(100) == 2_200 + energy + storage)
  }

  @Test("communicators take a + b n + c n^2")
  func communicators() {
    var time = CommunicatorTime(base: 10)
    time.perGPU = 0.5
    time.perPair = 0.001

    #expect(time.seconds(gpus: 100) == 10 + 50 + 10)
  }
}
