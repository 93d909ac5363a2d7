// The formats of public request traces, and which of them a file has.
// Sources: Mooncake, FAST25-release/traces (README); alibaba-edu/qwen-bailian-usagetraces-anon;
// Azure/AzurePublicDataset (AzureLLMInferenceDataset2023.md, 2024.md); HPMLL/BurstGPT (README);
// alibaba/ServeGen (data/, servegen/clientpool.py).

/// A format of request traces.
package enum TraceFormat: String, CaseIterable, Hashable, Sendable {
  /// JSON lines with `timestamp` in ms, `input_length`, `output_length` and `hash_ids`, one for
  /// each 512 tokens of the prompt.
  case mooncake
  /// JSON lines with `timestamp` in s, `chat_id`, `parent_chat_id` (-1 for none), `input_length`,
  /// `output_length`, `type` and `hash_ids`, one for each 16 tokens of the prompt.
  case bailian
  /// CSV `TIMESTAMP,ContextTokens,GeneratedTokens` with dates and times.
  case azure
  /// CSV with `Timestamp` in s, `Request tokens` and `Response tokens`; requests without a response
  /// failed.
  case burstgpt
  /// A folder with `chunk-N-trace` (CSV) and `chunk-N-dataset` (JSON) of each client.
  case servegen
  /// CSV with `arrival_s`, `prompt_tokens`, `output_tokens`, and optionally `class`, `session` and
  /// `priority`.
  case csv

  /// Whether stamps are so coarse that requests with equal ones are spread over the interval.
  package var isCoarse: Bool { self == .mooncake || self == .burstgpt }

  /// The format of a file by its first line; nil if it is not one of these.
  init?(ofFile first: String) {
    let line = first.lowercased().filter { $0 != " " && $0 != "\"" }
    if line.hasPrefix("{") {
      guard line.contains("input_length") else { return nil }
      self = line.contains("chat_id") ? .bailian : .mooncake
      return
    }
    let columns = line.split(separator: ",")
    if columns.contains("contexttokens") {
      self = .azure
    } else if columns.contains("requesttokens") {
      self = .burstgpt
    } else if columns.contains("arrival_s") {
      self = .csv
    } else {
      return nil
    }
  }
}

/// How a trace is used.
package struct TraceOptions: Hashable, Sendable {
  /// The format; nil to recognise it.
  package var format: TraceFormat?
  /// Whether requests with equal stamps are spread evenly from their stamp on over the smallest
  /// distance of two stamps; nil for formats with coarse ones.
  package var spreads: Bool?
  /// Factor of the rate: times are divided by it, so that a trace is shorter; ServeGen's clients
  /// send more instead.
  package var scale = 1.0
  /// The second of the trace from which it is used, before its times are scaled; it becomes time 0.
  package var start = 0.0
  /// Seconds of the trace that are used; nil to its end.
  package var duration: Double?
  /// Requests to use at most; nil for all.
  package var limit: Int?

  package init() {}
}
