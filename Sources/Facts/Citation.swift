// Citations in a uniform format: title, place and URL.

/// A source and a place in it.
struct Citation: ExpressibleByStringLiteral, Sendable {
  let text: String

  init(stringLiteral text: String) { self.text = text }

  private init(_ title: String, _ place: String, _ url: String) {
    text = "\(title), \(place), \(url)"
  }

  /// A place in the DeepSeek-V3 technical report.
  static func report(_ place: String) -> Citation {
    Citation("DeepSeek-V3 Technical Report", place, "https://arxiv.org/abs/2412.19437v1")
  }

  /// A place in DeepSeek's hardware paper (ISCA 2025).
  static func insights(_ place: String) -> Citation {
    Citation("Insights into DeepSeek-V3, ISCA 2025", place, "https://arxiv.org/abs/2505.09343")
  }

  /// A file of DeepSeek's profiles.
  static func profile(_ place: String) -> Citation {
    Citation("DeepSeek profile-data", place, "https://github.com/deepseek-ai/profile-data")
  }

  /// The Llama 3 report.
  static func llama3(_ place: String) -> Citation {
    Citation("The Llama 3 Herd of Models", place, "https://arxiv.org/abs/2407.21783")
  }

  /// A file of DeepEP, with the revision if known.
  static func deepEP(_ place: String) -> Citation {
    Citation("DeepEP", place, "https://github.com/deepseek-ai/DeepEP")
  }

  /// A file of DeepGEMM, with the revision if known.
  static func deepGEMM(_ place: String) -> Citation {
    Citation("DeepGEMM", place, "https://github.com/deepseek-ai/DeepGEMM")
  }

  /// A file of FlashMLA.
  static func flashMLA(_ place: String) -> Citation {
    Citation("FlashMLA", place, "https://github.com/deepseek-ai/FlashMLA")
  }

  /// A file of NVIDIA's aiconfigurator.
  static func aiconfigurator(_ place: String) -> Citation {
    Citation("aiconfigurator", place, "https://github.com/ai-dynamo/aiconfigurator")
  }

  /// A folder of the benchmarks of NVIDIA's cudnn-frontend.
  static func cudnnFrontend(_ place: String) -> Citation {
    Citation("cudnn-frontend", place, "https://github.com/NVIDIA/cudnn-frontend")
  }

  /// A file of vLLM.
  static func vllm(_ place: String) -> Citation {
    Citation("vLLM", place, "https://github.com/vllm-project/vllm")
  }

  /// A file of SGLang.
  static func sglang(_ place: String) -> Citation {
    Citation("SGLang", place, "https://github.com/sgl-project/sglang")
  }

  /// A folder of InferSim's measurements.
  static func inferSim(_ place: String) -> Citation {
    Citation("InferSim bench_data", place, "https://github.com/alibaba/InferSim")
  }

  /// What nvidia-smi prints, as it is pasted into bug reports.
  static let driverLogs: Citation = "driver logs in public issues of serving engines"

  /// A section of the table of training speeds of NVIDIA's Megatron-Bridge.
  static func megatronBridge(_ section: String) -> Citation {
    Citation(
      "Megatron-Bridge", "docs/performance-summary.md, \(section)",
      "https://github.com/NVIDIA-NeMo/Megatron-Bridge")
  }

  /// SGLang's report of 2025-05-05 on DeepSeek-V3 over 12 nodes.
  static let largeScaleEP = Citation(
    "LMSYS blog", "large-scale expert parallelism, 2025-05-05",
    "https://lmsys.org/blog/2025-05-05-large-scale-ep/")

  /// The configuration files of published models, counted.
  static let configFiles: Citation = "config.json of each model, counted, https://huggingface.co"

  /// DeepSeek's overview of its inference system.
  static let inferenceOverview = Citation(
    "DeepSeek open-infra-index", "day 6, inference system overview",
    "https://github.com/deepseek-ai/open-infra-index")
}
