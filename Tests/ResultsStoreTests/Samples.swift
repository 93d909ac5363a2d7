// A small record with every kind of row, and temporary folders. Shared by the suites of this
// target.

import Foundation
import Recording
import Units

@testable import ResultsStore

/// A temporary folder, removed with its contents.
final class Folder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  var names: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  func bytes(_ name: String) -> [UInt8] {
    [UInt8](FileManager.default.contents(atPath: file(name)) ?? Data())
  }

  func write(_ bytes: [UInt8], to name: String) {
    _ = FileManager.default.createFile(atPath: file(name), contents: Data(bytes))
  }
}

func sampleRecord(schedule: String = "dualpipe", stepSeconds: Double = 2) -> RunRecord {
  RunRecord(
    provenance: Provenance(
      scenarioName: "tiny, \"quoted\"", scenarioText: "model: tiny\n",
      settings: [Setting("seed", "7"), Setting("training.chunks", nil)], scenarioHash: "ab12",
      seed: .max, programVersion: "0.1.0", question: "training_step", schedule: schedule),
    result: sampleResult(stepSeconds: stepSeconds))
}

private func sampleResult(stepSeconds: Double) -> SimulationResult {
  var result = SimulationResult(
    stepTime: SimDuration(seconds: stepSeconds),
    metrics: [
      Metric(.stepTime, stepSeconds), Metric(.gpuCount, 16), Metric(.tokensPerStep, 65_536),
      Metric(.bubbleRatio, 0.1 + 0.2), Metric(.gpuHours, 1234.5678),
      Metric(.bubbleRatio, 0.25, scope: .rank(3)),
      Metric(.timePerOutputToken, 0.5, scope: .pool("a:b"), statistic: .p999),
    ],
    rankTimes: [
      RankTime(
        rank: 1, phase: .bubble, activity: .schedule, time: SimDuration(picoseconds: 5)),
      RankTime(
        rank: 0, phase: .forwardAlone, activity: .compute, time: SimDuration(picoseconds: .max)),
    ],
    cellTimes: [sampleCells],
    trafficTimes: [
      TrafficTime(
        rank: 1, member: 1, gpus: 7, kind: .dispatch, count: 3, time: SimDuration(picoseconds: 6)),
      TrafficTime(rank: 0, kind: .pipeline, count: 1, time: .zero),
    ],
    memory: [MemoryUse(rank: 0, kind: .weights, bytes: Bytes(3 << 30))],
    spans: [
      Span(
        rank: 0, stream: "compute", label: "attention", phase: .forwardAlone, stage: 3,
        microbatch: 1, start: .zero, end: SimTime(picoseconds: 9)),
      Span(
        rank: 0, stream: "compute", label: "", phase: .weightAlone, stage: 3, microbatch: 2,
        start: SimTime(picoseconds: 9), end: SimTime(picoseconds: 9)),
      Span(
        rank: 1, stream: "compute", label: "a\u{0}b é", phase: .weightAlone, stage: 4,
        microbatch: 2, start: SimTime(picoseconds: 9), end: SimTime(picoseconds: 12)),
    ],
    memoryPoints: [
      MemoryPoint(rank: 0, time: .zero, bytes: Bytes(3 << 30)),
      MemoryPoint(rank: 0, time: SimTime(picoseconds: 9), bytes: Bytes(0.5)),
    ],
    expertLoads: [
      ExpertLoad(layer: 1, expert: 2, gpu: 0, rows: 7),
      ExpertLoad(layer: 1, expert: 3, gpu: 1, rows: 0),
    ],
    layerLoads: [
      LayerLoad(layer: 0, maxOverMean: 0.1 + 0.2),
      LayerLoad(layer: 1, maxOverMean: 1.5, plannedMaxOverMean: 1.25),
    ],
    network: sampleNetwork, requests: sampleRequests, pools: [samplePool],
    samples: [sampleState],
    assumptions: ["links have no errors", ""], fingerprint: "00ff")
  result.run = sampleRun
  result.predictionErrors = [
    PredictionError(draw: 0, timeRatio: 0.1 + 0.8), PredictionError(draw: 1, timeRatio: 1.25),
  ]
  return result
}

