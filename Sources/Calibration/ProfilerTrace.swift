// Traces of PyTorch's profiler (Chrome's JSON): times of kernels, and shapes of the operations that
// launched them, which a trace has with record_shapes=True.
//
// A kernel is used if its operation launched no other kernel and its shape is that of a measured
// class: products (aten::mm, addmm, linear), RMSNorm, FlashAttention forward and backward, and
// collectives. Backward, the short kernels before and after the main one do not count. The rest is
// listed by name with its share of kernel time. Rows are of a long run, at its clocks.

import KernelTimes
import Text

/// Reads traces of PyTorch's profiler.
struct ProfilerTrace {
  private var reading = Reading()
  private let gpu: String?
  /// Operations with shapes by their ids.
  private var operations: [Double: LinedJSON] = [:]
  /// Number of kernels of each operation, without those beside the main one of a backward.
  private var kernelCounts: [Double: Int] = [:]
  private var (usedTime, kernelTime) = (0.0, 0.0)
  /// Kernels without use: name, first line, reason, number, time.
  private var unused: [(name: String, line: Int, why: String, count: Int, time: Double)] = []
  private var unusedPlaces: [String: Int] = [:]

  static func read(_ text: String) -> Reading {
    do {
      let document = try LinedJSON(reading: text)
      var trace = ProfilerTrace(document)
      let events = document["traceEvents"]?.items ?? []
      for event in events { trace.noteOperation(event) }
      for event in events { trace.noteKernel(event) }
      for event in events { trace.take(event) }
      return trace.finished()
    } catch {
      var reading = Reading()
      reading.leaveOut(error.line, .refused, error.message)
      return reading
    }
  }

  private init(_ document: LinedJSON) {
    gpu = document["deviceProperties"]?.items.first?["name"]?.text
  }

  private static func identity(_ event: LinedJSON) -> Double? {
    event["args"]?["External id"]?.number ?? event["args"]?["external id"]?.number
  }

  private mutating func noteOperation(_ event: LinedJSON) {
    guard event["cat"]?.text == "cpu_op", event["args"]?["Input Dims"] != nil,
      let identity = Self.identity(event)
    else { return }
    operations[identity] = event
  }

  private mutating func noteKernel(_ event: LinedJSON) {
    guard event["cat"]?.text == "kernel", let name = event["name"]?.text,
      let identity = Self.identity(event), let operation = operations[identity]
    else { return }
    let isBackward = operation["name"]?.text?.contains("backward") ?? false
    guard !isBackward || !isBesideBackward(name) else { return }
    kernelCounts[identity, default: 0] += 1
  }

  private mutating func take(_ event: LinedJSON) {
    guard event["cat"]?.text == "kernel", let name = event["name"]?.text,
      let time = event["dur"]?.number
    else { return }
    kernelTime += max(0, time)
    guard let row = row(event, name, time) else {
      return leave(name, event.line, "no known shape", time)
    }
    if !name.hasPrefix("nccl"), let identity = Self.identity(event),
      kernelCounts[identity, default: 0] > 1
    {
      return leave(name, event.line, "one of several kernels of its operation", time)
    }
    usedTime += time
    reading.rows.append(row)
  }

  private mutating func leave(_ name: String, _ line: Int, _ why: String, _ time: Double) {
    let short = String(name.prefix { $0 != "<" && $0 != "(" }.prefix(60))
    let entry = "\(short): \(why)"
    if let place = unusedPlaces[entry] {
      unused[place].count += 1
      unused[place].time += time
    } else {
      unusedPlaces[entry] = unused.count
      unused.append((short, line, why, 1, time))
    }
  }

  private func finished() -> Reading {
    var reading = reading
    for kernel in unused.sorted(by: { ($1.time, $0.line) < ($0.time, $1.line) }) {
      let share = kernelTime > 0 ? (1000 * kernel.time / kernelTime).rounded() / 10 : 0
      reading.leftOut.append(
        LeftOut(
          kernel.line, .unused,
          "\(quoted(kernel.name)): \(kernel.why), \(share) % of kernel time", count: kernel.count))
    }
    return reading
  }

