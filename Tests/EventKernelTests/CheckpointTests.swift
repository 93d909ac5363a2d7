import EventKernel
import Testing
import Units

@Suite("A checkpoint is the whole kernel")
struct CheckpointTests {
  /// A simulation with random delays, cancellations and equal times.
  struct Walk {
    var random: RandomStream
    var handles: [EventHandle] = []

    init(seed: UInt64) {
      random = RandomStream(seed: seed, purpose: RandomPurpose("test.walk"))
    }

    mutating func run<Queue: EventQueue & ~Copyable>(
      _ kernel: inout SimulationKernel<Numbered, Queue>, events: Int
    ) {
      for _ in 0..<events {
        let number = kernel.next()?.payload.number ?? 0
        for child in 0..<2 {
          let delay = SimDuration(picoseconds: Int64(random.index(below: 50)) * 1_000_000)
          handles.append(kernel.schedule(after: delay, Numbered(number + child)))
        }
        if random.index(below: 3) > 0 { kernel.cancel(handles[random.index(below: handles.count)]) }
      }
    }
  }

  @Test("a restored run goes on as the first one did, on either queue", arguments: [1, 2, 3])
  func roundTrip(seed: UInt64) {
    var kernel = Kernel<Numbered>()
    var walk = Walk(seed: seed)
    walk.run(&kernel, events: 5_000)
    let checkpoint = kernel.checkpoint()
    var walkOnCalendar = walk
    var walkOnHeap = walk

    walk.run(&kernel, events: 5_000)
    var onCalendar = Kernel<Numbered>(restoring: checkpoint)
    var onHeap = SimulationKernel<Numbered, FourAryHeap>(restoring: checkpoint)
    #expect(onCalendar.now == checkpoint.time && onCalendar.fingerprint == checkpoint.fingerprint)
    walkOnCalendar.run(&onCalendar, events: 5_000)
    walkOnHeap.run(&onHeap, events: 5_000)

    #expect(checkpoint.fingerprint != kernel.fingerprint)
    #expect(onCalendar.fingerprint == kernel.fingerprint)
    #expect(onHeap.fingerprint == kernel.fingerprint)
    #expect(onCalendar.counts == kernel.counts && onHeap.counts == kernel.counts)
    #expect(walkOnCalendar.random == walk.random && walkOnHeap.handles == walk.handles)
    let restOfFirst = drained(&kernel)
    let restOfRestored = drained(&onCalendar)
    #expect(restOfRestored == restOfFirst)
  }

  @Test("an empty kernel comes back empty")
  func empty() {
    let checkpoint = Kernel<Numbered>().checkpoint()

    var kernel = Kernel<Numbered>(restoring: checkpoint)

    let event = kernel.next()
    #expect(event?.payload == nil)
    #expect(kernel.counts == EventCounts())
  }
}
