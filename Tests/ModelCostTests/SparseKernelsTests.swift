// Kernels of DeepSeek sparse attention: counts by formula, times at the measured points, and how
// they grow with the context.

import Cluster
import Testing

@testable import ModelCost

@Suite("Sparse attention")
struct SparseKernelsTests {
  private let timer: KernelTimer
  private let sparse: ModelSpec
  private let dense: ModelSpec

  init() throws {
    let gpu = try #require(GPUSpec.catalogue.first { $0.name == "h800-sxm" })
    timer = KernelTimer(gpu: gpu, recipe: .deepseek, release: .april2025)
    sparse = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3.2" })
    dense = try #require(ModelSpec.catalogue.first { $0.name == "deepseek-v3" })
  }

  private func decode(_ model: ModelSpec, _ context: Int, tensor: Int = 1) -> [Kernel] {
    DecodeKernelBuilder(
      model: model,
      work: DecodeWork(
        sequences: 64, queries: 1, context: context, expertRows: 0, localExperts: 1,
        cache: .fp8Tile,
        tensor: tensor), formats: ProductFormats(.fp8)
    ).kernels(of: .dense)[.attention, .forward]
  }

  private func layer(_ model: ModelSpec, _ length: Int, cached: Int = 0) -> LayerKernels {
    LayerKernelBuilder(
      model: model,
      work: LayerWork(
        tokens: length, sequenceLength: length, expertRows: 0, arrivedTokens: 0, localExperts: 0,
        prefix: cached > 0 ? CachedPrefix(tokens: cached, format: .bf16) : nil),
      precision: .deepseekV3, activations: .deepseekV3
    ).kernels(of: .dense)
  }

  private func flops(_ kernels: [Kernel], _ kinds: Set<KernelClass>) -> Double {
    kernels.reduce(0) { $0 + (kinds.contains($1.kernelClass) ? $1.flops : 0) }
  }

  private let cores: Set<KernelClass> = [
    .attentionDecode, .attentionForward, .sparseAttention, .sparseAttentionDecode,
  ]

  @Test("scores take the measured time: fact kattn.infersim.h800.dsa")
  func scores() {
    for row in SparseMeasurements.scores {
      let kernel = Kernel.indexerScores(
        sequences: row.sequences, queries: row.queries, keys: row.context,
        pairs: AttendedKeys.all.pairs(length: row.queries, cached: row.context - row.queries),
        indexer: SparseMeasurements.indexer)
      let time = timer.time(kernel, sms: 132)
      #expect(abs(time.seconds * 1e6 - row.microseconds) < 1e-6 * row.microseconds)
    }
  }

  @Test("one query of 64 sequences over 2,048 selected keys takes the measured 96 us")
  func decodeTime() throws {
    let core = try #require(
      decode(sparse, 131_072).first { $0.kernelClass == .sparseAttentionDecode })

    #expect(abs(timer.time(core, sms: 132).seconds - 96e-6) < 1e-12)
  }

  @Test("FLOPs of core and scores are those of the model's count, in decode and in prefill")
  func counts() {
    for context in [1024, 4096, 131_072] {
      let kernels = decode(sparse, context)
      #expect(
        flops(kernels, cores.union([.indexerScores]))
          == 64 * sparse.attentionCoreFLOPs(.absorbedDecode(context: context), of: .dense))
    }
    let latent = SparseMeasurements.latent
    let kernels = layer(sparse, 8192)[.attention, .forward]
    let pairs = Double(AttendedKeys.last(2048).pairs(length: 8192))
    #expect(flops(kernels, cores) == pairs * Double(latent.absorbedFLOPsPerKey))
    #expect(
      flops(kernels, [.indexerScores])
        == 16384 * Double(AttendedKeys.all.pairs(length: 8192)))
  }

  @Test("up to 2,048 tokens attention is the dense one, besides the indexer's kernels")
  func short() {
    func names(_ model: ModelSpec, _ pass: LayerKernels.Pass) -> [String] {
      layer(model, 2048)[.attention, pass].map(\.name).filter {
        !$0.hasPrefix("indexer") && $0 != "top-k keys"
      }
    }

    for pass in LayerKernels.Pass.allCases {
      #expect(names(sparse, pass) == names(dense, pass))
    }
    #expect(flops(decode(sparse, 2048), cores) == flops(decode(dense, 2048), cores))
  }

  @Test("attention to selected keys does not grow with the context; scores do, in proportion")
  func growth() {
    func seconds(_ context: Int, _ kind: KernelClass) -> Double {
      timer.seconds(decode(sparse, context).filter { $0.kernelClass == kind }, sms: 132)
    }

    #expect(seconds(8192, .sparseAttentionDecode) == seconds(131_072, .sparseAttentionDecode))
    let ratio = seconds(131_072, .indexerScores) / seconds(65536, .indexerScores)
    #expect(ratio > 1.8 && ratio < 2)
  }

  @Test("at 128K the sparse layer takes less than half of the dense one's attention")
  func longContext() {
    func seconds(_ model: ModelSpec) -> Double { timer.seconds(decode(model, 131_072), sms: 132) }
    func prefill(_ model: ModelSpec) -> Double {
      timer.seconds(layer(model, 4096, cached: 126_976)[.attention, .forward], sms: 132)
    }

    #expect(seconds(sparse) < seconds(dense) / 2)
    #expect(prefill(sparse) < prefill(dense) / 2)
  }

  @Test("heads are divided between GPUs, the indexer is not")
  func tensor() {
    let (one, eight) = (decode(sparse, 8192), decode(sparse, 8192, tensor: 8))

    #expect(flops(eight, cores) == flops(one, cores) / 8)
    #expect(flops(eight, [.indexerScores]) == flops(one, [.indexerScores]))
  }

  @Test("the absorbed backward has 2.5 x the core's FLOPs, and both halves of kv_b's gradient")
  func backward() {
    let kernels = layer(sparse, 8192)
    let core = flops(kernels[.attention, .forward], [.sparseAttention])
    let inputs = kernels[.attention, .backwardInput]
    let weights = kernels[.attention, .backwardWeight]

    #expect(flops(inputs, [.sparseAttentionBackward]) == 2.5 * core)
    let halves = weights.filter {
      $0.name == "q to latent, weight" || $0.name == "latent to v, weight"
    }
    let whole = layer(dense, 8192)[.attention, .backwardWeight].filter { $0.name == "kv_b, weight" }
    #expect(halves.reduce(0) { $0 + $1.flops } == whole.reduce(0) { $0 + $1.flops })
    #expect(!weights.contains { $0.name == "kv_b, weight" })
  }
}
