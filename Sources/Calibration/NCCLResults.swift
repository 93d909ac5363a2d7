// Results of nccl-tests, as text and as JSON (-J): collectives of the GPUs of one node. Times are
// those out of place.
//
//   # Collective test starting: all_reduce_perf
//   #  Rank  0 Group  0 Pid  4711 on  node1 device  0 [0000:1b:00] NVIDIA H100 80GB HBM3
//      1048576  262144  float  sum  -1  25.43  41.23  72.16  0  25.31  41.43  72.50  0

import KernelTimes
import Text

/// Reads results of nccl-tests.
enum NCCLResults {
  /// Collectives with rows, by the tests' names.
  private static let operations: [(test: String, kind: String)] = [
    ("all_reduce", "all_reduce"), ("all_gather", "all_gather"),
    ("reduce_scatter", "reduce_scatter"), ("alltoall", "alltoall"),
  ]
  private static let unknownOperation =
    "no collective is named: name the file after it, such as all_gather.txt"
  private static let severalNodes = "collectives between nodes follow the flow model"

  static func read(text: String, name: String) -> Reading {
    var reading = Reading()
    var operation = operation(in: name)
    var (hosts, ranks, gpu): ([Substring], Int, String?) = ([], 0, nil)
    for (line, text) in numberedLines(text) {
      if text.hasPrefix("#") {
        if text.contains("_perf") { operation = self.operation(in: String(text)) ?? operation }
        if text.contains("nThread") { (hosts, ranks) = ([], 0) }
        if let device = text.firstMatch(
          of: #/# +Rank +\d+ .* on +(\S+) +device +\d+ +\[\S+\] (.+)/#)
        {
          ranks += 1
          if !hosts.contains(device.1) { hosts.append(device.1) }
          gpu = String(trimmed(device.2))
        }
        continue
      }
      let words = text.split(separator: " ")
      guard words.count >= 9, let bytes = Double(words[0]) else { continue }
      guard let operation else {
        reading.leaveOut(line, .refused, unknownOperation)
        continue
      }
      guard ranks > 1 else {
        reading.leaveOut(line, .refused, "no list of at least two ranks stands above")
        continue
      }
      guard hosts.count == 1 || isOneDomain(gpu) else {
        reading.leaveOut(line, .unused, severalNodes)
        continue
      }
      // Before the four numbers out of place and the four in place stand size, count and type;
      // some versions and tests print no operator, no root or neither.
      let place = words.count - 8
      guard (3...5).contains(place), let time = Double(words[place]) else {
        reading.leaveOut(line, .refused, "no time out of place")
        continue
      }
      take(bytes, time, ranks, operation, gpu, line, &reading)
    }
    return reading
  }

  static func read(json text: String, name: String) -> Reading {
    var reading = Reading()
    let document: LinedJSON
    do { document = try LinedJSON(reading: text) } catch {
      reading.leaveOut(error.line, .refused, error.message)
      return reading
    }
    let devices = document["devices"]?.items ?? []
    let hosts = devices.reduce(into: [String]()) { hosts, device in
      if let host = device["host"]?.text ?? device["hostname"]?.text, !hosts.contains(host) {
        hosts.append(host)
      }
    }
    let gpu = devices.first.flatMap { device in
      device.texts.first { GPUName.catalogue($0) != nil } ?? device["name"]?.text
    }
    let operation =
      document.members.filter { $0.name != "results" }.flatMap(\.value.texts).lazy
      .compactMap { self.operation(in: $0) }.first ?? operation(in: name)
    for result in document["results"]?.items ?? [] {
      let line = result.line
      guard let operation else {
        reading.leaveOut(line, .refused, unknownOperation)
        continue
      }
      guard devices.count > 1 else {
        reading.leaveOut(line, .refused, "no list of at least two devices")
        continue
      }
      guard hosts.count <= 1 || isOneDomain(gpu) else {
        reading.leaveOut(line, .unused, severalNodes)
        continue
      }
      guard let bytes = result["size"]?.number, let time = result["out_of_place"]?["time"]?.number
      else {
        reading.leaveOut(line, .refused, "no size or no time out of place")
        continue
      }
      take(bytes, time, devices.count, operation, gpu, line, &reading)
    }
    return reading
  }

  private static func take(
    _ bytes: Double, _ time: Double, _ ranks: Int, _ operation: String, _ gpu: String?,
    _ line: Int, _ reading: inout Reading
  ) {
    guard bytes > 0 else { return reading.leaveOut(line, .unused, "messages of no bytes") }
    reading.rows.append(
      TakenRow(
        .collective, "\(operation)_\(ranks)", gpu: gpu, [bytes, Double(ranks)], microseconds: time,
        line: line))
  }

  private static func operation(in text: String) -> String? {
    operations.first { text.contains($0.test) }?.kind
  }

  /// Whether hosts of a GPU share one NVLink domain.
  private static func isOneDomain(_ gpu: String?) -> Bool {
    guard let gpu, let name = GPUName.catalogue(gpu) else { return false }
    return name.hasPrefix("gb")
  }
}
