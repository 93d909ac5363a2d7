// Requests through a service. Everything that happens at one instant happens in this order:
//
//     1  steps end, by unit
//     2  transfers end, by request
//     3  faults, then their detection, then recoveries, by unit
//     4  requests that return, and those that arrive, in their order; reservations of memory
//     5  idle units start a step, by unit
//
// Nothing joins a step that runs, and tokens are visible when it ends. A unit without work has no
// events.

import EventKernel
import Recording
import Units

/// The simulation of one service.
struct ServiceEngine<Law: StepLaw>: ~Copyable {
  let setup: ServiceSetup
  let order: RequestOrder
  /// Laws of step times by pool.
  var laws: [Law]
  var kernel = SimulationKernel<ServiceEvent, FourAryHeap>()
  var now = SimTime.zero
  var requests: [ServiceRequest]
  var live: [LiveRequest]
  var outcomes: [RequestOutcome]
  var instances: [Instance]
  var units: [ServiceUnit]
  /// The unit of each instance.
  var unitOf: [Int]
  var router: Router
  var carrier: any CacheCarrier
  var log: StepLog?
  /// When tokens of each request were shown; empty unless they are kept.
  var moments: [[SimTime]]
  /// Called now and then with the requests that have ended, and all.
  var progress: ((Int, Int) -> Void)?
  var transfers: [CacheTransfer] = []
  /// Places of transfers that have ended, to be used again, and the loads so far.
  var freeTransfers: [Int] = []
  var loads = 0
  /// Stores of prefixes by pool.
  var stores: [CacheTier?]
  /// Requests for which no instance is up.
  var held: [RequestID] = []
  var nextArrival = 0
  /// What happens at this instant.
  var instant = Instant()
  var dirty: [Int] = []
  var gaps: [GapHistogram]
  /// The gaps of each request that has not ended; empty where none is ever taken back.
  var openGaps: [OpenGaps]
  var pools: [PoolUse]
  var samples: [ServiceSample] = []
  var sample = ServiceSample(time: .zero)
  var imbalance: [Double]
  /// The users of a closed loop.
  var loop: ClosedLoop?
  /// Decode instances that may have memory for requests that wait for it.
  var reservers: [Int] = []
  var networkEvent: EventHandle?
  /// Instances that are not known to be down, by role.
  var upCache: [PoolSpec.Role: [Int]] = [:]
  let draftNumbers: DraftNumbers
  /// Shapes of a unit's instances that no other covers.
  var largest: [StepShape] = []
  /// The first instance of each role: instances of a pool are alike.
  let kinds: [ServiceSetup.InstanceSetup]
  var arrivedSoFar = 0
  var endedSoFar = 0
  /// Whether something would have happened beyond the clock.
  var isBeyondClock = false
  /// Requests that have ended.
  var endedCount = 0
  var fleet: Fleet

  /// Events of one instant, by phase.
  struct Instant {
    var ended: [Int] = []
    var moved: [Int] = []
    var faults: [Int] = []
    var detections: [Int] = []
    var recoveries: [Int] = []
    var returning: [RequestID] = []
    var hasArrivals = false
    var hasSample = false
    var hasNetwork = false
    var repairs = 0
    var started: [Int] = []
    /// Whether a unit that was leaving its pool stays in it.
    var hasReturned = false
    var hasScaling = false
    var timetables: [Int] = []
    var experts: [Int] = []
    var timeouts: [RequestID] = []
  }

