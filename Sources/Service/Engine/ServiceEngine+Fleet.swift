// Units that come and go: random failures and spare hosts, a rule that scales a pool, and
// timetables.
//
// Source: Kubernetes' horizontal autoscaler: wanted = ceil(units x metric / target), a tolerance
// within which nothing changes, and the largest wish of a window before units are removed.

import EventKernel
import Units

/// What the fleet remembers.
struct Fleet {
  /// Streams of random failures, by unit.
  var streams: [RandomStream]
  /// Hosts that can replace failed ones; nil for as many as needed.
  var spares: Int?
  /// Units that wait for a host, first come, first served.
  var waiting: [Int] = []
  /// Wishes of the scaling rule in its window.
  var wishes: [(time: SimTime, units: Int)] = []
  /// The experts of each pool whose loads or placement change.
  var experts: [PoolExperts?]

  init(_ setup: ServiceSetup) {
    streams = setup.units.indices.map {
      RandomStream(
        seed: setup.seed, purpose: RandomPurpose("service.failures"), entity: $0)
    }
    spares = setup.failures.spareHosts
    experts = setup.expertChanges.enumerated().map { pool, changes in
      changes.map { PoolExperts($0, imbalance: setup.imbalance[pool]) }
    }
  }
}

extension ServiceEngine {
  mutating func beginFleet() {
    if let scaling = setup.scaling {
      // What the pool starts with is wanted until its window has passed.
      fleet.wishes.append((.zero, members(of: scaling.pool).count))
    }
    for unit in units.indices where units[unit].isMember { scheduleFault(of: unit) }
    if let scaling = setup.scaling { schedule(after: scaling.interval, .scaling) }
    for pool in setup.timetables.indices { scheduleTimetable(of: pool) }
    for pool in fleet.experts.indices { scheduleExperts(of: pool) }
  }

  /// Handles what changes the fleet at this instant.
  mutating func changeFleet() {
    for unit in instant.started.sorted() where units[unit].state == .starting { begin(unit) }
    for pool in instant.experts.sorted() { changeExperts(of: pool) }
    for pool in instant.timetables.sorted() { followTimetable(of: pool) }
    if instant.hasScaling { scale() }
  }

  /// A unit begins to serve, with empty caches.
  mutating func begin(_ unit: Int) {
    units[unit].state = .idle
    units[unit].startEvent = nil
    units[unit].upSince = now
    for index in units[unit].instances { instances[index].metered = (now, 0) }
    upCache.removeAll()
    reservers += units[unit].instances
    scheduleFault(of: unit)
    wake(unit)
  }

  // MARK: Failures

  private mutating func scheduleFault(of unit: Int) {
    let hazard = setup.units[unit].hazard
    guard hazard > 0 else { return }
    let delay = fleet.streams[unit].exponential(mean: 1 / hazard)
    guard delay < (ServiceClock.end - now).seconds else { return }
    kernel.reschedule(
      &units[unit].faultEvent, at: now + SimDuration(seconds: delay),
      .fault(unit: Int32(unit)))
  }

  /// Restarts a unit on a spare host, now or when there is one.
  mutating func replaceHost(of unit: Int) {
    if fleet.spares != nil {
      // The failed host is a spare again once it is repaired.
      schedule(after: setup.failures.repair, .repair)
    }
    guard let spares = fleet.spares else {
      restart(unit)
      return
    }
    if spares > 0 {
      fleet.spares = spares - 1
      restart(unit)
    } else {
      fleet.waiting.append(unit)
    }
  }

  /// Starts a unit that is down on its new host; one that has left its pool keeps the host.
  private mutating func restart(_ unit: Int) {
    guard units[unit].state == .down else { return }
    units[unit].startEvent = schedule(
      after: setup.failures.restart, .recovery(unit: Int32(unit)))
  }

  /// A failed host has been repaired.
  mutating func repairHost() {
    if fleet.waiting.isEmpty {
      fleet.spares = (fleet.spares ?? 0) + 1
    } else {
      restart(fleet.waiting.removeFirst())
    }
  }

  /// A request waits: from now on, unless it has been waiting.
  mutating func startTimeout(of request: RequestID) {
    guard live[request.index].timeout == nil, let limit = setup.failures.queueTimeout else {
      return
    }
    live[request.index].timeout = schedule(after: limit, .timeout(request: Int32(request.index)))
  }

  /// A request waits no more: it is computed or loaded, or has ended.
  mutating func cancelTimeout(of request: RequestID) {
    guard let timeout = live[request.index].timeout else { return }
    kernel.cancel(timeout)
    live[request.index].timeout = nil
  }

  /// A request has waited for its limit without being served.
  mutating func giveUp(_ request: RequestID) {
    guard live[request.index].state != .ended else { return }
    held.removeAll { $0 == request }
    leaveInstances(request)
    end(request, .lost(.timeout))
  }

  // MARK: Number of units

  /// Units of a pool that stay in it.
  private mutating func members(of pool: Int) -> [Int] {
    units.indices.filter {
      units[$0].pool == pool && units[$0].isMember && !units[$0].isDraining
    }
  }

