import KernelTimes
import Testing

@testable import Calibration

@Suite("Formats of measurements")
struct FormatTests {
  private func lines(_ reading: Reading) -> [String] {
    reading.rows.map { row in
      let extents = row.extents.map { "\(Int($0))" }.joined(separator: " ")
      let time = (row.microseconds * 10).rounded() / 10
      return "\(row.line): \(row.kernelClass.rawValue) \(row.kind) \(extents) = \(time)"
    }
  }

  @Test(
    "each format is told by its text",
    arguments: [
      ("deepgemm.txt", MeasurementFormat.deepGEMM), ("deepgemm_first.txt", .deepGEMM),
      ("deepep_low_latency.txt", .deepEP), ("deepep_normal.txt", .deepEP),
      ("deepep_v2.txt", .deepEP), ("all_reduce.txt", .ncclText), ("alltoall.json", .ncclJSON),
      ("flash_mla.txt", .flashMLA), ("flash_attention.txt", .flashAttention),
      ("flash_attention_rates.txt", .flashAttention), ("gemm_perf.csv", .aiconfigurator),
      ("own.csv", .table), ("trace.json", .profiler),
    ])
  func formats(name: String, format: MeasurementFormat) throws {
    #expect(try MeasurementFormat.of(fixture(name).text) == format)
    #expect(MeasurementFormat.of("name: tiny\n") == nil)
    #expect(MeasurementFormat.of("") == nil)
  }

