// The models that scenarios can name. To add one: an entry here, read from its config file, which
// Facts/Groups/ModelFacts.swift cites.

import Facts

extension ModelSpec {
  /// Every model of the catalogue, in the order of printed lists.
  package static let catalogue: [ModelSpec] = [
    deepseekV3, deepseekV32, deepseekV2, deepseekV2Lite, kimiK2, glm45, glm45Air, qwen235B, qwen30B,
    gptOSS120B, miniMaxM2, llama4Maverick, mixtral8x7B, qwen72B, llama405B, llama70B, llama8B,
  ]
}
