// A small service with a linear law of step times, in whole microseconds, as a file describes it:
// for checking schedulers, caches, routers and faults by hand or against other implementations.

import Text
import Units

/// A case to evaluate.
package struct ServiceCase: Decodable, Sendable {
  /// Microseconds of a step: a + b x prompt tokens + c x decode rows + d x cached tokens of all
  /// rows + e x drafts.
  package struct Law: Decodable, Hashable, Sendable {
    var a: Int
    var b: Int
    var c: Int
    var d: Int
    var e: Int?
  }

  /// An instance; absent keys have the defaults of its policy.
  package struct InstanceCase: Decodable, Sendable {
    var policy: String
    var role: PoolSpec.Role?
    var blocks: Int
    var blockSize: Int
    var maxSeqs: Int
    var maxLen: Int?
    var maxQueue: Int?
    var tokenBudget: Int?
    var prefixCaching: Bool?
    var chunked: Bool?
    var reserveFullPrompt: Bool?
    var longPrefillThreshold: Int?
    var priority: Bool?
    var drafts: Int?
    var chunk: Int?
    var mixed: Bool?
    var retractSteps: Int?
    var initRatio: String?
    var minRatioFactor: String?
    var decaySteps: Int?
    var reserveTokens: Int?
  }

  /// A request; prompts of a group are equal in their first `shared` tokens.
  package struct RequestCase: Decodable, Sendable {
    var id: String
    var arrival: Int
    var prompt: Int
    var output: Int
    var group: String?
    var shared: Int?
    var session: String?
    var priority: Int?
    var accept: [Int]?
  }

  /// The router; absent, requests go round.
  package struct RouterCase: Decodable, Sendable {
    var kind: RouterSpec.Kind
  }

  /// A fault that stops the unit of an instance.
  package struct FaultCase: Decodable, Sendable {
    var time: Int
    var instance: Int
  }

  /// Microseconds of a transfer: latency + per_token x tokens.
  package struct TransferCase: Decodable, Sendable {
    var latency: Int
    var perToken: Int
  }

  /// The name of the case.
  package var name: String
  var law: Law
  var instances: [InstanceCase]
  var requests: [RequestCase]
  var mode: Handover?
  var transfer: TransferCase?
  var router: RouterCase?
  /// Whether all instances are one unit.
  var lockstep: Bool?
  var faults: [FaultCase]?
  var onFailure: FailureSpec.Rule?
  var detect: Int?
  var restart: Int?
}

extension PoolSpec.Role: Decodable {}
extension RouterSpec.Kind: Decodable {}
extension Handover: Decodable {}
extension FailureSpec.Rule: Decodable {}

/// The law of a case.
struct LinearLaw: StepLaw {
  let law: ServiceCase.Law
  static let microsecond: Int64 = 1_000_000

  func time(of shape: StepShape, in unit: UnitShape) -> Int64 {
    let drafts = shape.decodeTokens - shape.decodes
    let context = shape.prefillContext + shape.decodeContext
    let sizes = [
      (law.a, 1), (law.b, shape.prefillTokens), (law.c, shape.decodes), (law.d, context),
      (law.e ?? 0, drafts),
    ]
    // A time beyond the clock stays beyond it.
    let rough = sizes.reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    guard rough < (ServiceClock.end - SimTime.zero).seconds * 1e6 else { return .max / 2 }
    return sizes.reduce(0) { $0 + Int64($1.0 * $1.1) } * Self.microsecond
  }

  func line(of shape: StepShape, in unit: UnitShape) -> StepSeries {
    StepSeries(
      start: time(of: shape, in: unit), perToken: Int64(law.d) * Self.microsecond, limit: .max)
  }
}

extension ServiceCase {
  /// The keys of an object of a case, by its name in the file; the case itself is `""`.
  package static let keys: [(object: String, names: [String])] = [
    (
      "",
      [
        "name", "about", "seed", "law", "instances", "requests", "mode", "transfer", "router",
        "lockstep", "faults", "on_failure", "detect", "restart", "expected",
      ]
    ),
    ("law", ["a", "b", "c", "d", "e"]),
    (
      "instances",
      [
        "policy", "role", "blocks", "block_size", "max_seqs", "max_len", "max_queue",
        "token_budget", "prefix_caching", "chunked", "reserve_full_prompt",
        "long_prefill_threshold", "priority", "drafts", "chunk", "mixed", "retract_steps",
        "init_ratio", "min_ratio_factor", "decay_steps", "reserve_tokens",
      ]
    ),
    (
      "requests",
      [
        "id", "arrival", "prompt", "output", "group", "shared", "session", "priority", "accept",
      ]
    ),
    ("router", ["kind"]), ("faults", ["time", "instance"]),
    ("transfer", ["latency", "per_token"]),
  ]

  /// A value of a case that cannot be simulated.
  package struct Problem: ExplainedError, Hashable {
    /// The path of the value, such as `instances[0].policy`.
    package var path: String
    /// What is wrong with it.
    package var message: String
    /// What is allowed instead.
    package var allowed: String

    package var explanations: [Explanation] {
      [Explanation(message, at: path, advice: "expected: \(allowed)")]
    }
  }

