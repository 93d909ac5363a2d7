// The hold model on swift-collections' Heap: 16-byte entries ordered by time, then sequence number.
// Prints one line per population: name, population, events/s of user CPU time, checksum.
// Usage: HeapPeer EVENTS RUNS POPULATION...

import Glibc
import HeapModule

struct Entry: Comparable {
  var time: UInt64
  var order: UInt64

  static func < (a: Entry, b: Entry) -> Bool {
    a.time != b.time ? a.time < b.time : a.order < b.order
  }
}

func userSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) * 1e-6
}

struct HoldModel {
  var heap = Heap<Entry>()
  var stream = Stream(seed: 1, purpose: "benchmark.hold")
  var sequence: UInt64 = 0
  var checksum: UInt64 = 0

  init(population: Int) {
    for process in 0..<population { push(time: stream.delay(), process: UInt64(process)) }
  }

  mutating func push(time: UInt64, process: UInt64) {
    heap.insert(Entry(time: time, order: sequence &<< 24 | process))
    sequence &+= 1
  }

  mutating func run(events: Int) {
    for _ in 0..<events {
      guard let entry = heap.popMin() else { preconditionFailure("the heap is never empty") }
      checksum &+= entry.time
      push(time: entry.time &+ stream.delay(), process: entry.order & 0xff_ffff)
    }
  }
}

let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
guard numbers.count >= 3 else { exit(64) }
let (events, runs) = (numbers[0], numbers[1])
for population in numbers.dropFirst(2) {
  var model = HoldModel(population: population)
  model.run(events: events)
  var least = Double.infinity
  var checksum: UInt64?
  for _ in 0..<runs {
    let start = userSeconds()
    model.run(events: events)
    least = min(least, userSeconds() - start)
    checksum = checksum ?? model.checksum
  }
  let rate = Int(Double(events) / least)
  print("swift-collections-Heap \(population) \(rate) \(hexadecimal(checksum ?? 0))")
}

func hexadecimal(_ value: UInt64) -> String {
  let digits = String(value, radix: 16)
  return String(repeating: "0", count: 16 - digits.count) + digits
}
