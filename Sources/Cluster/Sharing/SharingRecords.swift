// The plain records of the flow network. Rates are bytes per picosecond, times picoseconds.
//
// Flows bound by the same link run at the same rate per unit of weight, the link's level. They form
// the link's group, which has one service clock: bytes served so far to a unit of weight. A flow
// holds the reading at which it will have drained, so a change of level touches no flow.

/// A link and the group of flows that it binds.
struct LinkRecord: BitwiseCopyable {
  var capacity: Double
  /// Sum of the rates of the flows that cross it.
  var used = 0.0
  /// Rate per unit of weight of the flows that it binds; 0 when it binds none.
  var level = 0.0
  /// Bytes served to a unit of weight of its group, as of `since`.
  var clock = 0.0
  var since: Int64 = 0
  /// The least reading at which a flow of its group has drained.
  var nextFinish = Double.infinity
  /// Flows that it binds.
  var memberCount: Int32 = 0
  /// Its crossings: a range of the pool of entries.
  var listStart: Int32 = 0
  var listCount: Int32 = 0
  var listCapacity: Int32 = 0
  /// Whether `nextFinish` may belong to a flow that has left.
  var isStale = false
  /// Whether it waits for the next settlement.
  var isChanged = false
}

/// What a settlement notes about a link.
struct FillRecord: BitwiseCopyable {
  /// Capacity that flows outside the re-fill leave, and the weight of those inside.
  var residual = 0.0
  var weight = 0.0
  var flowCount: Int32 = 0
  /// Numbers of the settlement and of the fill for which the fields above hold.
  var touchedIn: UInt32 = 0
  var dissolvedIn: UInt32 = 0
  var bindsIn: UInt32 = 0
}

/// What a link still has to give while flows are being frozen: the innermost loop's record.
struct OpenRecord: BitwiseCopyable {
  /// Capacity that is left, and the weight of the flows that are not frozen.
  var left = 0.0
  var weight = 0.0
  /// Level of the last flow frozen on it; levels only rise during a fill.
  var lastLevel = 0.0
  var count = 0
}

/// What a settlement reads and writes of a flow: half a cache line.
struct FlowRecord: BitwiseCopyable {
  var weight: Double
  /// The link that binds it; -1 before its first settlement.
  var bottleneck: Int32 = -1
  var nextBottleneck: Int32 = -1
  /// Numbers of the settlement and of the fill that had it last.
  var includedIn: UInt32 = 0
  var frozenIn: UInt32 = 0
  var hopCount: Int32
}

/// The rest of a flow.
struct FlowBook: BitwiseCopyable {
  /// The reading of its group's clock at which it has drained; bytes per unit of weight before it
  /// has a group.
  var finish: Double
  var bytes: Double
  var latency: Int64
  var tag: Int
  /// Counts the flows that had this place before: a superseded name matches nothing.
  var generation: UInt32
}

/// A link in the heap of a fill, under a level that it can at least give.
struct FillEntry: BitwiseCopyable {
  var level: Double
  var link: Int32

  @inline(__always)
  static func < (a: FillEntry, b: FillEntry) -> Bool {
    a.level != b.level ? a.level < b.level : a.link < b.link
  }
}