private let sampleRun: RunDetails = {
  var run = RunDetails()
  var phase = RunPhaseUse(
    name: "plateau", schedule: "dualpipe", sequenceLength: 4_096, firstBatch: 8, lastBatch: 16,
    gpus: 64)
  phase.steps = 9
  phase.tokens = 1e12
  phase.surplusTokens = 3
  phase.stepSeconds = 0.1 + 0.2
  phase.seconds = 7
  phase.gpuHours = 5
  phase.gpuHoursLow = 4.5
  phase.gpuHoursHigh = 5.5
  run.phases = [phase]
  run.times = [
    RunTime(phase: "plateau", category: .productive, seconds: 6),
    RunTime(phase: "plateau", category: .lostWork, seconds: 0.25),
  ]
  var replication = RunReplication(seconds: 7, queueSeconds: 1, productiveSeconds: 5)
  replication.saveSeconds = 0.5
  replication.idealSeconds = 4.5
  replication.gpuHours = 12
  replication.usd = 24
  replication.joules = 1e9
  replication.failures = 3
  replication.restarts = 2
  replication.restartsFromScratch = 1
  replication.skippedTokens = 100
  run.replications = [replication]
  run.stops = [
    RunStop(
      seconds: 3.5, cause: "gpu", nodes: 1, lostSeconds: 0.25, downSeconds: 0.75,
      resumedAtStep: 4)
  ]
  return run
}()

private func milliseconds(_ count: Int64) -> SimTime {
  SimTime(picoseconds: count * 1_000_000_000)
}

private let sampleRequests: [RequestRecord] = {
  var served = RequestRecord(
    trafficClass: "chat", state: .finished, prompt: 9, output: 5, arrival: milliseconds(1))
  served.firstScheduled = milliseconds(2)
  served.firstToken = milliseconds(3)
  served.lastToken = milliseconds(7)
  served.ended = milliseconds(7)
  served.tokens = 5
  served.chunks = 3
  served.cachedTokens = 8
  served.preemptions = 1
  served.retries = 2
  served.drafted = 6
  served.acceptedDrafts = 2
  served.verifications = 3
  served.prefillInstance = 0
  served.decodeInstance = 4
  served.isInside = true
  var rejected = RequestRecord(
    trafficClass: "it's", state: .rejected, reason: "too_long", prompt: 7, output: 0,
    arrival: milliseconds(2))
  rejected.ended = milliseconds(2)
  return [served, rejected]
}()

private let samplePool: PoolUse = {
  var pool = PoolUse(name: "decode", gpusPerUnit: 8, units: 2)
  pool.heldGPUSeconds = 0.1 + 0.2
  pool.busyGPUSeconds = 1
  pool.freeGPUSeconds = 2
  pool.steps = 3
  pool.computedPromptTokens = 4
  pool.hostPromptTokens = 18
  pool.storePromptTokens = 19
  pool.cachedPromptTokens = 5
  pool.outputTokens = 6
  pool.preemptions = 7
  pool.usedTokenSeconds = 8
  pool.availableTokenSeconds = 9
  pool.peakUse = 0.5
  pool.queuedRequestSeconds = 10
  pool.rebalancings = 13
  pool.movedExpertBytes = 14
  pool.standstillSeconds = 15
  pool.imbalanceSeconds = 16
  pool.firstImbalanceSeconds = 17
  pool.slowestSeconds = 11
  pool.evenSeconds = 12
  return pool
}()

private let sampleState: ServiceSample = {
  var sample = ServiceSample(time: milliseconds(7))
  sample.arrived = 1
  sample.finished = 2
  sample.rejected = 3
  sample.lost = 4
  sample.outputTokens = 5
  sample.running = 6
  sample.queued = 7
  sample.cacheUse = 0.25
  sample.unitsUp = 8
  return sample
}()

private let sampleNetwork = NetworkUse(
  traffic: [Traffic(kind: .combine, link: .nicOut, bytesPerGPU: Bytes(1.5e9))],
  links: [
    LinkUse(
      .gpu(rank: 3, member: 1, gpus: 7), link: .scaleUpIn, bytes: Bytes(7),
      capacity: BytesPerSecond(160e9)),
    LinkUse(
      .network(number: 2, name: "it's-b"), link: .listed, bytes: Bytes(1),
      capacity: BytesPerSecond(1)),
  ],
  loads: [
    LinkLoad(link: .nicIn, start: .zero, end: SimTime(picoseconds: 4), utilisation: 0.1 + 0.2)
  ])

private let sampleCells = CellTime(
  rank: 1, member: 1, gpus: 7, kind: .backwardInput, count: 2, time: SimDuration(picoseconds: 8),
  start: SimTime(picoseconds: 1), end: SimTime(picoseconds: 12))

/// A record with a long timeline.
func longRecord(spanCount: Int) -> RunRecord {
  var record = sampleRecord()
  record.spans = (0..<spanCount).map { index in
    Span(
      rank: 0, stream: "compute", label: "attention", phase: .forwardAlone, stage: index % 16,
      microbatch: index % 120, start: SimTime(picoseconds: Int64(index) * 1_000_000),
      end: SimTime(picoseconds: Int64(index) * 1_000_000 + 900_000))
  }
  return record
}

let sampleClock = RunClock(startedAt: Date(timeIntervalSince1970: 1_700_000_000), wallSeconds: 0.5)
