// Assumptions and uses in the register of facts, checked against the constants themselves.

import Facts
import KernelTimes
import Recording
import Testing

@testable import Cluster
@testable import Experiments
@testable import MoEEngine
@testable import ModelCost
@testable import Routing
@testable import Runs
@testable import Service
@testable import Serving
@testable import Training

@Suite("Uses of facts")
struct FactUsesTests {
  /// Assumptions of whole training runs.
  private static let ofRuns: [(id: String, value: Double)] = [
    ("assumedCommunicatorStart", TrainingRunSpec.assumedCommunicatorStart),
    ("assumedComputeShare", PowerSpec.assumedComputeShare),
    ("assumedContainerStart", TrainingRunSpec.assumedContainerStart),
    ("assumedDecisionTime", TrainingRunSpec.assumedDecisionTime),
    ("assumedFailureDetection", TrainingRunSpec.assumedFailureDetection),
    ("assumedIdlePower", PowerSpec.assumedIdlePower),
    ("assumedNodeExchange", TrainingRunSpec.assumedNodeExchange),
    ("assumedNodePower", PowerSpec.assumedNodePower),
    ("assumedPowerUsage", PowerSpec.assumedPowerUsage),
    ("assumedRepairTime", TrainingRunSpec.assumedRepairTime),
    ("assumedStalledPower", PowerSpec.assumedStalledPower),
    ("assumedStepWarmUp", TrainingRunSpec.assumedStepWarmUp),
    ("assumedStorageBandwidth", CheckpointSpec.assumedStorageBandwidth / 1e9),
    ("assumedStorageLink", CheckpointSpec.assumedStorageLink / 1e9),
  ]

  /// Assumptions between kernels and between GPUs.
  private static let between: [(id: String, value: Double)] = [
    ("assumedCollectiveJitter", Jitter.assumedCollectiveJitter),
    ("assumedDenseOperations", SoftwareStack.assumedDenseOperations),
    ("assumedExpertOperations", SoftwareStack.assumedExpertOperations),
    ("assumedExpertSpread", Jitter.assumedExpertSpread),
    ("assumedForwardShare", HostCosts.assumedForwardShare),
    ("assumedGPUSpread", Jitter.assumedGPUSpread),
    ("assumedGraphShare", HostCosts.assumedGraphShare),
    ("assumedHiddenGap", SoftwareStack.assumedHiddenGap * 1e6),
    ("assumedKernelJitter", Jitter.assumedKernelJitter),
    ("assumedMemorySpreadShare", Jitter.assumedMemorySpreadShare),
    ("assumedMixedBandwidth", MemorySharing.assumedMixedBandwidth),
    ("assumedReleaseSpread", KernelSpread.assumedReleaseSpread),
    ("assumedStepWork", SoftwareStack.assumedStepWork * 1e3),
  ]

