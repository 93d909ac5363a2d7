// A request while it is in the service.

import EventKernel
import Units

/// The number of a request in the order of arrival.
package typealias RequestID = ID<ServiceRequest>

/// The state of a request between its arrival and its end.
struct LiveRequest {
  /// Where a request is.
  enum State: Hashable {
    /// No instance is up, or it has not arrived.
    case held
    /// A decode instance has been chosen and has to free memory first.
    case reserving
    case waiting
    case running
    case preempted
    /// Its cache is on the way to the decode instance.
    case moving
    case retrying
    case ended
  }

  var state = State.held
  let prompt: Int
  /// Tokens to generate.
  let output: Int
  /// Tokens to generate where it is now: one on a prefill instance.
  var target: Int
  /// Tokens generated.
  var made = 0
  /// Tokens whose keys and values are cached.
  var computed = 0
  /// Blocks held, and which they are if they have identities.
  var held = 0
  var blocks: [Int32] = []
  /// Blocks whose content is known to the cache, and the hash of the last one.
  var hashed = 0
  var chain: UInt64 = 0
  /// Drafts that its next step verifies.
  var drafts = 0
  /// Verifications so far.
  var verifications = 0
  /// When it began to wait where it is.
  var queuedSince = SimTime.zero
  /// The pool that had no unit for it when it was held; nil before.
  var missingPool: Int?
  /// When it gives up, while it waits: in one queue after another.
  var timeout: EventHandle?
  /// Whether it has been counted as arrived.
  var hasArrived = false
  /// The instance that has it now, and the one that decodes it; nil before they are chosen.
  var instance: Int?
  var decodeInstance: Int?
  /// Blocks reserved on the decode instance before its cache arrives (push).
  var reserved = 0
  /// What the prefill instance keeps until the cache has been loaded (pull).
  var exported: Export?
  /// The piece of its cache that is under way, and the last one that is to follow.
  var moving: Int?
  var transfer: Int?
  /// Whether its cache is loaded to the instance where it is, and the number of that load.
  var isLoading = false
  var load = 0
  /// Tokens of its cache in host memory after a preemption.
  var swapped = 0
  /// Whether what it has loaded is its own cache from before a preemption.
  var isSwappedIn = false

  /// Blocks on another instance.
  struct Export {
    var instance: Int
    var blocks: [Int32]
    var held: Int
  }

  init(_ request: ServiceRequest) {
    prompt = request.prompt
    output = request.output
    target = request.output
  }

  /// Tokens of the sequence so far.
  var tokens: Int { prompt + made }
  /// Tokens that are known but not computed.
  var behind: Int { tokens - computed }
}
