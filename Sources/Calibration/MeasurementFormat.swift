// The formats of files, and how each is told by its text.

import KernelTimes

/// A kind of file with measurements.
package enum MeasurementFormat: String, CaseIterable, Sendable {
  case table = "CSV of class, kind, gpu"
  case aiconfigurator = "aiconfigurator table"
  case ncclJSON = "nccl-tests JSON"
  case profiler = "PyTorch profiler trace"
  case ncclText = "nccl-tests text"
  case deepGEMM = "DeepGEMM test output"
  case deepEP = "DeepEP test output"
  case flashMLA = "FlashMLA test output"
  case flashAttention = "FlashAttention benchmark output"

  /// The format of a text; nil if it is none of these.
  package static func of(_ text: String) -> MeasurementFormat? {
    allCases.first { $0.isFormat(of: text) }
  }

  private func isFormat(of text: String) -> Bool {
    switch self {
    case .table: PlainTable.isHeader(firstLine(text))
    case .aiconfigurator: AiconfiguratorTable.isHeader(firstLine(text))
    case .ncclJSON: isJSON(text) && text.contains("\"out_of_place\"")
    case .profiler: isJSON(text) && text.contains("\"traceEvents\"")
    case .ncclText: text.contains("algbw") && text.contains("busbw")
    case .deepGEMM: text.contains("> Perf")
    case .deepEP:
      ["Dispatch bandwidth:", "[tuning] Best", "| dispatch:"].contains { text.contains($0) }
    case .flashMLA: text.contains("mean_sk=")
    case .flashAttention: text.contains("causal") && text.contains("headdim")
    }
  }

  /// The rows of a text.
  ///
  /// - Parameters:
  ///   - text: content of a file in this format.
  ///   - name: of the file, from which some formats take the operation.
  package func read(_ text: String, name: String) -> Reading {
    switch self {
    case .table: PlainTable.read(text)
    case .aiconfigurator: AiconfiguratorTable.read(text, name: name)
    case .ncclJSON: NCCLResults.read(json: text, name: name)
    case .profiler: ProfilerTrace.read(text)
    case .ncclText: NCCLResults.read(text: text, name: name)
    case .deepGEMM: DeepGEMMOutput.read(text)
    case .deepEP: DeepEPOutput.read(text)
    case .flashMLA: AttentionOutput.read(mla: text)
    case .flashAttention: AttentionOutput.read(flash: text)
    }
  }

  private func isJSON(_ text: String) -> Bool {
    text.utf8.first { $0 != 0x20 && $0 != 0x0a && $0 != 0x0d && $0 != 0x09 } == 0x7b
  }

  /// The first line that is no comment.
  private func firstLine(_ text: String) -> Substring {
    text.split(whereSeparator: \.isNewline).first { !$0.hasPrefix("#") } ?? ""
  }
}
