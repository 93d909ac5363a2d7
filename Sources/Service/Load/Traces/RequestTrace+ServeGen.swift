// A load of ServeGen clients: each sends requests of its own, and all together are the trace.

import Text
import Units

extension RequestTrace {
  /// A request before all clients' are in order.
  private struct Draft {
    var arrival: Int64
    var client: Int32
    /// Number of the client's request.
    var order: Int32
    var prompt: Int32
    var output: Int32
  }

  /// Most requests that clients are expected to send: memory for more is not at hand.
  private static let mostRequests = 20_000_000.0

  /// Draws the requests of all clients.
  ///
  /// Gaps follow the law of the window in which they begin, with a mean of 1, and are stretched by
  /// the rates of the windows that they pass, so that as many requests come as the rates say. The
  /// first one is that of a process which has run before.
  ///
  /// - Throws: `RequestTraceProblem` if there are no requests.
  /// - Complexity: O(n log n) in the requests until the end of the part to use.
  package init(
    clients: [ServeGenClient], folder: String, options: TraceOptions, seed: UInt64
  ) throws(RequestTraceProblem) {
    self.init(format: .servegen)
    let end = options.duration.map { options.start + $0 } ?? GeneratedLoad.horizonSeconds
    let part = options.start..<max(options.start, end)
    let expected = clients.reduce(0) { $0 + $1.requests(in: part) } * options.scale
    guard expected <= Self.mostRequests else {
      throw RequestTraceProblem(
        "its clients send \(significantText(expected)) requests in the part to use", folder,
        "expected: at most \(Int(Self.mostRequests)), for example by a duration under service.load")
    }
    var drafts: [Draft] = []
    drafts.reserveCapacity(Int(expected * 1.02) + 100)
    for (index, client) in clients.enumerated() {
      Self.draw(client, index, options, until: end, seed, into: &drafts)
    }
    guard !drafts.isEmpty else {
      throw RequestTraceProblem("its clients send no requests in the part to use", folder)
    }
    drafts.sort { ($0.arrival, $0.client, $0.order) < ($1.arrival, $1.client, $1.order) }
    requests = drafts.prefix(options.limit ?? Int.max).map { draft in
      ServiceRequest(
        arrival: SimTime(picoseconds: draft.arrival), prompt: Int(draft.prompt),
        output: Int(draft.output))
    }
  }

  private static func draw(
    _ client: ServeGenClient, _ index: Int, _ options: TraceOptions, until end: Double,
    _ seed: UInt64, into drafts: inout [Draft]
  ) {
    guard let first = client.windows.first(where: { $0.rate > 0 }) else { return }
    func purpose(_ name: String) -> RandomPurpose { RandomPurpose("servegen.\(name).\(index)") }
    let gaps = purpose("gaps")
    var prompts = RandomStream(seed: seed, purpose: purpose("prompts"))
    var outputs = RandomStream(seed: seed, purpose: purpose("outputs"))
    var cursor = client.profile.cursor
    var start = RandomStream(seed: seed, purpose: gaps)
    var gap = first.gaps.firstGap(&start)
    var count = 0
    while let time = cursor.advance(by: gap / options.scale), time < end {
      count += 1
      var stream = RandomStream(seed: seed, purpose: gaps, entity: count)
      gap = client.windows[cursor.piece].gaps.gap(&stream)
      let (prompt, output) = (prompts.uniform(), outputs.uniform())
      guard time >= options.start, let lengths = client.lengths(at: time) else { continue }
      drafts.append(
        Draft(
          arrival: SimDuration(seconds: time - options.start).picoseconds, client: Int32(index),
          order: Int32(count),
          prompt: Int32(lengths.prompt.length(at: prompt)),
          output: Int32(lengths.output.length(at: output))))
    }
  }
}