  @Test("DeepGEMM: times are those of the rate where it has more digits")
  func deepGEMM() throws {
    let reading = try reading("deepgemm.txt")

    // 2 m n k / rate: 2 x 128 x 2112 x 7168 / 352e6 = 11.0; 1462 us have as many.
    #expect(
      lines(reading) == [
        "5: gemm fp8_block_net 128 2112 7168 = 11.0",
        "6: gemm fp8_block_net 128 24576 1536 = 18.9",
        "7: gemm fp8_block_net 128 7168 16384 = 48.6",
        "8: gemm fp8_block_net 4096 2112 7168 = 114.0",
        "9: gemm fp8_block_net 4096 4096 7168 = 172.9",
        "10: gemm fp8_block_net 4096 7168 2048 = 105.0",
        "13: gemm fp8_block_net 4096 4096 7168 = 20.0",
        "16: grouped contiguous 4 8192 4096 7168 = 1462.0",
        "17: grouped contiguous 8 4096 7168 2048 = 801.1",
        "20: grouped masked 1 1024 4096 7168 = 50.0",
        "21: grouped masked 2 512 4096 7168 = 60.0",
        "22: grouped masked 4 256 4096 7168 = 66.0",
      ])
    #expect(reading.leftOut.map(\.line) == [11, 12, 25])
    #expect(reading.leftOut.map(\.verdict) == [.unused, .refused, .unused])
  }

  @Test("DeepGEMM's first version gives rows of a group")
  func deepGEMMFirst() throws {
    #expect(
      try lines(reading("deepgemm_first.txt")) == [
        "5: gemm fp8_block_net 64 2112 7168 = 9.4",
        "6: gemm fp8_block_net 4096 7168 16384 = 664.0",
        "9: grouped contiguous 4 8192 4096 7168 = 1483.0",
        "12: grouped masked 1 1024 4096 7168 = 50.4",
      ])
  }

  @Test("DeepEP: low latency needs tokens and hidden size, exchanges between nodes are left out")
  func deepEP() throws {
    let low = try reading("deepep_low_latency.txt")
    let normal = try reading("deepep_normal.txt")
    let second = try reading("deepep_v2.txt")

    #expect(
      lines(low) == [
        "4: low_latency dispatch 128 7168 = 45.1", "4: low_latency combine 128 7168 = 58.7",
        "5: low_latency dispatch 128 7168 = 46.3", "5: low_latency combine 128 7168 = 59.2",
      ])
    // Bytes are rate x time: 161.26 GB/s x 850.59 us.
    #expect(
      lines(normal) == [
        "6: collective deepep_dispatch_8 137166143 8 = 850.6",
        "8: collective deepep_combine_8 266273051 8 = 1684.1",
      ])
    #expect(normal.leftOut.map(\.line) == [7, 9])
    #expect(
      lines(second) == [
        "2: collective deepep_v2_dispatch_8 340394820 8 = 530.2",
        "2: collective deepep_v2_combine_8 662205000 8 = 1011.0",
        "3: collective deepep_v2_dispatch_8 340400000 8 = 531.9",
      ])
    #expect(second.leftOut.map(\.line) == [4])
    let bare = MeasurementFormat.deepEP.read(
      "[rank 0] Dispatch bandwidth: 98.76 GB/s, avg_t=77.02 us", name: "a.txt")
    #expect(bare.rows.isEmpty && bare.leftOut[0].verdict == .refused)
  }

  @Test("nccl-tests: operation, ranks and GPU come from the text or the JSON")
  func nccl() throws {
    let text = try reading("all_reduce.txt")
    let json = try reading("alltoall.json")

    #expect(
      lines(text).prefix(2) == [
        "14: collective all_reduce_4 1048576 4 = 19.2",
        "15: collective all_reduce_4 4194304 4 = 44.1",
      ])
    #expect(text.rows.count == 5 && text.rows[0].gpu == "NVIDIA H100 80GB HBM3")
    #expect(
      lines(json) == [
        "11: collective alltoall_2 1048576 2 = 17.4", "14: collective alltoall_2 16777216 2 = 61.0",
      ])
    #expect(json.rows[0].gpu == "NVIDIA H200" && json.leftOut.map(\.line) == [17])
    let unnamed = try fixture("all_reduce.txt").text.replacing("all_reduce", with: "some")
    let refused = MeasurementFormat.ncclText.read(unnamed, name: "log.txt")
    #expect(refused.rows.isEmpty && refused.leftOut[0].reason.hasPrefix("no collective is named"))
    let spread = try fixture("all_reduce.txt").text
      .replacing("node1 device  3", with: "node2 device  3")
    #expect(MeasurementFormat.ncclText.read(spread, name: "log.txt").rows.isEmpty)
  }

  @Test("nccl-tests of older versions print no root, or neither operator nor root")
  func ncclColumns() throws {
    let text = try fixture("all_reduce.txt").text
    func rows(_ text: String) -> [String] {
      lines(MeasurementFormat.ncclText.read(text, name: "log.txt"))
    }

    #expect(text.contains("float     sum      -1") && rows(text).count == 5)
    #expect(rows(text.replacing("float     sum      -1", with: "float     sum")) == rows(text))
    #expect(rows(text.replacing("float     sum      -1", with: "float")) == rows(text))
    let short = MeasurementFormat.ncclText.read(
      text.replacing("262144     float     sum      -1", with: "262144"), name: "log.txt")
    #expect(short.rows.count == 4 && short.leftOut.map(\.line) == [14])
  }

  @Test("attention: FlashMLA's latent cache, FlashAttention's two scripts")
  func attention() throws {
    let latent = try reading("flash_mla.txt")
    let flash = try reading("flash_attention.txt")
    let rates = try reading("flash_attention_rates.txt")

    // 576 numbers of two bytes; (576 + 512) x 128 products a query.
    #expect(
      lines(latent) == [
        "2: decode mla 128 4096 1152 139264 = 245.0", "4: decode mla 128 4096 1152 278528 = 455.0",
      ])
    #expect(
      lines(flash) == [
        "2: attention_forward fa 2 16 4 128 128 8192 0 = 912.0",
        "3: attention_backward fa 2 16 4 128 128 8192 0 = 2701.0",
        "6: attention_forward fa 4 32 32 64 64 4096 -1 = 1322.0",
        "7: attention_forward cudnn 4 32 32 64 64 4096 -1 = 1290.0",
      ])
    // 2 x 2 x 16 x 8192^2 / 2 x 256 products at 361.2 TFLOPS; backward 2.5 times as many.
    #expect(
      lines(rates) == [
        "2: attention_forward fa 2 16 16 128 128 8192 0 = 1522.0",
        "2: attention_backward fa 2 16 16 128 128 8192 0 = 4610.3",
      ])
  }

  @Test("aiconfigurator: each table's columns, with kinds by type and kernel")
  func aiconfigurator() throws {
    #expect(
      try lines(reading("gemm_perf.csv")) == [
        "2: gemm bf16 1024 4096 4096 = 59.1", "3: gemm fp8_token 1024 4096 4096 = 46.1",
        "4: gemm fp8_tensor 1024 4096 4096 = 43.2", "5: gemm fp8_block 1024 4096 4096 = 44.1",
        "6: gemm bf16 1024 4096 4096 = 98.1",
      ])
    #expect(
      try lines(reading("moe_perf.csv")) == [
        "2: expert_block bf16 1024 16 2048 768 8 = 98.1",
        "4: expert_block fp8_block_triton 2048 64 7168 1024 4 = 812.1",
      ])
    #expect(
      try lines(reading("context_attention_perf.csv")) == [
        "2: attention_forward fa 1 32 8 128 128 4096 0 = 265.3",
        "3: attention_forward fa 1 64 8 128 128 4096 128 = 148.1",
      ])
    #expect(
      try lines(reading("generation_attention_perf.csv")) == [
        "2: decode gqa 64 4096 2048 8192 = 187.1"
      ])
    #expect(
      try lines(reading("generation_mla_perf.csv")) == [
        "2: decode mla 128 4096 1152 139264 = 265.1"
      ])
  }

  @Test("a trace gives kernels of known shape, and names the others with their share of time")
  func profiler() throws {
    let reading = try reading("trace.json")

    #expect(
      lines(reading) == [
        "10: gemm bf16 4096 4096 7168 = 351.5",
        "14: attention_forward fa 1 32 8 128 128 4096 0 = 281.0",
        "16: collective all_gather_8 67108864 8 = 231.0",
      ])
    #expect(reading.rows.count { $0.isSustained } == 3)
    // 100 of 963.5 us.
    #expect(reading.leftOut.count == 1 && reading.leftOut[0].count == 2)
    #expect(reading.leftOut[0].line == 20 && reading.leftOut[0].reason.contains("10.4 %"))
    let broken = MeasurementFormat.profiler.read("{\n\"traceEvents\": [\n{]}", name: "a.json")
    #expect(broken.leftOut.map(\.line) == [3] && broken.leftOut[0].verdict == .refused)
  }

  @Test("kernels that share an operation are not used, but for those beside a backward")
  func sharedOperations() throws {
    func event(_ kind: String, _ name: String, _ rest: String) -> String {
      "{\"cat\": \"\(kind)\", \"name\": \"\(name)\", \(rest)}"
    }
    func kernel(_ name: String, _ identity: Int, _ time: Int) -> String {
      event("kernel", name, "\"dur\": \(time), \"args\": {\"External id\": \(identity)}")
    }
    func operation(_ name: String, _ identity: Int, _ dims: String, _ flags: String) -> String {
      event(
        "cpu_op", name,
        "\"args\": {\"External id\": \(identity), \"Input Dims\": \(dims),"
          + " \"Input type\": [\"c10::BFloat16\"], \"Concrete Inputs\": [\(flags)]}")
    }
    let heads = "[1, 4096, 16, 128]"
    let events = [
      operation("aten::mm", 1, "[[512, 4096], [4096, 512]]", ""), kernel("nvjet_a", 1, 40),
      operation("aten::mm", 2, "[[256, 8192], [8192, 256]]", ""), kernel("nvjet_b", 2, 20),
      kernel("cublasLt::splitKreduce_kernel", 2, 10),
      operation(
        "flash_attn::_flash_attn_backward", 3, "[\(heads), \(heads), \(heads), \(heads)]",
        "\"True\""),
      kernel("flash_bwd_dot_do_o_kernel", 3, 5), kernel("flash_bwd_dq_dk_dv_kernel", 3, 900),
      kernel("flash_bwd_convert_dq_kernel", 3, 5),
    ]
    let reading = MeasurementFormat.profiler.read(
      "{\"traceEvents\": [\n" + events.joined(separator: ",\n") + "\n]}", name: "a.json")

    #expect(
      lines(reading) == [
        "3: gemm bf16 512 512 4096 = 40.0",
        "9: attention_backward fa 1 16 16 128 128 4096 0 = 900.0",
      ])
    #expect(
      reading.leftOut.first { $0.line == 5 }?.reason.hasPrefix(
        "\"nvjet_b\": one of several kernels of its operation, 2.0 %") == true)
    #expect(reading.leftOut.map(\.line).sorted() == [5, 6, 8, 10])
  }

  @Test("rows that lack a cell or have one too many are refused, and fractions of counts")
  func cells() {
    let text = """
      class,kind,gpu,m,n,k,microseconds
      gemm,bf16,h100-sxm,4096,4096,187.5
      gemm,bf16,h100-sxm,4096,4096,7168,328.1,
      gemm,bf16,h100-sxm,4096,4096.5,7168,328.1
      gemm,bf16,h100-sxm,4096,4096,7168,
      gemm,bf16,h100-sxm,4096,4096,7168,328.1
      class,kind,gpu,sequences,context,bytes_per_token,products_per_token,us
      decode,mla,h100-sxm,128,4096.5,1152,139264,245
      """
    let reading = MeasurementFormat.table.read(text, name: "a.csv")

    #expect(lines(reading).map { $0.prefix { $0 != ":" } } == ["6", "8"])
    #expect(
      reading.leftOut.map { "\($0.line): \($0.reason)" } == [
        "2: has 6 of 7 cells", "3: has 8 of 7 cells", "4: n \"4096.5\" is no whole number",
        "5: \"\" is no time",
      ])
  }

  @Test("a table of one's own may have several headings and units")
  func table() throws {
    let reading = try reading("own.csv")

    #expect(lines(reading).first == "3: gemm bf16 4096 4096 7168 = 340.1")
    #expect(lines(reading).contains("13: attention_forward fa 1 32 8 128 128 4096 0 = 272.0"))
    #expect(reading.leftOut.map(\.line) == [10, 11, 17, 18])
    #expect(reading.leftOut[2].reason.hasPrefix("\"cycles\" is no unit of time"))
  }

  @Test(
    "GPUs have the catalogue's names, cards that are not in it none",
    arguments: [
      ("NVIDIA H100 80GB HBM3", "h100-sxm"), ("NVIDIA H800", "h800-sxm"), ("NVIDIA H20", "h20"),
      ("NVIDIA H20-3e", "h20-141gb"), ("NVIDIA H200", "h200-sxm"),
      ("NVIDIA A100-SXM4-80GB", "a100-sxm"), ("NVIDIA B200", "b200-sxm"), ("NVIDIA GB200", "gb200"),
      ("NVIDIA H100 PCIe", nil), ("NVIDIA H100 NVL", nil), ("NVIDIA GeForce RTX 4090", nil),
    ])
  func names(words: String, name: String?) {
    #expect(GPUName.catalogue(words) == name)
  }
}
