// A kernel frozen in the middle of a run, and brought back. Random streams are plain values of the
// simulation's own state and are kept with it.

import Units

/// All that a kernel is, as plain arrays: slab, queue, clock, counts and fingerprint.
///
/// Handles given out before the checkpoint name the same events after a restore.
public struct KernelCheckpoint<Payload: EventPayload>: Sendable {
  let records: [EventSlab<Payload>.Record]
  let freeSlot: UInt32
  let entries: [QueuedEvent]
  let clock: UInt64
  let nextSequence: UInt64
  let executed: Int
  let cancelled: Int
  let staleEntries: Int
  /// Hash over the events executed before the checkpoint.
  public let fingerprint: Fingerprint

  /// Entries of the queue, including those of cancelled events that were not swept out yet.
  public var queuedEntryCount: Int { entries.count }

  /// The simulated time of the checkpoint.
  public var time: SimTime { SimTime(picoseconds: Int64(clock)) }
}

extension SimulationKernel where Queue: ~Copyable {
  /// A copy of the whole state, from which any number of kernels can go on.
  ///
  /// Complexity: O(n).
  public func checkpoint() -> KernelCheckpoint<Payload> {
    let (records, freeSlot) = slab.dump()
    return KernelCheckpoint(
      records: records, freeSlot: freeSlot, entries: queue.entries(), clock: clock,
      nextSequence: nextSequence, executed: executed, cancelled: cancelled,
      staleEntries: staleEntries, fingerprint: fingerprint)
  }

  /// Makes a kernel that goes on where a checkpoint was taken; the queue structure may be another.
  ///
  /// Complexity: O(n log n).
  public init(restoring checkpoint: KernelCheckpoint<Payload>) {
    queue = Queue()
    slab = EventSlab(records: checkpoint.records, freeSlot: checkpoint.freeSlot)
    clock = checkpoint.clock
    nextSequence = checkpoint.nextSequence
    executed = checkpoint.executed
    cancelled = checkpoint.cancelled
    staleEntries = checkpoint.staleEntries
    hash = checkpoint.fingerprint
    for entry in checkpoint.entries { queue.push(entry) }
  }
}