  /// The row of a kernel; nil if its class or its shape is not known.
  private func row(_ event: LinedJSON, _ name: String, _ time: Double) -> TakenRow? {
    func row(_ kernelClass: MeasuredClass, _ kind: String, _ extents: [Double]) -> TakenRow? {
      guard extents.allSatisfy({ $0 >= 1 || $0 == AttentionWindow.causal || $0 == -1 }) else {
        return nil
      }
      return TakenRow(
        kernelClass, kind, gpu: gpu, extents, microseconds: time, line: event.line,
        isSustained: true)
    }
    if name.hasPrefix("nccl") {
      guard let (kind, extents) = collective(event) else { return nil }
      return row(.collective, kind, extents)
    }
    guard let identity = Self.identity(event), let operation = operations[identity],
      let called = operation["name"]?.text, let dims = operation["args"]?["Input Dims"]?.items
    else { return nil }
    let shapes = dims.map { $0.items.compactMap(\.number) }
    let isWide = (operation["args"]?["Input type"]?.texts ?? []).first == "c10::BFloat16"
    switch called {
    case "aten::mm", "aten::addmm", "aten::linear":
      guard isWide, isProduct(name), let extents = product(called, shapes) else { return nil }
      return row(.gemm, "bf16", extents)
    case "aten::rms_norm", "aten::_fused_rms_norm":
      guard isWide, let shape = shapes.first, let width = shape.last else { return nil }
      let kind = called == "aten::_fused_rms_norm" ? "pytorch_forward" : "torch_compile_forward"
      return row(.norm, kind, [shape.dropLast().reduce(1, *), width])
    case "aten::_flash_attention_forward", "flash_attn::_flash_attn_forward",
      "aten::_flash_attention_backward", "flash_attn::_flash_attn_backward":
      let isBackward = called.contains("backward")
      guard isWide, isMainAttention(name, isBackward),
        let extents = attention(operation, shapes, isBackward)
      else { return nil }
      return row(isBackward ? .attentionBackward : .attentionForward, "fa", extents)
    default: return nil
    }
  }

  /// Whether a kernel is the product itself and not a conversion or sum beside it.
  private func isProduct(_ name: String) -> Bool {
    let lower = name.lowercased()
    return !lower.contains("splitk")
      && ["gemm", "nvjet", "cutlass", "xmma"].contains(where: lower.contains)
  }

  /// Whether a kernel is the main one of attention.
  private func isMainAttention(_ name: String, _ isBackward: Bool) -> Bool {
    let lower = name.lowercased()
    guard lower.contains("flash") else { return false }
    guard isBackward else { return !lower.contains("combine") }
    return !isBesideBackward(name)
  }

  /// Whether a kernel prepares or finishes the main one of attention backward.
  private func isBesideBackward(_ name: String) -> Bool {
    let lower = name.lowercased()
    return ["dot_do_o", "convert", "preprocess", "postprocess"].contains(where: lower.contains)
  }

  private func product(_ called: String, _ shapes: [[Double]]) -> [Double]? {
    switch called {
    case "aten::mm":
      guard shapes.count >= 2, shapes[0].count == 2, shapes[1].count == 2 else { return nil }
      return [shapes[0][0], shapes[1][1], shapes[0][1]]
    case "aten::addmm":
      guard shapes.count >= 3, shapes[1].count == 2, shapes[2].count == 2 else { return nil }
      return [shapes[1][0], shapes[2][1], shapes[1][1]]
    default:
      guard shapes.count >= 2, let inner = shapes[0].last, shapes[1].count == 2 else { return nil }
      return [shapes[0].dropLast().reduce(1, *), shapes[1][0], inner]
    }
  }

  /// Sequences, heads, KV heads, head sizes, length and window of tensors [sequences, length,
  /// heads, size]; a gradient's first tensor is that of the output.
  private func attention(
    _ operation: LinedJSON, _ shapes: [[Double]], _ isBackward: Bool
  ) -> [Double]? {
    let tensors = Array(shapes.dropFirst(isBackward ? 1 : 0).prefix(3))
    guard tensors.count == 3, tensors.allSatisfy({ $0.count == 4 }),
      tensors[0][1] == tensors[1][1]
    else { return nil }
    let flags = (operation["args"]?["Concrete Inputs"]?.items ?? []).compactMap(\.text)
    // Without the written mask, whether half of the pairs are left out is unknown.
    guard let isCausal = flags.first(where: { $0 == "True" || $0 == "False" }).map({ $0 == "True" })
    else { return nil }
    let (query, key, value) = (tensors[0], tensors[1], tensors[2])
    return [
      query[0], query[2], key[2], query[3], value[3], query[1],
      isCausal ? AttentionWindow.causal : AttentionWindow.full,
    ]
  }

  private func collective(_ event: LinedJSON) -> (kind: String, extents: [Double])? {
    guard let arguments = event["args"], let ranks = arguments["Group size"]?.number, ranks > 1,
      ranks <= 8, let called = arguments["Collective name"]?.text,
      let width = elementBytes(arguments["dtype"]?.text ?? "")
    else { return nil }
    let sent = (arguments["In msg nelems"]?.number ?? 0) * width
    let received = (arguments["Out msg nelems"]?.number ?? 0) * width
    // As nccl-tests counts bytes: those of the larger side.
    let operations: [(part: String, kind: String)] = [
      ("allreduce", "all_reduce"), ("allgather", "all_gather"),
      ("reduce_scatter", "reduce_scatter"), ("all_to_all", "alltoall"),
    ]
    guard let kind = operations.first(where: { called.contains($0.part) })?.kind else { return nil }
    return ("\(kind)_\(Int(ranks))", [max(sent, received), ranks])
  }

  private func elementBytes(_ type: String) -> Double? {
    switch type {
    case "BFloat16", "Half", "c10::BFloat16": 2
    case "Float", "float": 4
    case "Byte", "Char", "Float8_e4m3fn": 1
    default: nil
    }
  }
}
