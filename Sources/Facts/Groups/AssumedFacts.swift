// Assumptions, for figures without a source. The id is the name of the constant, the conditions
// state the assumption, and the citation gives the reason. A house test compares names, values and
// the table of docs/assumptions.md.

/// Facts `assumed...`.
package final class AssumedFacts: Sendable {
  package let ascendCores = Fact(
    "assumedAscendCores", "24", "cores", "a die of the Ascend 910C has 24 cube cores", .assumed,
    .unverified, "the paper on CloudMatrix384 was not at hand")
  package let ascendPower = Fact(
    "assumedAscendPower", "350", "W", "a die of the Ascend 910C draws half as much as an H800",
    .assumed, .unverified, "chosen: no source at hand states it")
  package let auxiliaryWeight = Fact(
    "assumedAuxiliaryWeight", "0.01", "",
    "the auxiliary balance loss has weight 0.01 in short runs", .assumed, .unverified,
    "ten times the 0.001 of long runs in https://arxiv.org/abs/2408.15664")
  package let biasStep = Fact(
    "assumedBiasStep", "0.02", "",
    "loss-free balancing moves biases by 0.02 in short runs; the published 0.001 is for long ones",
    .assumed, .unverified,
    "the published step could not move a bias far enough in a few hundred steps")
  package let biasSteps = Fact(
    "assumedBiasSteps", "100", "steps",
    "after 100 steps the bias step size decays as 1 / step, down to 0.001", .assumed,
    .unverified,
    "ends at the step size of the DeepSeek-V3 report, section 4.2")
  package let blackwellSMs = Fact(
    "assumedBlackwellSMs", "148", "SM", "B200, B300, GB200 and GB300 have 148 multiprocessors",
    .assumed, .unverified, "believed to be what CUDA reports for the B200")
  package let clockDeviation = Fact(
    "assumedClockDeviation", "0.015", "",
    "the slowdown of sustained clocks has a standard deviation of 1.5 %",
    .assumed, .unverified,
    "reads the range of 3 to 8 % of assumedSustainedClock as its 5 and 95 % points")
  package let collectiveJitter = Fact(
    "assumedCollectiveJitter", "0.05", "",
    "the time of a collective varies by 5 % from run to run", .assumed, .unverified,
    "chosen between 0.03 and 0.1")
  package let communicatorStart = Fact(
    "assumedCommunicatorStart", "30", "s",
    "the communicators of a training run are set up in 30 s", .assumed, .secondary,
    "MegaScale, section 3.5, https://arxiv.org/abs/2402.15627: its bound beyond 10,000 GPUs")
  package let computeShare = Fact(
    "assumedComputeShare", "0.76", "",
    "a GPU that computes draws 76 % of its thermal design power", .assumed, .secondary,
    "a survey of heavy loads, https://arxiv.org/abs/2506.14551")
  package let containerStart = Fact(
    "assumedContainerStart", "120", "s",
    "the containers of a training run start in 120 s", .assumed, .unverified,
    "chosen: no figure is published for such sizes")
  package let contextMemory = Fact(
    "assumedContextMemory", "0.9", "",
    "contexts of neighbouring tokens have a correlation of 0.9 in a scaled-up trace", .assumed,
    .unverified,
    "chosen: only the fitted spread of loads is compared with the engine")
  package let crossPodLatency = Fact(
    "assumedCrossPodLatency", "0.9", "us",
    "a third layer of switches adds as much latency as the second, 0.9 us", .assumed, .unverified,
    "hw.lat.ib_cross_leaf less hw.lat.ib_same_leaf")
  package let decisionTime = Fact(
    "assumedDecisionTime", "60", "s",
    "it is decided in 60 s how a failed training run goes on", .assumed, .unverified,
    "chosen: without people; with them it takes minutes to hours")
  package let denseOperations = Fact(
    "assumedDenseOperations", "50", "",
    "the forward of attention and a dense feed-forward is 50 operations of a host", .assumed,
    .unverified,
    "chosen: no count is published")
  package let detection = Fact(
    "assumedDetection", "10", "s", "the death of a unit of a service is detected after 10 s",
    .assumed, .unverified,
    "two missed heartbeats of 5 s (SGLang's bootstrap server); probes of gateways take minutes")
  package let dimensions = Fact(
    "assumedDimensions", "16", "elements",
    "gate inputs used to scale up a trace are vectors of 16 elements", .assumed, .unverified,
    "chosen: only the fitted spread of loads is compared with the engine")
  package let domainSigma = Fact(
    "assumedDomainSigma", "0.59", "",
    "expert loads of a domain are log-normal, with the spread measured on one layer in service",
    .assumed, .secondary,
    "SGLang, 16 experts of one layer, https://github.com/sgl-project/sglang/pull/5524")
  package let domainSwing = Fact(
    "assumedDomainSwing", "0.8", "",
    "a domain's share of synthetic traffic swings by 80 % over the day", .assumed, .unverified,
    "chosen: no mix of requests by the hour is published")
  package let domainWander = Fact(
    "assumedDomainWander", "0.3", "",
    "the logarithm of a domain's share wanders with a standard deviation of 0.3", .assumed,
    .unverified, "chosen: no mix of requests by the minute is published")
  package let domains = Fact(
    "assumedDomains", "4", "domains", "synthetic traffic has four kinds of requests", .assumed,
    .unverified, "the number of domains in the engine's corpus")
  package let driverReserve = Fact(
    "assumedDriverReserve", "551", "MiB",
    "the drivers of A100, H200, H20, B200, MI300X and MI355X keep as much memory from programs as"
      + " the H100's, 551 MiB", .assumed, .unverified,
    "the 81,559 MiB that an H100's driver shows, less hw.h800.hbm_bytes, which programs see")
  package let endpointLinkPrice = Fact(
    "assumedEndpointLinkPrice", "670", "USD", "a cable from a NIC to its switch costs $670",
    .assumed, .unverified, "solved from hw.net.topology_cost, which names no unit prices")
  package let exchangeBufferBytes = Fact(
    "assumedExchangeBufferBytes", "1", "GiB", "dispatch and combine buffers of prefill take 1 GiB",
    .assumed, .unverified, "chosen: DeepEP sizes its buffers by the job")
  package let exchangeCalls = Fact(
    "assumedExchangeCalls", "0.35", "",
    "calls of normal exchange kernels take up to a factor of exp(0.35) longer than the kernels",
    .assumed, .unverified,
    "calls of HybridEP on H100 take 7 to 42 % longer than its kernels; DeepEP's are not known")
  package let exchangeSpread = Fact(
    "assumedExchangeSpread", "0.07", "",
    "links and their kernels carry 7 % more or less than expected, one deviation", .assumed,
    .derived, "rows of DeepEP's normal kernels that no constant was solved from are met within 7 %")
  package let expertOperations = Fact(
    "assumedExpertOperations", "110", "",
    "the forward of the experts of a layer is 110 operations of a host", .assumed, .unverified,
    "chosen between 80 and 150")
  package let expertSpread = Fact(
    "assumedExpertSpread", "0.04", "",
    "expert rows of a layer vary by 4 % between GPUs where routing is even", .assumed, .unverified,
    "8 counts of one rank in DeepSeek's trace of training span 11.3 %, 2.85 standard deviations")
  package let fp4OverFP8 = Fact(
    "assumedFP4OverFP8", "2", "",
    "FP4 products have twice the peak of FP8 ones",
    .assumed, .unverified, "half the bits; the B300 and GB300 have more")
  package let fabricLinkPrice = Fact(
    "assumedFabricLinkPrice", "1850", "USD",
    "a cable between switches costs $1,850; with the other two prices it reproduces the published "
      + "estimates for fat trees", .assumed, .unverified,
    "solved from hw.net.topology_cost, which names no unit prices")
  package let failureDetection = Fact(
    "assumedFailureDetection", "60", "s",
    "a failed training run is stopped after 60 s", .assumed, .unverified,
    "chosen: processes that die are seen in seconds, hangs by a watchdog of 600 s")
  package let forwardShare = Fact(
    "assumedForwardShare", "0.3333333333333333", "",
    "a third of a host's time for a layer is its forward", .assumed, .unverified,
    "a backward has twice as many kernels")
  package let gpuSpread = Fact(
    "assumedGPUSpread", "0.018", "",
    "kernels bound by computation vary by 1.8 % between GPUs", .assumed, .unverified,
    "the range among 8 GPUs of fact kvar.gpu_spread is 2.85 standard deviations")
  package let graphShare = Fact(
    "assumedGraphShare", "0.1", "",
    "captured graphs take a tenth of the time of single launches", .assumed, .unverified,
    "chosen: khost.graph.node_gap and khost.torch.eager_op differ by more")
  package let h20Bandwidth = Fact(
    "assumedH20Bandwidth", "4800", "GB/s",
    "the H20 with 141 GB reads its memory as fast as the H200, which has the same amount", .assumed,
    .unverified, "no source at hand states it")
  package let hiddenGap = Fact(
    "assumedHiddenGap", "1", "us",
    "kernels of a host that is never late follow each other by 1 us", .assumed, .unverified,
    "between 0.5 us inside graphs and 1.3 us for launches")
  package let hostMemory = Fact(
    "assumedHostMemory", "50", "GB/s",
    "host memory gives each GPU's update of offloaded states 50 GB/s", .assumed, .unverified,
    "two thirds of eight channels of DDR5-4800 for each socket, 307 GB/s, shared by four GPUs")
  package let hostSpread = Fact(
    "assumedHostSpread", "0.35", "",
    "the times of hosts differ between machines by a factor of exp(0.35), one deviation", .assumed,
    .derived, "costs of single machines that differ by a factor of 2 between processors")
  package let hostTime = Fact(
    "assumedHostTime", "0.002", "s",
    "the host of an instance schedules a step and prepares its inputs in 2 ms", .assumed,
    .unverified, "chosen: no figure for units of expert parallelism is published")
  package let idlePower = Fact(
    "assumedIdlePower", "90", "W",
    "an idle GPU draws 90 W", .assumed, .unverified,
    "chosen: figures between 60 and 120 W are reported")
  package let kernelJitter = Fact(
    "assumedKernelJitter", "0.01", "",
    "the time of a kernel varies by 1 % from run to run", .assumed, .unverified,
    "chosen between 0.005 and 0.02")
  package let latencies = Fact(
    "assumedLatencies", "3.33 and 3.7", "us",
    "nodes without measured latencies use the latencies of the H800 cluster", .assumed, .unverified,
    "hw.lat.nvlink and hw.lat.ib_cross_leaf")
  package let learningRate = Fact(
    "assumedLearningRate", "0.002", "",
    "the MoE engine's AdamW uses a learning rate of 2e-3, ten times DeepSeek-V3's, for far smaller "
      + "models",
    .assumed, .unverified, "2.2e-4 in the DeepSeek-V3 report, section 4.2")
  package let leastKernelTime = Fact(
    "assumedLeastKernelTime", "2", "us", "no kernel of an inference step takes less than 2 us",
    .assumed, .unverified, "chosen as a launch on an H800 without gaps between kernels")
  package let mi355xFabric = Fact(
    "assumedMI355XFabric", "1075.2", "GB/s",
    "an MI355X has seven links of 153.6 GB/s, both directions together, one to each peer", .assumed,
    .unverified, "AMD's datasheet was not at hand")
  package let memorySpreadShare = Fact(
    "assumedMemorySpreadShare", "0.3", "",
    "kernels bound by memory vary by 0.3 times as much between GPUs", .assumed, .unverified,
    "chosen: clocks of memory do not follow those of multiprocessors")
  package let mixedBandwidth = Fact(
    "assumedMixedBandwidth", "0.95", "",
    "memory achieves 95 % of its rate when several kernels use it at once", .assumed, .unverified,
    "chosen between 0.9 and 1; fact own.h100.beside is compared, not fitted")
  package let nic = Fact(
    "assumedNIC", "400", "Gb/s", "each GPU of an H20 node has a NIC of 400 Gb/s, like the H800",
    .assumed, .unverified, "the product brief names no NICs of the node")
  package let nodeExchange = Fact(
    "assumedNodeExchange", "300", "s",
    "a spare node takes the place of a failed one in 300 s", .assumed, .unverified,
    "chosen: scheduler and boot; 0 for nodes that are ready")
  package let nodePower = Fact(
    "assumedNodePower", "2000", "W",
    "a node draws 2,000 W without its GPUs", .assumed, .unverified,
    "chosen: between 1.5 and 2.5 kW for hosts of eight GPUs")
  package let nodesPerRack = Fact(
    "assumedNodesPerRack", "1", "nodes",
    "a node of eight GPUs stands in a rack of its own; racks only matter to failures", .assumed,
    .unverified, "sites differ")
  package let offloadChunks = Fact(
    "assumedOffloadChunks", "16", "chunks",
    "an update of offloaded states moves and computes in 16 chunks", .assumed, .unverified,
    "chosen: more chunks change the time of an update by a few per cent")
  package let powerUsage = Fact(
    "assumedPowerUsage", "1.2", "",
    "a building takes 1.2 times the power of its computers", .assumed, .unverified,
    "surveys: 1.1 to 1.2 in the largest ones, 1.55 to 1.58 on average")
  package let prefixPiece = Fact(
    "assumedPrefixPiece", "65536", "tokens",
    "keys and values of cached prefixes are recomputed 65,536 tokens at a time", .assumed,
    .unverified, "chosen: serving engines size this workspace by an option")
  package let price = Fact(
    "assumedPrice", "2", "USD/GPU-hour",
    "a GPU-hour of a GPU without a published rental price costs $2, as for the H800", .assumed,
    .unverified, "price.h800")
  package let releaseSpread = Fact(
    "assumedReleaseSpread", "0.1", "",
    "kernels of another release than the rows' take 10 % more or less, one deviation of a series",
    .assumed, .unverified,
    "chosen: facts gemm.dense.4096.feb and gemm.dense.4096.apr differ by 7 to 31 %")
  package let repairTime = Fact(
    "assumedRepairTime", "86400", "s",
    "a failed node is a spare again after 24 h", .assumed, .unverified,
    "chosen: no figure is published")
  package let reservedBytes = Fact(
    "assumedReservedBytes", "4", "GiB", "CUDA, NCCL and the allocator reserve 4 GiB on each GPU",
    .assumed, .unverified, "chosen: frameworks do not publish it")
  package let stalledPower = Fact(
    "assumedStalledPower", "275", "W",
    "a GPU that waits draws 275 W", .assumed, .unverified,
    "chosen: figures between 200 and 350 W are reported for waits in collectives")
  package let startTime = Fact(
    "assumedStartTime", "240", "s",
    "a unit of a service starts in 240 s apart from loading its weights: 60 s for processes and"
      + " connections, 180 s for graphs and warm-up", .assumed, .unverified,
    "a whole start took 8 min on one host, https://github.com/vllm-project/vllm/issues/43189")
  package let stepWarmUp = Fact(
    "assumedStepWarmUp", "60", "s",
    "the first steps after a start take 60 s longer than others", .assumed, .unverified,
    "chosen: loading kernels alone took 50 s, https://github.com/NVIDIA/nccl/issues/1646")
  package let stepWork = Fact(
    "assumedStepWork", "5", "ms",
    "data and logs take 5 ms of each training step", .assumed, .unverified,
    "chosen between 0 and 20 ms")
  package let storageBandwidth = Fact(
    "assumedStorageBandwidth", "1000", "GB/s",
    "storage takes 1,000 GB/s from all nodes together", .assumed, .unverified,
    "chosen: no figure for writing is published; 3FS reads 6.6 TiB/s")
  package let storageLink = Fact(
    "assumedStorageLink", "25", "GB/s",
    "a node has a link of 200 Gb/s to storage", .assumed, .primary,
    "the clients of 3FS, https://github.com/deepseek-ai/3FS")
  package let sustainedClock = Fact(
    "assumedSustainedClock", "0.053", "",
    "arithmetic in long runs takes exp(0.053) times as long as in the bursts of kernel tables",
    .assumed, .derived,
    "bursts of a few runs are 3 to 8 % faster than long runs",
    "under full tensor load clocks fall from 1,830 to 1,600 MHz at most")
  package let switchPrice = Fact(
    "assumedSwitchPrice", "40000", "USD", "a 64-port switch costs $40,000", .assumed, .unverified,
    "solved from hw.net.topology_cost, which names no unit prices")
  package let tokensPerMinute = Fact(
    "assumedTokensPerMinute", "1000000", "tokens/min",
    "a unit routes 1 million tokens per minute in synthetic traffic", .assumed, .unverified,
    "chosen: sets the scatter of the counts")
  package let uncachedShare = Fact(
    "assumedUncachedShare", "1", "",
    "the L2 cache serves none of the bytes that an exchange kernel moves", .assumed, .unverified,
    "an upper bound: hit rates of these kernels are not published")
  package let wanderMinutes = Fact(
    "assumedWanderMinutes", "15", "min",
    "the wander of a domain's share has a correlation time of 15 minutes",
    .assumed, .unverified,
    "chosen: no mix of requests by the minute is published")
  package let warmUpSteps = Fact(
    "assumedWarmUpSteps", "20", "steps", "the MoE engine's learning rate warms up over 20 steps",
    .assumed, .unverified, "chosen for runs of a few hundred steps")
  package let weightBandwidth = Fact(
    "assumedWeightBandwidth", "9.5", "GB/s",
    "a host loads weights with 9.5 GB/s when a unit of a service starts", .assumed, .unverified,
    "163 shards of 4.2 GB in 72 s when warm, https://github.com/HabanaAI/vllm-fork/issues/809")
}
