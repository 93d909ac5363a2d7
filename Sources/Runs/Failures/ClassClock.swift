// The clocks of all components of a class, as one: the next failure among them.
//
// Exponential clocks are superposed: one Poisson clock, and a component drawn evenly. Clocks with
// another law are kept one by one, each with its own random stream. Only those that fail before a
// horizon are held in a heap; when time passes the horizon, those up to twice as far follow, from
// the same random numbers. Both are exact.

import Numerics
import Units

/// The next failure of a class.
struct ClassClock {
  /// A component and the time at which it fails.
  struct Failure {
    var time: Double
    var component: Int
    /// The random numbers of the component's later lives.
    var stream: RandomStream
  }

  /// The time of the next failure, seconds of the clock's own time; nil if there is none.
  private(set) var next: Double?
  private let law: FailureClass.Law
  private let age: FailureClass.Age
  private let count: Int
  private let seed: UInt64
  private let purpose: RandomPurpose
  private var gaps: RandomStream
  private var choice: RandomStream
  private var moment = 0
  private var heap: [Failure] = []
  private var horizon = 0.0

  /// - Parameters:
  ///   - count: components with a clock.
  ///   - seed: seed of the replication.
  ///   - expected: seconds that the run is expected to take, for the first horizon.
  init(_ item: FailureClass, count: Int, seed: UInt64, expected: Double) {
    law = item.law
    age = item.age
    self.count = count
    self.seed = seed
    purpose = RandomPurpose("runs.life." + item.name)
    gaps = RandomStream(seed: seed, purpose: RandomPurpose("runs.gap." + item.name))
    choice = RandomStream(seed: seed, purpose: RandomPurpose("runs.unit." + item.name))
    guard count > 0 else { return }
    switch law {
    case .life(.exponential(let mean)):
      next = RunSeconds.rounded(gaps.exponential(mean: mean / Double(count)))
    case .life(let life):
      extend(life, to: 2 * max(expected, 1))
      refill(life)
    case .moments(let moments): next = moments.first.map(RunSeconds.rounded)
    }
  }

  /// Takes the next failure and draws the one after it; the component that fails is replaced.
  mutating func pop() -> (time: Double, component: Int) {
    guard let time = next else { preconditionFailure("a clock without failures is not read") }
    switch law {
    case .life(.exponential(let mean)):
      next = time + RunSeconds.rounded(gaps.exponential(mean: mean / Double(count)))
      return (time, choice.index(below: count))
    case .life(let life):
      var failure = heap[0]
      failure.time +=
        RunSeconds.rounded(life.failureAge(after: 0, probability: failure.stream.uniform()))
      let component = failure.component
      heap[0] = failure
      sink(0)
      refill(life)
      return (time, component)
    case .moments(let moments):
      moment += 1
      next = moment < moments.count ? RunSeconds.rounded(moments[moment]) : nil
      return (time, choice.index(below: count))
    }
  }

  // MARK: Components one by one

  /// Makes the earliest failure of the heap the next one, after every component that fails before.
  private mutating func refill(_ life: Life) {
    while heap.first.map({ $0.time > horizon }) ?? true {
      guard horizon < RunSeconds.longest else { break }
      extend(life, to: 2 * horizon)
    }
    next = heap.first?.time
  }

  /// Adds the components whose first failure lies between the horizon and a later one.
  private mutating func extend(_ life: Life, to end: Double) {
    let low = horizon == 0 ? -1 : failedShare(life, by: horizon)
    let high = failedShare(life, by: end)
    for component in 0..<count {
      var stream = RandomStream(seed: seed, purpose: purpose, entity: component)
      let uniform = stream.uniform()
      guard low < uniform, uniform <= high else { continue }
      let time = RunSeconds.rounded(firstFailure(life, uniform))
      heap.append(Failure(time: time, component: component, stream: stream))
      rise(heap.count - 1)
    }
    horizon = end
  }

  /// The probability that a component's first failure lies before a time.
  private func failedShare(_ life: Life, by time: Double) -> Double {
    switch age {
    case .new: 1 - life.survival(time)
    case .stationary: life.stationaryShare(before: time)
    case .seconds(let age): life.failedShare(after: age, within: time)
    }
  }

  /// The time of the first failure for a probability.
  private func firstFailure(_ life: Life, _ uniform: Double) -> Double {
    switch age {
    case .new: life.failureAge(after: 0, probability: uniform)
    case .stationary: life.stationaryTime(probability: uniform)
    case .seconds(let age): life.failureAge(after: age, probability: uniform) - age
    }
  }

  /// Whether a failure precedes another: ties go to the lower component.
  private func isBefore(_ first: Int, _ second: Int) -> Bool {
    (heap[first].time, heap[first].component) < (heap[second].time, heap[second].component)
  }

  private mutating func rise(_ start: Int) {
    var place = start
    while place > 0, isBefore(place, (place - 1) / 2) {
      heap.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  private mutating func sink(_ start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
        if isBefore(child, least) { least = child }
      }
      guard least != place else { return }
      heap.swapAt(place, least)
      place = least
    }
  }
}