  /// Adds or removes units until a pool has a number of them. Those that do not serve go first,
  /// and of equal ones the last.
  private mutating func resize(_ pool: Int, to wanted: Int, startup: SimDuration) {
    let members = members(of: pool)
    let leaving = members.sorted { (order(ofLeaving: $0), -$0) < (order(ofLeaving: $1), -$1) }
      .prefix(max(0, members.count - wanted))
    for unit in leaving { units[unit].isDraining = true }
    upCache.removeAll()
    var missing = wanted - members.count
    for unit in units.indices where missing > 0 && units[unit].pool == pool {
      if units[unit].isDraining {
        units[unit].isDraining = false
        instant.hasReturned = true
        missing -= 1
      } else if !units[unit].isMember {
        join(unit, startup: startup)
        missing -= 1
      }
    }
    for unit in units.indices where units[unit].isDraining { leaveIfEmpty(unit) }
  }

  private func order(ofLeaving unit: Int) -> Int {
    switch units[unit].state {
    case .down: 0
    case .starting: 1
    case .idle, .stepping, .failed, .off: 2
    }
  }

  /// A unit joins its pool. If its host failed before it left, it still waits for another.
  private mutating func join(_ unit: Int, startup: SimDuration) {
    units[unit].memberSince = now
    guard !fleet.waiting.contains(unit) else {
      units[unit].state = .down
      return
    }
    units[unit].state = .starting
    units[unit].startEvent = schedule(after: startup, .started(unit: Int32(unit)))
  }

  /// A unit that takes no more requests leaves its pool once it has none.
  mutating func leaveIfEmpty(_ unit: Int) {
    guard [.idle, .starting, .down].contains(units[unit].state) else { return }
    let isEmpty = units[unit].instances.allSatisfy { index in
      let instance = instances[index]
      return instance.isEmpty && instance.waitingCount == 0 && instance.reserving.isEmpty
        && instance.cache.free == instance.cache.total
    }
    guard isEmpty else { return }
    if units[unit].state == .idle { countUp(unit) }
    countHeld(unit)
    if let fault = units[unit].faultEvent { kernel.cancel(fault) }
    units[unit].faultEvent = nil
    if let start = units[unit].startEvent { kernel.cancel(start) }
    units[unit].startEvent = nil
    units[unit].isDraining = false
    units[unit].state = .off
    upCache.removeAll()
    for index in units[unit].instances {
      instances[index].cache.clear()
      instances[index].host?.clear()
    }
  }

  private mutating func scale() {
    guard let rule = setup.scaling else { return }
    let pool = rule.pool
    let current = members(of: pool).count
    var load = held.count
    for unit in units.indices where units[unit].pool == pool {
      for index in units[unit].instances {
        load += instances[index].runningCount + instances[index].waitingCount
      }
    }
    let ratio = Double(load) / (Double(current) * rule.target)
    var wish = current
    if current == 0 {
      // Nothing has no ratio: whoever waits needs a unit.
      wish = Int((Double(load) / rule.target).rounded(.up))
    } else if abs(ratio - 1) > rule.tolerance {
      wish = Int((Double(current) * ratio).rounded(.up))
    }
    wish = min(rule.most, max(rule.least, wish))
    fleet.wishes.append((now, wish))
    fleet.wishes.removeAll { $0.time + rule.downWindow < now }
    let highest = fleet.wishes.map(\.units).max() ?? wish
    let wanted = wish < current ? min(current, highest) : wish
    if wanted != current { resize(pool, to: wanted, startup: rule.startup) }
    schedule(after: rule.interval, .scaling)
  }

  // MARK: Timetables

  private static var day: SimDuration { SimDuration(seconds: 86_400) }

  /// Time since midnight.
  private var timeOfDay: SimDuration {
    let day = Self.day.picoseconds
    return SimDuration(picoseconds: (now - SimTime.zero).picoseconds % day)
  }

  private mutating func scheduleTimetable(of pool: Int) {
    let entries = setup.timetables[pool]
    guard !entries.isEmpty else { return }
    let time = timeOfDay
    let next = entries.first { $0.from > time }
    let delay = next.map { $0.from - time } ?? Self.day - time + entries[0].from
    schedule(after: delay, .timetable(pool: Int32(pool)))
  }

  private mutating func followTimetable(of pool: Int) {
    let time = timeOfDay
    let entries = setup.timetables[pool]
    if let entry = entries.last(where: { $0.from <= time }) ?? entries.last {
      resize(pool, to: entry.units, startup: setup.startup)
    }
    scheduleTimetable(of: pool)
  }

  // MARK: Accounts

  /// Counts the time for which a unit has been up.
  mutating func countUp(_ unit: Int) {
    guard units[unit].isServing else { return }
    let seconds = (now - units[unit].upSince).seconds
    units[unit].upSince = now
    let tokens = units[unit].instances.reduce(0) {
      $0 + instances[$1].cache.total * instances[$1].cache.blockSize
    }
    pools[units[unit].pool].availableTokenSeconds += seconds * Double(tokens)
  }

  /// Counts the time for which a unit has been part of its pool.
  mutating func countHeld(_ unit: Int) {
    guard units[unit].isMember else { return }
    let pool = units[unit].pool
    pools[pool].heldGPUSeconds +=
      (now - units[unit].memberSince).seconds * Double(pools[pool].gpusPerUnit)
    units[unit].memberSince = now
  }
}