  init(
    _ setup: ServiceSetup, requests: [ServiceRequest], laws: [Law], carrier: any CacheCarrier,
    isLogged: Bool = false, keepsMoments: Bool = false
  ) {
    self.setup = setup
    self.requests = requests
    order = RequestOrder(requests: requests)
    self.laws = laws
    self.carrier = carrier
    live = requests.map { LiveRequest($0) }
    outcomes = requests.map { RequestOutcome(arrival: $0.arrival) }
    var unitOf = Array(repeating: 0, count: setup.instances.count)
    for (unit, setup) in setup.units.enumerated() {
      for instance in setup.instances { unitOf[instance] = unit }
    }
    self.unitOf = unitOf
    instances = setup.instances.enumerated().map { index, each in
      let place = Instance.Place(
        index: index, pool: setup.units[unitOf[index]].pool, unit: unitOf[index])
      return Instance(
        place, role: each.role, spec: each.scheduler, drafts: each.drafts, blocks: each.blocks,
        blockSize: each.blockSize)
    }
    units = setup.units.map {
      ServiceUnit(pool: $0.pool, instances: $0.instances, isStarted: $0.isStarted)
    }
    router = Router(setup.router, instances: setup.instances.count)
    gaps = Array(repeating: GapHistogram(), count: setup.classes)
    openGaps = setup.losesTokens ? Array(repeating: OpenGaps(), count: requests.count) : []
    pools = setup.pools.enumerated().map { pool, each in
      PoolUse(
        name: each.name, gpusPerUnit: each.gpusPerUnit,
        units: setup.units.count { $0.pool == pool && $0.isStarted })
    }
    imbalance = setup.units.map {
      setup.imbalance.indices.contains($0.pool) ? setup.imbalance[$0.pool] : 1
    }
    log = isLogged ? StepLog() : nil
    moments = keepsMoments ? requests.map { _ in [] } : []
    draftNumbers = DraftNumbers(seed: setup.seed)
    stores = setup.pools.indices.map { pool in
      guard let unit = setup.units.first(where: { $0.pool == pool }),
        let tier = setup.instances[unit.instances.lowerBound].scheduler.storeCache
      else { return nil }
      let size = setup.instances[unit.instances.lowerBound].blockSize
      return tier.tokens >= size ? CacheTier(capacity: tier.tokens / size) : nil
    }
    kinds = PoolSpec.Role.allCases.compactMap { role in
      setup.instances.first { $0.role == role }
    }
    fleet = Fleet(setup)
    if case .closedLoop(let users, let thinkTime) = setup.arrivals {
      loop = ClosedLoop(users: users, thinkTime: thinkTime)
    }
  }

  /// Runs until nothing is left to happen, or to a time, if requests are not at their ends before.
  mutating func run(until stop: SimTime? = nil) {
    begin()
    while let event = next(stop) {
      now = event.time
      collect(event.payload)
      while let other = kernel.next(through: event.time) { collect(other.payload) }
      handleInstant()
      // What goes on for ever ends with the last request.
      if setup.hasBackground, endedCount == requests.count { break }
    }
    if let stop, endedCount < requests.count { now = max(now, stop) }
    finish()
  }

  private mutating func next(_ stop: SimTime?) -> Event<ServiceEvent>? {
    stop.map { kernel.next(through: $0) } ?? kernel.next()
  }

  private mutating func begin() {
    for fault in setup.faults { kernel.schedule(at: fault.time, .fault(unit: Int32(fault.unit))) }
    if var loop {
      // Users begin together; each sends the next request when its last one has ended.
      let first = min(loop.users, requests.count)
      for request in 0..<first { setArrival(request, .zero) }
      loop.sent = first
      self.loop = loop
    }
    scheduleArrival()
    if let interval = setup.sampleInterval {
      schedule(after: interval, .sample)
    }
    beginFleet()
  }

  mutating func collect(_ event: ServiceEvent) {
    switch event {
    case .arrival: instant.hasArrivals = true
    case .stepEnd(let unit): instant.ended.append(Int(unit))
    case .transferEnd(let transfer): instant.moved.append(Int(transfer))
    case .network: instant.hasNetwork = true
    case .fault(let unit): instant.faults.append(Int(unit))
    case .detection(let unit): instant.detections.append(Int(unit))
    case .recovery(let unit): instant.recoveries.append(Int(unit))
    case .returning(let request): instant.returning.append(RequestID(Int(request)))
    case .sample: instant.hasSample = true
    case .repair: instant.repairs += 1
    case .started(let unit): instant.started.append(Int(unit))
    case .scaling: instant.hasScaling = true
    case .timetable(let pool): instant.timetables.append(Int(pool))
    case .experts(let pool): instant.experts.append(Int(pool))
    case .timeout(let request): instant.timeouts.append(RequestID(Int(request)))
    }
  }

  private mutating func handleInstant() {
    for unit in instant.ended.sorted() { endStep(of: unit) }
    if instant.hasNetwork { collectDeliveries() }
    let moved = instant.moved.sorted {
      (transfers[$0].request, $0) < (transfers[$1].request, $1)
    }
    for transfer in moved { endTransfer(transfer) }
    for unit in instant.faults.sorted() { fail(unit) }
    for unit in instant.detections.sorted() { detectFailure(of: unit) }
    for _ in 0..<instant.repairs { repairHost() }
    for unit in instant.recoveries.sorted() { recover(unit) }
    changeFleet()
    takeArrivals()
    for request in instant.timeouts.sorted() { giveUp(request) }
    // Users who do not think send the next request as soon as one is refused or gives up.
    while !instant.returning.isEmpty { takeArrivals() }
    reserveMemory()
    startUnits()
    if instant.hasSample { takeSample() }
    instant = Instant()
  }

  // MARK: The end of the clock