  /// The first value that cannot be simulated; nil if there is none.
  package var problem: Problem? {
    for (index, each) in instances.enumerated() {
      let path = "instances[\(index)]"
      if each.schedulerPolicy == nil {
        return Problem(
          path: path + ".policy", message: "\"\(each.policy)\" is not a policy",
          allowed: "fcfs, sglang, sglang_prefill, vllm")
      }
      for (name, value, range) in each.ranges {
        guard let value, !range.contains(value) else { continue }
        return Problem(
          path: "\(path).\(name)", message: "\"\(value)\" is out of range",
          allowed: "\(range.lowerBound) to \(range.upperBound)")
      }
      for (name, text) in [
        ("init_ratio", each.initRatio), ("min_ratio_factor", each.minRatioFactor),
      ] {
        guard let text, Ratio(text: text) == nil else { continue }
        return Problem(
          path: "\(path).\(name)", message: "\"\(text)\" is not a share",
          allowed: "a fraction such as 7/10")
      }
    }
    return layoutProblem ?? timeProblem ?? requestProblem
  }

  private var layoutProblem: Problem? {
    let roles = instances.map { $0.role ?? .colocated }
    let isApart = roles.contains(.prefill) || roles.contains(.decode)
    if instances.isEmpty {
      return Problem(path: "instances", message: "is empty", allowed: "at least one instance")
    }
    if isApart, !(roles.contains(.prefill) && roles.contains(.decode)) || mode == nil {
      return Problem(
        path: "mode", message: "prefill and decode instances need each other and a mode",
        allowed: "pull, push")
    }
    let policy: SchedulerSpec.Policy = mode == .push ? .sglang : .vllm
    if isApart, let index = instances.firstIndex(where: { $0.schedulerPolicy != policy }) {
      return Problem(
        path: "instances[\(index)].policy",
        message: "\"\(instances[index].policy)\" does not follow the mode",
        allowed: mode == .push ? "sglang, sglang_prefill" : "vllm")
    }
    if isApart, lockstep == true {
      return Problem(
        path: "lockstep", message: "prefill and decode instances are no unit", allowed: "false")
    }
    if isApart, roles.contains(.colocated) {
      return Problem(
        path: "instances", message: "an instance has no role", allowed: "prefill, decode")
    }
    for (index, fault) in (faults ?? []).enumerated() {
      if !instances.indices.contains(fault.instance) || !Self.times.contains(fault.time) {
        return Problem(
          path: "faults[\(index)]", message: "is not a time and an instance of the case",
          allowed: "an instance below \(instances.count), and a time of at most 1000000000000")
      }
    }
    return nil
  }

  private var requestProblem: Problem? {
    for (index, each) in requests.enumerated() {
      let path = "requests[\(index)]"
      if !Self.times.contains(each.arrival)
        || index > 0 && each.arrival < requests[index - 1].arrival
      {
        return Problem(
          path: path + ".arrival", message: "\"\(each.arrival)\" is before the request above",
          allowed: "microseconds in ascending order, at most 1000000000000")
      }
      for (name, value) in [("prompt", each.prompt), ("output", each.output)]
      where !(1...1_000_000).contains(value) {
        return Problem(
          path: "\(path).\(name)", message: "\"\(value)\" is out of range",
          allowed: "1 to 1000000 tokens")
      }
      if let shared = each.shared, !(0...each.prompt).contains(shared) {
        return Problem(
          path: path + ".shared", message: "\"\(shared)\" tokens are not in the prompt",
          allowed: "0 to \(each.prompt)")
      }
      if let accept = each.accept?.first(where: { !(0...64).contains($0) }) {
        return Problem(
          path: path + ".accept", message: "\"\(accept)\" is out of range", allowed: "0 to 64")
      }
    }
    return nil
  }

  /// Times of a case, microseconds.
  private static let times = 0...1_000_000_000_000

  private var timeProblem: Problem? {
    let limit = 0...1_000_000
    let values: [(path: String, value: Int?, range: ClosedRange<Int>)] = [
      ("law.a", law.a, 0...1_000_000_000), ("law.b", law.b, limit), ("law.c", law.c, limit),
      ("law.d", law.d, limit), ("law.e", law.e, limit),
      ("transfer.latency", transfer?.latency, 0...1_000_000_000),
      ("transfer.per_token", transfer?.perToken, 0...100_000), ("detect", detect, Self.times),
      ("restart", restart, Self.times),
    ]
    for (path, value, range) in values {
      guard let value, !range.contains(value) else { continue }
      return Problem(
        path: path, message: "\"\(value)\" is out of range",
        allowed: "\(range.lowerBound) to \(range.upperBound) microseconds")
    }
    return nil
  }
}

extension Ratio {
  /// A fraction such as `7/10`, or a whole number; nil for other texts.
  init?(text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard let numerator = parts.first ?? nil, parts.count <= 2 else { return nil }
    let denominator = parts.count == 2 ? parts[1] : 1
    guard let denominator, (1...10_000).contains(denominator),
      (0...denominator).contains(numerator)
    else { return nil }
    self.init(numerator, denominator)
  }

  /// The fraction as `7/10`, a whole number without denominator.
  var text: String { denominator == 1 ? "\(numerator)" : "\(numerator)/\(denominator)" }
}
