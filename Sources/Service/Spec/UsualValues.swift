// Values of a service that a scenario does not state: the defaults of engines, gateways and
// autoscalers, and assumptions where nothing is published.

import Cluster
import Units

extension SchedulerSpec {
  /// The defaults of an engine on a GPU.
  ///
  /// Source: facts vllm.batch_defaults (a server's), sgl.chunked_prefill_size, sgl.dp_attention and
  /// sgl.requests; fcfs takes vLLM's.
  ///
  /// - Parameters:
  ///   - policy: the engine whose rules the scheduler follows.
  ///   - gpu: the GPU, by whose memory engines choose seats and tokens.
  ///   - ranks: attention groups of a unit, over which SGLang divides its chunk.
  package static func usual(_ policy: Policy, on gpu: GPUSpec, ranks: Int) -> SchedulerSpec {
    let gibibytes = gpu.memory.value / 1_073_741_824
    let isLarge = gibibytes >= 70 && !gpu.kernelName.lowercased().contains("a100")
    var spec = SchedulerSpec(policy: policy, seats: isLarge ? 1024 : 256)
    spec.tokenBudget = isLarge ? 8192 : 2048
    if policy == .sglang {
      spec.seats = 2048
      spec.chunk = max(1, sglangChunk(gpu.memory) / ranks)
    }
    return spec
  }

  /// SGLang's chunk of a prompt by the memory of a GPU.
  private static func sglangChunk(_ memory: Bytes) -> Int {
    switch memory.value / 1e9 {
    case ..<35: 2048
    case ..<60: 4096
    case ..<160: 8192
    default: 16_384
    }
  }

  /// SGLang's `schedule_conservativeness`: less with attention data parallelism, fact
  /// sgl.dp_attention.
  package static func usualConservativeness(ranks: Int) -> Double { ranks > 1 ? 0.3 : 1 }

  /// The scheduler with a share of the output that admission sets aside as SGLang's
  /// `schedule_conservativeness` gives it.
  package func conservative(_ factor: Double) -> SchedulerSpec {
    var spec = self
    spec.initialRatio = Ratio(min(1, initialRatio.value * factor))
    return spec
  }
}

extension Ratio {
  /// The nearest floating-point number.
  package var value: Double { Double(numerator) / Double(denominator) }
}

extension PoolSpec {
  /// Host time of a step: scheduling, inputs and sampling of a batch of tens of requests.
  package static let assumedHostTime = Seconds(0.002)
}

extension FailureSpec {
  /// From the death of a process to its detection.
  package static let assumedDetection = Seconds(10)
  /// Start of a unit without the loading of its weights: processes and connections before it, and
  /// capturing graphs and warming up after it.
  package static let assumedStartTime = Seconds(240)
  /// Rate at which a host loads weights.
  package static let assumedWeightBandwidth = BytesPerSecond(9.5e9)

  /// Waits of SGLang's gateway before retries: fact sgl.gateway.retries.
  package static let gatewayBackoff = Seconds(0.05)
  /// The factor from one of its waits to the next.
  package static let gatewayBackoffFactor = 1.5
  /// The longest of its waits.
  package static let gatewayLongestBackoff = Seconds(30)
}

extension ScalingSpec {
  /// Period of Kubernetes' horizontal autoscaler: fact k8s.hpa.
  package static let usualInterval = Seconds(15)
  /// The change that it ignores.
  package static let usualTolerance = 0.1
  /// Time over which it takes the largest wish before it removes a replica.
  package static let usualDownWindow = Seconds(300)
}