  /// The time after a delay; nil beyond the clock, where nothing is simulated.
  mutating func moment(after delay: SimDuration) -> SimTime? {
    guard delay <= ServiceClock.end - now else {
      isBeyondClock = true
      return nil
    }
    return now + delay
  }

  /// Schedules an event unless it lies beyond the clock.
  @discardableResult
  mutating func schedule(after delay: SimDuration, _ event: ServiceEvent) -> EventHandle? {
    moment(after: delay).map { kernel.schedule(at: $0, event) }
  }

  // MARK: Arrivals

  private mutating func scheduleArrival() {
    guard loop == nil, nextArrival < requests.count else { return }
    kernel.schedule(at: requests[nextArrival].arrival, .arrival)
  }

  private mutating func setArrival(_ request: Int, _ time: SimTime?) {
    guard let time else { return }
    requests[request].arrival = time
    outcomes[request].arrival = time
    kernel.schedule(at: time, .returning(request: Int32(request)))
  }

  /// Sends the next request of a user whose last one has ended.
  mutating func continueLoop() {
    guard var loop, loop.sent < requests.count else { return }
    if loop.thinkTime == .zero {
      requests[loop.sent].arrival = now
      outcomes[loop.sent].arrival = now
      instant.returning.append(RequestID(loop.sent))
    } else {
      setArrival(loop.sent, moment(after: loop.thinkTime))
    }
    loop.sent += 1
    self.loop = loop
  }

  private mutating func takeArrivals() {
    var entering = instant.returning
    if instant.hasArrivals {
      while nextArrival < requests.count, requests[nextArrival].arrival == now {
        entering.append(RequestID(nextArrival))
        nextArrival += 1
      }
      scheduleArrival()
    }
    if !held.isEmpty,
      !instant.recoveries.isEmpty || !instant.started.isEmpty || instant.hasReturned
    {
      for request in held { countQueueingInVain(of: request) }
      entering += held
      held.removeAll()
    }
    instant.returning.removeAll()
    instant.hasArrivals = false
    if entering.count > 1 { entering.sort() }
    // Whoever has given up meanwhile does not return.
    for request in entering where live[request.index].state != .ended { enter(request) }
  }

  // MARK: Ends

  /// Shows tokens of a request to its user.
  mutating func show(_ request: RequestID, tokens: Int) {
    let index = request.index
    if let last = outcomes[index].lastToken {
      keepGap(now - last, of: request)
    } else {
      outcomes[index].firstToken = now
    }
    outcomes[index].lastToken = now
    outcomes[index].tokens += tokens
    outcomes[index].chunks += 1
    sample.outputTokens += tokens
    if !moments.isEmpty { moments[index].append(now) }
    log?.chunks.append(StepLog.Chunk(request: request, time: now, tokens: tokens))
  }

  /// Ends a request.
  mutating func end(_ request: RequestID, _ end: RequestOutcome.End) {
    live[request.index].state = .ended
    cancelTimeout(of: request)
    closeGaps(of: request, count: end == .finished)
    endedCount += 1
    if endedCount & 1_023 == 0 { progress?(endedCount, requests.count) }
    outcomes[request.index].end = end
    outcomes[request.index].ended = now
    switch end {
    case .finished: sample.finished += 1
    case .rejected: sample.rejected += 1
    case .lost: sample.lost += 1
    case .running, .queued: break
    }
    continueLoop()
  }

  private mutating func finish() {
    for unit in units.indices {
      catchUp(unit)
      if units[unit].state == .stepping { countBusy(unit) }
      countUp(unit)
      countHeld(unit)
    }
    for pool in pools.indices { meterExperts(of: pool) }
    for index in instances.indices where units[unitOf[index]].isServing { meterCache(index) }
    if setup.sampleInterval != nil, samples.last?.time != now { takeSample() }
    for index in live.indices where live[index].state != .ended {
      countQueueingInVain(of: RequestID(index))
      closeGaps(of: RequestID(index), count: true)
      outcomes[index].end = live[index].state == .running ? .running : .queued
    }
    for instance in instances { instance.cache.check() }
  }
}

/// The clock of a service: picoseconds in 64 bits.
enum ServiceClock {
  /// Nothing happens later: 100 of the 106 days that fit.
  static let end = SimTime.zero + SimDuration(seconds: 8_640_000)
}

/// The users of a closed loop.
struct ClosedLoop {
  let users: Int
  let thinkTime: SimDuration
  /// Requests sent so far.
  var sent = 0

  init(users: Int, thinkTime: SimDuration) {
    self.users = users
    self.thinkTime = thinkTime
  }
}