  @Test("the value of an assumption equals its constant")
  func assumptions() {
    let gibibyte = 1_073_741_824.0
    let constants: [(id: String, value: Double)] =
      Self.ofRuns + Self.between + [
        ("assumedAscendCores", Double(GPUSpec.assumedAscendCores)),
        ("assumedAscendPower", GPUSpec.assumedAscendPower.value),
        ("assumedAuxiliaryWeight", TrainingSettings.assumedAuxiliaryWeight),
        ("assumedBiasStep", TrainingSettings.assumedBiasStep),
        ("assumedBiasSteps", Double(TrainingSettings.assumedBiasSteps)),
        ("assumedBlackwellSMs", Double(GPUSpec.assumedBlackwellSMs)),
        ("assumedClockDeviation", KernelModel.assumedClockDeviation),
        ("assumedContextMemory", SyntheticLayer.assumedContextMemory),
        ("assumedCrossPodLatency", NodeSpec.layerLatency.value * 1e6),
        ("assumedDetection", FailureSpec.assumedDetection.value),
        ("assumedDimensions", Double(SyntheticLayer.assumedDimensions)),
        ("assumedDomainSigma", DomainMix.assumedDomainSigma),
        ("assumedDomainSwing", DomainMix.assumedDomainSwing),
        ("assumedDomainWander", DomainMix.assumedDomainWander),
        ("assumedDomains", Double(DomainMix.assumedDomains)),
        ("assumedDriverReserve", GPUSpec.assumedDriverReserve.value / 1_048_576),
        ("assumedEndpointLinkPrice", TopologyCounts.assumedEndpointLinkPrice),
        ("assumedExchangeBufferBytes", InferenceMemory.assumedExchangeBufferBytes / gibibyte),
        ("assumedExchangeCalls", PredictionDraw.assumedExchangeCalls),
        ("assumedExchangeSpread", PredictionDraw.assumedExchangeSpread),
        ("assumedFP4OverFP8", Device.assumedFP4OverFP8),
        ("assumedFabricLinkPrice", TopologyCounts.assumedFabricLinkPrice),
        ("assumedH20Bandwidth", GPUSpec.assumedH20Bandwidth.value / 1e9),
        ("assumedHostMemory", OptimizerOffload.assumedHostMemory.value / 1e9),
        ("assumedHostSpread", HostCosts.assumedHostSpread),
        ("assumedHostTime", PoolSpec.assumedHostTime.value),
        ("assumedLearningRate", TrainingSettings.assumedLearningRate),
        ("assumedLeastKernelTime", InferenceCosts.assumedLeastKernelTime * 1e6),
        ("assumedMI355XFabric", GPUSpec.assumedMI355XFabric.value / 1e9),
        ("assumedNIC", NodeSpec.assumedNIC.value * 8 / 1e9),
        ("assumedNodesPerRack", Double(NodeSpec.assumedNodesPerRack)),
        ("assumedOffloadChunks", Double(OptimizerOffload.assumedOffloadChunks)),
        ("assumedPrefixPiece", Double(InferenceMemory.assumedPrefixPiece)),
        ("assumedPrice", GPUSpec.assumedPrice.value),
        ("assumedReservedBytes", InferenceMemory.assumedReservedBytes / gibibyte),
        ("assumedReservedBytes", MemoryPlan.assumedReservedBytes / gibibyte),
        ("assumedStartTime", FailureSpec.assumedStartTime.value),
        ("assumedSustainedClock", KernelModel.assumedSustainedClock),
        ("assumedSwitchPrice", TopologyCounts.assumedSwitchPrice),
        ("assumedTokensPerMinute", DomainMix.assumedTokensPerMinute),
        ("assumedUncachedShare", ExchangeMemory.assumedUncachedShare),
        ("assumedWanderMinutes", DomainMix.assumedWanderMinutes),
        ("assumedWarmUpSteps", Double(TrainingSettings.assumedWarmUpSteps)),
        ("assumedWeightBandwidth", FailureSpec.assumedWeightBandwidth.value / 1e9),
      ]
    let assumed = Fact.all.filter { $0.use == .assumed }

    for fact in assumed where fact != .assumed.latencies {
      let values = constants.filter { $0.id == fact.id }.map(\.value)
      #expect(!values.isEmpty, "\(fact.id) is not compared")
      // Converting seconds to microseconds rounds once.
      #expect(values.allSatisfy { abs($0 / (fact.number ?? .nan) - 1) < 1e-12 }, "\(fact.id)")
    }
  }

  @Test("each fact has a use, and each field and published row is a use")
  func uses() {
    let used = Set(FactUse.all.map(\.fact))

    #expect(Fact.all.filter { !used.contains($0) }.map(\.id) == [])
    let places = FactUse.all.map(\.place)
    #expect(places.contains("GPU h20, thermal_design_power"))
    #expect(places.count { $0.hasPrefix("row of ") } == ExchangeMeasurement.all.count)
  }

  @Test("figures in serving and training equal their facts")
  func figures() {
    let serving = Fact.serving
    let phases = InferenceSpec.Phase.allCases.map(\.usualCommunicationSMs)
    #expect(serving.overlapSMs.value == "\(phases[0]) in prefill, \(phases[1]) in decoding")
    let variants = InferenceSpec.Phase.allCases.map { InferenceSweep.variants($0)[0] }
    for (variant, fact) in zip(variants, [serving.prefillUnit, serving.decodeUnit]) {
      let unit = "\(variant.expertParallel) GPUs, \(variant.redundantExperts) redundant experts"
      #expect(fact.value == unit)
    }
    let gateway = [FailureSpec.gatewayBackoff, FailureSpec.gatewayLongestBackoff].map(\.value)
    #expect(
      serving.gatewayRetries.value
        == "\(gateway[0]) s, \(FailureSpec.gatewayBackoffFactor), \(Int(gateway[1])) s")
    let scaling = [ScalingSpec.usualInterval, ScalingSpec.usualDownWindow].map { Int($0.value) }
    #expect(serving.autoscaler.value == "\(scaling[0]) s, 10 %, \(scaling[1]) s")
    #expect(ScalingSpec.usualTolerance == 0.1)
    let acceptances = InferenceSweep.variants(.decode).compactMap(\.mtpAcceptance)
    #expect(acceptances.allSatisfy { serving.acceptance.value.hasPrefix("\($0) to") })
    #expect(Fact.training.gpus.number == Double(Study.referenceNodes * 8))
  }
}
