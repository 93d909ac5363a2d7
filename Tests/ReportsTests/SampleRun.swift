// A small whole training run, for the summaries and reports of such runs.

import Recording
import Units

func sampleTrainingRun() -> RunRecord {
  var result = SimulationResult(
    stepTime: .zero,
    metrics: [
      Metric(.gpuCount, 64), Metric(.runDays, 2), Metric(.runDays, 1.5, statistic: .low),
      Metric(.runDays, 2.5, statistic: .high), Metric(.runDays, 1.25, statistic: .p5),
      Metric(.runDays, 2.75, statistic: .p95), Metric(.runTokens, 3e9),
      Metric(.runGPUHours, 3_072), Metric(.runGPUHours, 3_000, statistic: .low),
      Metric(.runGPUHours, 3_100, statistic: .high), Metric(.runCost, 6_144),
      Metric(.runEnergy, 2), Metric(.runGoodput, 0.75), Metric(.runRestarts, 1.5),
    ], assumptions: ["one sentence"], fingerprint: "00ff")
  result.run.phases = ["ramp", "plateau"].enumerated().map { index, name in
    var phase = RunPhaseUse(
      name: name, schedule: "dualpipe", sequenceLength: 4_096, firstBatch: index == 0 ? 64 : 128,
      lastBatch: 128,
      gpus: 64)
    phase.steps = 100 * (index + 1)
    phase.tokens = 1e9 * Double(index + 1)
    phase.surplusTokens = index == 0 ? 0 : 1_000
    phase.stepSeconds = 600
    phase.seconds = 57_600 * Double(index + 1)
    phase.gpuHours = 1_024 * Double(index + 1)
    phase.gpuHoursLow = phase.gpuHours - 10
    phase.gpuHoursHigh = phase.gpuHours + 10
    return phase
  }
  result.run.times = ["ramp", "plateau"].flatMap { name in
    [
      RunTime(phase: name, category: .productive, seconds: name == "ramp" ? 43_200 : 86_400),
      RunTime(phase: name, category: .lostWork, seconds: name == "ramp" ? 14_400 : 28_800),
    ]
  }
  result.run.replications = [1.5, 2.5].map { days in
    RunReplication(seconds: days * 86_400, queueSeconds: 0, productiveSeconds: 64_800 * days)
  }
  return RunRecord(
    provenance: Provenance(
      scenarioName: "months", scenarioText: "model: tiny\n", scenarioHash: "ab12", seed: 7,
      programVersion: "0.1.0", question: "training_run", schedule: ""),
    result: result)
}
