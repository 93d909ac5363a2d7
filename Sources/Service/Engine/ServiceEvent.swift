// The events of a service. All events of one instant are collected and handled in a fixed order:
// see ServiceEngine.

import EventKernel

/// Something that happens at a time.
enum ServiceEvent: EventPayload {
  case arrival
  case stepEnd(unit: Int32)
  case transferEnd(Int32)
  /// The next completion of flows on the network.
  case network
  case fault(unit: Int32)
  case detection(unit: Int32)
  case recovery(unit: Int32)
  case returning(request: Int32)
  case sample
  /// A host has been repaired.
  case repair
  /// A unit serves from now on.
  case started(unit: Int32)
  /// The rule that scales a pool looks at it.
  case scaling
  /// An entry of a pool's timetable.
  case timetable(pool: Int32)
  /// Experts of a pool are loaded or placed otherwise.
  case experts(pool: Int32)
  case timeout(request: Int32)

  var fingerprintWord: UInt64 {
    switch self {
    case .arrival: 1 << 32
    case .stepEnd(let unit): 2 << 32 | UInt64(UInt32(bitPattern: unit))
    case .transferEnd(let transfer): 3 << 32 | UInt64(UInt32(bitPattern: transfer))
    case .network: 4 << 32
    case .fault(let unit): 5 << 32 | UInt64(UInt32(bitPattern: unit))
    case .detection(let unit): 6 << 32 | UInt64(UInt32(bitPattern: unit))
    case .recovery(let unit): 7 << 32 | UInt64(UInt32(bitPattern: unit))
    case .returning(let request): 8 << 32 | UInt64(UInt32(bitPattern: request))
    case .sample: 9 << 32
    case .repair: 10 << 32
    case .started(let unit): 11 << 32 | UInt64(UInt32(bitPattern: unit))
    case .scaling: 12 << 32
    case .timetable(let pool): 13 << 32 | UInt64(UInt32(bitPattern: pool))
    case .experts(let pool): 14 << 32 | UInt64(UInt32(bitPattern: pool))
    case .timeout(let request): 15 << 32 | UInt64(UInt32(bitPattern: request))
    }
  }
}
