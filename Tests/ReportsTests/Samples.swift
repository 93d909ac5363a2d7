// A record of three ranks with every phase, shared by the suites of this target.

import Foundation
import Recording
import ResultsStore
import Units

/// An invented run of 0.1 s on three ranks, whose times sum to the step on each rank.
func sampleRecord(schedule: String = "dualpipe") -> RunRecord {
  RunRecord(
    provenance: Provenance(
      scenarioName: "tiny", scenarioText: "model: tiny\n", scenarioHash: "ab12", seed: 7,
      programVersion: "0.1.0", question: "training_step", schedule: schedule),
    result: sampleResult)
}

private let sampleResult = SimulationResult(
  stepTime: SimDuration(seconds: 0.1), metrics: sampleMetrics,
  rankTimes: (0..<3).flatMap(sampleTimes),
  memory: (0..<3).flatMap { rank in
    [
      MemoryUse(rank: rank, kind: .weights, bytes: Bytes(3 << 30)),
      MemoryUse(rank: rank, kind: .activations, bytes: Bytes((3 - rank) << 30)),
      MemoryUse(rank: rank, kind: .workspace, bytes: Bytes(1 << 20)),
    ]
  },
  spans: [],
  expertLoads: [
    ExpertLoad(layer: 0, expert: 0, gpu: 0, rows: 30),
    ExpertLoad(layer: 0, expert: 1, gpu: 0, rows: 10),
    ExpertLoad(layer: 0, expert: 2, gpu: 1, rows: 15),
    ExpertLoad(layer: 0, expert: 3, gpu: 1, rows: 5),
  ],
  network: NetworkUse(
    traffic: [
      Traffic(kind: .dispatch, link: .nicOut, bytesPerGPU: Bytes(3e9)),
      Traffic(kind: .pipeline, link: .nicOut, bytesPerGPU: Bytes(1e9)),
    ],
    links: [
      LinkUse(
        .network(number: 0, name: "a-b"), link: .listed, bytes: Bytes(3e9),
        capacity: BytesPerSecond(50e9)),
      LinkUse(
        .gpu(rank: 1, member: 2, gpus: 114), link: .nicOut, bytes: Bytes(5e9),
        capacity: BytesPerSecond(50e9)),
    ],
    loads: [
      LinkLoad(
        link: .nicOut, start: .zero, end: SimTime(picoseconds: 100_000_000_000),
        utilisation: 0.8)
    ]),
  assumptions: [
    "Links carry no other traffic, and every message of a step starts when its data is there; "
      + "this is a long sentence that has to be wrapped."
  ], fingerprint: "00ff")

/// An invented inference step of 40 ms.
func sampleInference() -> RunRecord {
  var record = sampleRecord(schedule: "")
  record.provenance.question = "inference_step"
  record.provenance.scenarioName = "served"
  record.metrics = [
    Metric(.stepTime, 0.04), Metric(.timePerOutputToken, 0.02), Metric(.gpuCount, 144),
    Metric(.tokensPerSecondPerGPU, 3_200), Metric(.tokensPerSecondPerNode, 25_600),
    Metric(.exposedCommunicationRatio, 0.25), Metric(.imbalanceCost, 0.01),
    Metric(.kvBytesPerSequence, Double(1 << 29)), Metric(.kvCacheRoom, Double(50 << 30)),
    Metric(.largestBatch, 100),
  ]
  return record
}

private let sampleMetrics = [
  Metric(.stepTime, 0.1), Metric(.tokensPerStep, 65_536), Metric(.tokensPerDay, 5.6623104e10),
  Metric(.gpuCount, 2_048), Metric(.gpuHoursPerTrillionTokens, 180_123.456),
  Metric(.gpuHours, 2_664_123), Metric(.days, 54.2), Metric(.costUSD, 5_328_246),
  Metric(.energyMWh, 1_864.9), Metric(.mfuCausal, 0.3812345), Metric(.mfuNonCausal, 0.43),
  Metric(.bubbleRatio, 0.2), Metric(.bubbleRatioMax, 0.2), Metric(.bubbleTime, 0.02),
  Metric(.exposedCommunicationRatio, 0.05), Metric(.closedFormBubble, 0.016),
  Metric(.closedFormBubbleRatio, 0.16), Metric(.closedFormStepTime, 0.096),
  Metric(.closedFormGPUHours, 2_557_558), Metric(.peakMemory, Double(6 << 30 + 1 << 20)),
]

private func sampleTimes(rank: Int) -> [RankTime] {
  let skew = Int64(rank) * 1_000_000_000
  let rows: [(Phase, Activity, Int64)] = [
    (.forwardAlone, .compute, 10_000_000_000), (.overlappedPair, .compute, 40_000_000_000 - skew),
    (.overlappedPair, .exposedCombine, 5_000_000_000), (.backwardAlone, .compute, 15_000_000_000),
    (.weightAlone, .compute, 5_000_000_000), (.optimizer, .gradientReduction, 5_000_000_000),
    (.bubble, .schedule, 12_000_000_000), (.bubble, .stageImbalance, 7_999_999_999 + skew),
    (.bubble, .pipelineTransfer, 1),
  ]
  return rows.map {
    RankTime(rank: rank, phase: $0.0, activity: $0.1, time: SimDuration(picoseconds: $0.2))
  }
}

/// A results file with the record, removed together with this object.
final class SampleStore {
  let folder: String
  let store: ResultsStore

  init(_ records: [RunRecord] = [sampleRecord()]) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    store = try ResultsStore(path: folder + "/r.db")
    for record in records {
      try store.write(record, clock: RunClock(startedAt: Date(), wallSeconds: 1))
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }
}
