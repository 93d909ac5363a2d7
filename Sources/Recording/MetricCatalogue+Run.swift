// The metrics of a whole training run. Each is a mean over replications, or a ratio of sums over
// them; low and high bound its 95 % interval by Student's t, of ratios by the jackknife, and p5 and
// p95 are quantiles of single runs.

extension MetricKind {
  static let run = cost + ratios + events + checkpoints

  private static let cost = [
    runDays, runGPUHours, runCost, runEnergy, runTokens, runSteps, runSkippedTokens,
  ]
  package static let runDays = MetricKind(
    "run_days", .day, label: "wall time", in: .yield,
    "from the request of nodes to the end")
  package static let runGPUHours = MetricKind(
    "run_gpu_hours", .gpuHour, label: "GPU-hours", in: .yield,
    "GPUs of job and spares x time from when they are granted to the end")
  package static let runCost = MetricKind(
    "run_cost_usd", .usd, label: "cost", in: .yield,
    "GPU-hours or the reserved term at their prices, energy and storage if these have prices")
  package static let runEnergy = MetricKind(
    "run_energy_mwh", .megawattHour, label: "energy", in: .yield,
    "power of GPUs by what they do, of nodes and of the building around them, x time")
  package static let runTokens = MetricKind(
    "run_tokens", .token, label: "tokens of the run", in: .yield,
    "tokens of all steps of the run's phases")
  package static let runSteps = MetricKind(
    "run_steps", .event, label: "steps of the run", in: .yield, "steps of all phases")
  package static let runSkippedTokens = MetricKind(
    "run_skipped_tokens", .token, label: "tokens skipped", in: .yield,
    "tokens that were consumed after loss spikes and not trained on")

  private static let ratios = [
    runETTR, runGoodput, runGoodputWithSaves, runSchedulingGoodput, runProgramGoodput,
    runProductivityGoodput, runETTREstimate,
  ]
  package static let runETTR = MetricKind(
    "run_ettr", .share, label: "ETTR (Meta)", in: .efficiency,
    "productive time / time from the request of nodes to the end (arXiv:2410.21680)")
  package static let runGoodput = MetricKind(
    "run_goodput", .share, label: "run goodput", in: .efficiency,
    "productive time / time from when nodes are granted to the end: Google's goodput, Llama 3's"
      + " effective training time, MegaScale's effective rate, ByteRobust's ETTR")
  package static let runGoodputWithSaves = MetricKind(
    "run_goodput_with_saves", .share, label: "goodput with saves", in: .efficiency,
    "the same if saves count as productive")
  package static let runSchedulingGoodput = MetricKind(
    "run_scheduling_goodput", .share, label: "scheduling goodput", in: .efficiency,
    "time from when nodes are granted to the end / time from their request to the end")
  package static let runProgramGoodput = MetricKind(
    "run_program_goodput", .share, label: "program goodput", in: .efficiency,
    "productive time without jitter and slow nodes / productive time")
  package static let runProductivityGoodput = MetricKind(
    "run_productivity_goodput", .share, label: "ML productivity", in: .efficiency,
    "scheduling goodput x goodput x program goodput (arXiv:2502.06982)")
  package static let runETTREstimate = MetricKind(
    "run_ettr_estimate", .share, label: "ETTR, estimated", in: .efficiency,
    "(1 - r (u + dt / 2)) / (1 + w / dt): r stops a second, u restart, dt between saves, w a save;"
      + " first order (arXiv:2410.21680)")

  private static let events = [
    runFailures, runRestarts, runRestartsFromScratch, runTimeBetweenStops,
  ]
  package static let runFailures = MetricKind(
    "run_failures", .event, label: "failures", in: .efficiency,
    "events of all classes, those that do not stop the run included")
  package static let runRestarts = MetricKind(
    "run_restarts", .event, label: "restarts", in: .efficiency,
    "starts after the first, those included that were cut off")
  package static let runRestartsFromScratch = MetricKind(
    "run_restarts_from_scratch", .event, label: "restarts from scratch", in: .efficiency,
    "restarts for which no save was left")
  package static let runTimeBetweenStops = MetricKind(
    "run_time_between_stops_s", .second, label: "time between stops", in: .efficiency,
    "mean time from when nodes are granted to the end / mean restarts")

  private static let checkpoints = [
    checkpointBytes, checkpointStall, checkpointPersist, checkpointLoad, checkpointInterval,
  ]
  package static let checkpointBytes = MetricKind(
    "checkpoint_bytes", .byte, label: "checkpoint", in: .efficiency,
    "bytes of a checkpoint: each parameter once")
  package static let checkpointStall = MetricKind(
    "checkpoint_stall_s", .second, label: "stall of a save", in: .efficiency,
    "time that training stands still for a save")
  package static let checkpointPersist = MetricKind(
    "checkpoint_persist_s", .second, label: "until it is durable", in: .efficiency,
    "time from then until the save lies in storage")
  package static let checkpointLoad = MetricKind(
    "checkpoint_load_s", .second, label: "load", in: .efficiency, "time to read a save back")
  package static let checkpointInterval = MetricKind(
    "checkpoint_interval_s", .second, label: "between saves", in: .efficiency,
    "time of the steps from one save to the next without failures, mean over the run")
}
