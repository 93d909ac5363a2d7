// The deployments of `bench serving`, as scenarios.

extension ServingUnit {
  /// The deployments, in printing order.
  package static let all = [h800Pair, h200Host]

  /// Units: facts inf.online.prefill_unit and inf.online.decode_unit; drafts: the lower end of fact
  /// mtp.accept.
  private static let h800Pair = ServingUnit(
    name: "h800-pair",
    scenario: """
      name: h800-pair
      seed: 1
      cluster: {node: h800-sxm, nodes: 50}
      model: deepseek-v3
      service:
        load:
          prompt: {law: lognormal, mean: 2000 tokens, sigma: 1, most: 32768 tokens}
          output: {law: lognormal, mean: 500 tokens, sigma: 0.8, most: 8192 tokens}
        router: round_robin
        handover: push
        prefill:
          units: 8
          expert_parallel: 32
          redundant_experts: 32
          microbatches: 2
          routing: {source: lognormal, sigma: 0.59}
          scheduler: {policy: sglang, chunk: 4096 tokens}
        decode:
          expert_parallel: 144
          redundant_experts: 32
          routing: {source: lognormal, sigma: 0.59}
          scheduler: {policy: sglang, seats: 128}
        drafts: {acceptance: [0.85]}

      """, groups: 144, rates: [50, 100, 200, 400])

  private static let h200Host = ServingUnit(
    name: "h200-host",
    scenario: """
      name: h200-host
      seed: 1
      cluster: {node: h200-sxm, nodes: 1}
      model: deepseek-v3
      service:
        load:
          prompt: {law: lognormal, mean: 2000 tokens, sigma: 1, most: 32768 tokens}
          output: {law: lognormal, mean: 500 tokens, sigma: 0.8, most: 8192 tokens}
        colocated:
          tensor: 8
          experts: tp
          pool: {rule: vllm, fraction: 0.9, block: 64 tokens, overhead: 4 GiB}
          scheduler: {policy: vllm, token_budget: 2048 tokens, seats: 256}

      """, groups: 1, rates: [1, 2, 4, 8])
}
