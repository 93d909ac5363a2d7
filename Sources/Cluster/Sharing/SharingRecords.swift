// The plain records of the flow network. Rates are in bytes per picosecond, times in picoseconds.
//
// Flows bound by the same link run at the same rate per unit of weight, the link's fair share. They
// form the link's group, which has one virtual time: bytes served so far per unit of weight. Each
// flow stores the virtual time at which it will have drained, so a change of the share touches no
// flow.

/// A link and the group of flows that it binds.
struct LinkRecord: BitwiseCopyable {
  var capacity: Double
  /// Sum of the rates of the flows that cross it.
  var used = 0.0
  /// Rate per unit of weight of the flows that it binds; 0 when it binds none.
  var fairShare = 0.0
  /// Bytes served per unit of weight of its group, as of `since`.
  var virtualTime = 0.0
  var since: Int64 = 0
  /// The smallest virtual time at which a flow of its group has drained.
  var nextFinish = Double.infinity
  /// A bound: no flow that crosses it and that it does not bind has a higher share.
  var otherShare = 0.0
  /// The highest share of the flows that were frozen before those that it binds; valid after a fill
  /// in which it binds flows.
  var nextOtherShare = 0.0
  /// Flows that it binds.
  var memberCount: Int32 = 0
  /// Its list of flows: a range of the pool of entries.
  var listStart: Int32 = 0
  var listCount: Int32 = 0
  var listCapacity: Int32 = 0
  /// Whether `nextFinish` may belong to a flow that has left.
  var isStale = false
  /// Whether it has changed since rates were last resolved.
  var isChanged = false
}

/// Data about a link while rates are resolved.
struct FillRecord: BitwiseCopyable {
  /// Capacity left by flows outside the re-fill, and the total weight of those inside.
  var residual = 0.0
  var weight = 0.0
  /// Flows outside the re-fill.
  var outsideCount: Int32 = 0
  /// Numbers of the round and of the fill for which the fields above are valid.
  var touchedIn: UInt32 = 0
  var invalidatedIn: UInt32 = 0
  var bindsIn: UInt32 = 0
  /// Number of the last fill that gave a flow of its group to another link.
  var leftIn: UInt32 = 0
  /// Flows of its group when this was invalidated: a run of the list of included flows.
  var runLength: Int32 = 0
}

/// The remaining capacity of a link while flows are frozen: the innermost loop's record.
struct OpenRecord: BitwiseCopyable {
  /// Remaining capacity, and the weight of the flows that are not frozen.
  var left = 0.0
  var weight = 0.0
  /// Share of the last flow frozen on it; shares only rise during a fill.
  var lastShare = 0.0
  var count = 0
}

/// The fields of a flow used while rates are resolved: less than half a
/// cache line.
struct FlowRecord: BitwiseCopyable {
  var weight: Double
  /// The link that binds it; -1 before it has a rate.
  var bottleneck: Int32 = -1
  var nextBottleneck: Int32 = -1
  /// Number of the round that included it, then of the fill that froze it. A round's number is less
  /// than those of its fills, so one comparison tells whether a flow is included and not frozen.
  var stamp: UInt32 = 0
  var hopCount: Int32
}

/// The other fields of a flow.
struct FlowDetails: BitwiseCopyable {
  /// The virtual time of its group at which it has drained; bytes per unit of weight before it has
  /// a group.
  var finish: Double
  var bytes: Double
  var latency: Int64
  var tag: Int
  /// Counts the flows that used this index before, so that an outdated ID matches nothing.
  var generation: UInt32
}
