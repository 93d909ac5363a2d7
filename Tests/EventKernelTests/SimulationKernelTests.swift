@testable import EventKernel
import Testing
import Units

/// An event that carries a number.
struct Numbered: EventPayload, Equatable {
  var number: Int
  var fingerprintWord: UInt64 { UInt64(bitPattern: Int64(number)) }

  init(_ number: Int) { self.number = number }
}

func at(_ picoseconds: Int64) -> SimTime { SimTime(picoseconds: picoseconds) }

/// The numbers of all remaining events, in the order of execution.
func drained<Queue: EventQueue & ~Copyable>(
  _ kernel: inout SimulationKernel<Numbered, Queue>
) -> [Int] {
  var numbers: [Int] = []
  while let event = kernel.next() { numbers.append(event.payload.number) }
  return numbers
}

/// An incorrect queue: it yields the latest entry first.
struct LatestFirstQueue: EventQueue {
  private var held: [QueuedEvent] = []

  init() {}

  var count: Int { held.count }

  mutating func push(_ event: QueuedEvent) {
    held.append(event)
    held.sort()
  }
  mutating func popFirst() -> QueuedEvent? { held.popLast() }
  mutating func removeAll(where isStale: (QueuedEvent) -> Bool) { held.removeAll(where: isStale) }
}

@Suite("The kernel runs events in order")
struct SimulationKernelTests {
  @Test("events at one instant run by priority, then in the order of scheduling")
  func ties() {
    var kernel = Kernel<Numbered>()
    kernel.schedule(at: at(5), priority: .last, Numbered(5))
    kernel.schedule(at: at(5), Numbered(2))
    kernel.schedule(at: at(5), Numbered(3))
    kernel.schedule(at: at(9), priority: .first, Numbered(6))
    kernel.schedule(at: at(5), priority: .first, Numbered(1))
    kernel.schedule(at: at(5), Numbered(4))

    let order = drained(&kernel)

    #expect(order == [1, 2, 3, 4, 5, 6])
  }

  @Test("an event scheduled for now by an event of now runs after those already waiting")
  func zeroDelay() {
    var kernel = Kernel<Numbered>()
    for number in 1...20 { kernel.schedule(at: at(7), Numbered(number)) }

    let first = kernel.next()
    kernel.schedule(after: .zero, Numbered(21))

    let rest = drained(&kernel)
    #expect(first?.payload == Numbered(1))
    #expect(rest == Array(2...21))
    #expect(kernel.now == at(7))
  }

  @Test("running through a time executes the events at that time and leaves the clock at the last")
  func through() {
    var kernel = Kernel<Numbered>()
    for number in 1...30 { kernel.schedule(at: at(Int64(number) * 10), Numbered(number)) }

    var seen: [Int] = []
    while let event = kernel.next(through: at(125)) { seen.append(event.payload.number) }
    while let event = kernel.next(through: at(150)) { seen.append(event.payload.number) }

    #expect(seen == Array(1...15))
    #expect(kernel.now == at(150))
    let timeOfNext = kernel.timeOfNext()
    kernel.schedule(at: at(155), Numbered(0))
    let rest = drained(&kernel)
    let timeAfterLast = kernel.timeOfNext()
    #expect(timeOfNext == at(160))
    #expect(rest == [0] + Array(16...30))
    #expect(timeAfterLast == nil)
  }

  @Test("a simulation changes its state through inout, up to a limit or to the end")
  func simulation() {
    struct Countdown {
      var left: Int
      var times: [Int64] = []

      mutating func handle(_ event: Event<Numbered>, in kernel: inout Kernel<Numbered>) {
        times.append(event.time.picoseconds)
        left -= 1
        if left > 0 { kernel.schedule(after: SimDuration(picoseconds: 10), event.payload) }
      }
    }
    var kernel = Kernel<Numbered>()
    var countdown = Countdown(left: 5)
    kernel.schedule(at: at(0), Numbered(0))

    while let event = kernel.next(through: at(20)) { countdown.handle(event, in: &kernel) }
    #expect(countdown.times == [0, 10, 20])
    while let event = kernel.next() { countdown.handle(event, in: &kernel) }

    #expect(countdown.times == [0, 10, 20, 30, 40])
  }
}

