// The requests of a file, or of a folder of ServeGen's clients.

import Service
import Text

extension ServiceResolver {
  /// The requests of the file; nil, with problems reported, if it is not a usable trace.
  func trace(
    _ written: Fields, _ arrivals: ServiceLoadKeys.Arrivals?, _ classes: [TrafficClass]?
  ) -> LoadSpec? {
    guard let name = written.given(ServiceLoadKeys.file), let options = options(written),
      let trace = read(ReferredFile(name, folder: around.folder), options),
      let classes, let requests = requests(of: trace, name, classes)
    else { return nil }
    var load = LoadSpec(requests: requests)
    if arrivals == .closedLoop {
      guard let users = written.given(ServiceLoadKeys.users) else { return nil }
      load.arrivals = .closedLoop(
        users: users, thinkTime: written.given(ServiceLoadKeys.thinkTime)?.duration ?? .zero)
    }
    return load
  }

  private func options(_ written: Fields) -> TraceOptions? {
    guard let scale = written.value(ServiceLoadKeys.scale),
      let start = written.value(ServiceLoadKeys.start),
      !written.isRefused(ServiceLoadKeys.format), !written.isRefused(ServiceLoadKeys.spread),
      !written.isRefused(ServiceLoadKeys.requests), !written.isRefused(ServiceLoadKeys.duration)
    else { return nil }
    var options = TraceOptions()
    options.format = written.given(ServiceLoadKeys.format)
    options.spreads = written.given(ServiceLoadKeys.spread)
    options.scale = scale
    options.start = start.value
    options.duration = written.given(ServiceLoadKeys.duration)?.value
    options.limit = written.given(ServiceLoadKeys.requests)
    return options
  }

  private func read(_ file: ReferredFile, _ options: TraceOptions) -> RequestTrace? {
    let key = "service.load.file"
    do {
      if file.isFolder {
        guard options.format ?? .servegen == .servegen else {
          problems.add(
            "service.load.format",
            "\"\(options.format?.rawValue ?? "")\" is the format of a file,"
              + " and \(quoted(file.name)) is a folder", allowed: "expected: servegen")
          return nil
        }
        return try RequestTrace(
          clients: try clients(file), folder: file.name, options: options, seed: around.seed)
      }
      let bytes = try file.bytes(limit: Self.byteLimit, content: "requests")
      return try RequestTrace(bytes, file: file.name, options: options)
    } catch let problem as RequestTraceProblem {
      problems.add(problem, key)
    } catch let problem as ValueProblem {
      problems.add(problem, key)
    } catch {
      problems.add(key, "\(error)")
    }
    return nil
  }

  /// The clients of a folder, in the order of their numbers.
  private func clients(_ folder: ReferredFile) throws -> [ServeGenClient] {
    let files = folder.chunks
    guard !files.isEmpty else {
      throw ValueProblem(
        "\(quoted(folder.name)) has no clients of ServeGen",
        allowed: "expected: a folder with chunk-0-trace and chunk-0-dataset, as they are in a"
          + " category of ServeGen's data")
    }
    return try files.map { files in
      try ServeGenClient(
        trace: try files.trace.bytes(limit: Self.byteLimit, content: "rates"),
        traceFile: files.trace.name,
        dataset: try files.dataset.bytes(limit: Self.byteLimit, content: "lengths"),
        datasetFile: files.dataset.name)
    }
  }

  /// The requests of a trace with the classes of the service.
  private func requests(
    of trace: RequestTrace, _ name: String, _ classes: [TrafficClass]
  ) -> [ServiceRequest]? {
    guard fields.isWritten(ServiceKeys.classes) else {
      // Without classes in the scenario, all requests are alike.
      return trace.requests.map { request in
        var request = request
        request.trafficClass = 0
        return request
      }
    }
    let names = classes.map(\.name)
    var indices: [Int] = []
    for word in trace.classes {
      guard let index = names.firstIndex(of: word) else {
        problems.add(
          ValueProblem(
            "\(quoted(name)) has requests of class \(quoted(word)), which is not one of classes",
            allowed: "known: " + names.joined(separator: ", "),
            suggestion: nearest(to: word, among: names)), "service.load.file")
        continue
      }
      indices.append(index)
    }
    guard indices.count == trace.classes.count else { return nil }
    if trace.classes.isEmpty, names.count > 1 {
      problems.add(
        "service.classes",
        "are \(names.count), but the requests of \(quoted(name)) have no classes",
        allowed: "expected: one class, or objectives instead of classes")
      return nil
    }
    let priorities = priorities(trace, name)
    return trace.requests.map { request in
      var request = request
      request.trafficClass = indices.isEmpty ? 0 : indices[request.trafficClass]
      if let priorities { request.priority = priorities[request.trafficClass] }
      return request
    }
  }

  /// The priority of each class; nil if the requests have their own. Reports keys of classes that
  /// have no effect on the requests of a file.
  private func priorities(_ trace: RequestTrace, _ name: String) -> [Int]? {
    let entries = fields.given(ServiceKeys.classes) ?? []
    let lengths = [
      TrafficClassKeys.share.name, TrafficClassKeys.prompt.name, TrafficClassKeys.output.name,
    ]
    let useless = lengths + (trace.hasPriorities ? [TrafficClassKeys.priority.name] : [])
    for (index, entry) in entries.enumerated() {
      for key in useless where entry.names.contains(key) {
        problems.add(
          "service.classes[\(index)].\(key)",
          "has no effect: the requests of \(quoted(name)) have their own",
          allowed: "expected: absent")
      }
    }
    return trace.hasPriorities
      ? nil : entries.map { $0.value(TrafficClassKeys.priority) ?? 0 }
  }

  /// Maximum size of a file, in bytes.
  private static let byteLimit = 1 << 30
}
