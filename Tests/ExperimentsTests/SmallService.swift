// A small service that uses most of what services have. Shared by suites of this target.

/// A pool of hosts with tensor parallelism, prefixes, classes, drafts and a fault.
enum SmallService {
  /// The scenario.
  static let text = """
    name: small-service
    seed: 3
    cluster: {node: h200-sxm, nodes: 3}
    model: deepseek-v3
    service:
      load:
        arrivals: poisson
        rate: 3 requests/s
        requests: 150 requests
        prompt: {law: lognormal, mean: 500, sigma: 1, most: 4096}
        output: {law: exponential, mean: 60, least: 1}
        prefixes: {groups: 4, length: 512, exponent: 1.1}
      classes:
        - {name: chat, share: 3, objectives: {ttft: 1 s, tpot: 50 ms}}
        - {name: batch, share: 1, objectives: {e2e: 60 s}}
      router: prefix
      colocated:
        units: 3
        tensor: 8
        scheduler: {policy: vllm}
      drafts: {count: 1, acceptance: [0.8]}
      failures:
        faults: [{time: 20 s, pool: colocated, unit: 1}]
        detection: 1 s
        restart: 10 s
        rule: retry
      sample_interval: 5 s
    """
}