@Suite("The kernel keeps its invariants")
struct KernelInvariantTests {
  /// Schedules, cancels and runs at random; checks INV-1 and INV-2 on the way.
  private func exercise<Queue: EventQueue & ~Copyable>(
    _: Queue.Type, seed: UInt64
  ) -> (fingerprint: Fingerprint, counts: EventCounts) {
    var random = RandomStream(seed: seed, purpose: RandomPurpose("test.kernel"))
    var kernel = SimulationKernel<Numbered, Queue>()
    var handles: [EventHandle] = []
    var isDone: [Bool] = []
    var last = SimTime.zero
    var executed = 0
    var cancelled = 0
    for step in 0..<30_000 {
      let choice = random.index(below: 10)
      if choice < (step / 3_000 % 2 == 0 ? 6 : 4) {
        // Few distinct delays, so that many times are equal.
        let delay = SimDuration(picoseconds: Int64(random.index(below: 20)) * 1_000)
        let priority = EventPriority(level: UInt8(random.index(below: 8)))
        handles.append(
          kernel.schedule(after: delay, priority: priority, Numbered(handles.count)))
        isDone.append(false)
      } else if choice < 8 {
        if let event = kernel.next() {
          #expect(event.time >= last, "INV-1, seed \(seed)")
          #expect(!isDone[event.payload.number], "ran twice or after its cancellation")
          isDone[event.payload.number] = true
          last = event.time
          executed += 1
        }
      } else if !handles.isEmpty {
        let victim = random.index(below: handles.count)
        let isCancelled = kernel.cancel(handles[victim])
        #expect(isCancelled != isDone[victim], "seed \(seed), step \(step)")
        if isCancelled { cancelled += 1 }
        isDone[victim] = true
      }
    }
    let counts = kernel.counts
    #expect(counts.scheduled == handles.count)
    #expect(counts.executed == executed)
    #expect(counts.cancelled == cancelled)
    #expect(counts.pending == isDone.count { !$0 })
    #expect(counts.pending == kernel.pendingCount)
    #expect(counts.scheduled == counts.executed + counts.cancelled + counts.pending)
    let rest = drained(&kernel)
    #expect(rest.count == counts.pending)
    return (kernel.fingerprint, counts)
  }

  @Test(
    "INV-2: every event is executed, cancelled or pending, and INV-1 holds on the way",
    arguments: [1, 2, 3, 4])
  func accounting(seed: UInt64) {
    let calendar = exercise(CalendarQueue.self, seed: seed)
    let heap = exercise(FourAryHeap.self, seed: seed)

    #expect(calendar.counts.cancelled > 1_000)
    #expect(calendar.fingerprint == heap.fingerprint)
  }

  @Test("INV-1: an event before the clock stops the program")
  func scheduledInThePast() async {
    // Before other tests that wait for a core: a thread spins until the exit is noticed.
    await Task(priority: .high) {
      await #expect(processExitsWith: .failure) {
        var kernel = Kernel<Numbered>()
        kernel.schedule(at: SimTime(picoseconds: 10), Numbered(0))
        _ = kernel.next()
        kernel.schedule(at: SimTime(picoseconds: 9), Numbered(1))
      }
    }.value
  }

  @Test("INV-1: a queue that yields events out of order stops the program")
  func wrongQueue() async {
    // Before other tests that wait for a core: a thread spins until the exit is noticed.
    await Task(priority: .high) {
      await #expect(processExitsWith: .failure) {
        var kernel = SimulationKernel<Numbered, LatestFirstQueue>()
        kernel.schedule(at: SimTime(picoseconds: 10), Numbered(0))
        kernel.schedule(at: SimTime(picoseconds: 9), Numbered(1))
        while kernel.next() != nil {}
      }
    }.value
  }

  @Test("INV-10: a superseded wake-up has no effect")
  func supersededWakeUp() throws {
    var kernel = Kernel<Numbered>()
    var wakeUp: EventHandle?
    kernel.reschedule(&wakeUp, at: at(100), Numbered(1))
    let first = try #require(wakeUp)
    kernel.reschedule(&wakeUp, at: at(50), Numbered(2))
    kernel.reschedule(&wakeUp, at: at(70), Numbered(3))

    let isFirstPending = kernel.isPending(first)
    let ran = drained(&kernel)

    #expect(!isFirstPending)
    #expect(ran == [3])
    #expect(kernel.now == at(70))
    #expect(kernel.counts.cancelled == 2)
  }

  @Test("INV-10: a handle never refers to the event that reuses its slot")
  func reusedSlot() {
    var kernel = Kernel<Numbered>()
    let old = kernel.schedule(at: at(10), Numbered(1))
    let ran = kernel.next()
    let new = kernel.schedule(at: at(20), Numbered(2))

    let isOldCancelled = kernel.cancel(old)

    let isOldPending = kernel.isPending(old)
    let isNewPending = kernel.isPending(new)
    let rest = drained(&kernel)
    let isNewCancelled = kernel.cancel(new)
    #expect(ran?.payload == Numbered(1))
    #expect(!isOldCancelled && !isOldPending && isNewPending)
    #expect(rest == [2])
    #expect(!isNewCancelled)
  }

  @Test("cancelled entries are swept out: the queue holds at most twice the waiting events")
  func sweep() {
    var kernel = Kernel<Numbered>()
    var wakeUp: EventHandle?
    for number in 0..<10 { kernel.schedule(at: at(Int64(number)), Numbered(number)) }

    for step in 0..<100_000 {
      kernel.reschedule(&wakeUp, at: at(1_000 + Int64(step)), Numbered(10))
    }

    let entries = kernel.queue.count
    let rest = drained(&kernel)
    #expect(entries <= 2 * 64 + 2)
    #expect(rest == Array(0...10))
  }
}
