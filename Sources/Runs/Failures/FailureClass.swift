// One class of failures: whose clocks it has, what it does to the run, and what is replaced.
//
// Equal components have independent clocks. A clock restarts only when its own component is
// replaced: the other components of an exchanged node are taken as old as those of its spare.
// Larger scopes are shocks (Marshall-Olkin): one clock for a rack, a leaf or the whole job stops
// all nodes below it. Ages count exposed time.

/// A class of failures.
package struct FailureClass: Hashable, Sendable {
  /// Whose clock it is, and so which nodes an event reaches.
  package enum Scope: String, CaseIterable, Sendable {
    case gpu, nic, node, rack, leaf, job
  }

  /// What an event does.
  package enum Effect: Hashable, Sendable {
    /// Stops the job.
    case stop
    /// Corrupts the state unseen. It is found by the next verification or, if a latency is given,
    /// after those seconds.
    case corrupt(foundAfter: Double?)
    /// Slows the node, and so every step, by a factor, until it is evicted or the seconds are over.
    case slow(factor: Double, seconds: Double?)
  }

  /// The age of components at the start of the run.
  package enum Age: Hashable, Sendable {
    case new
    /// As in a fleet that has run for ever.
    case stationary
    /// All of the same age, seconds.
    case seconds(Double)
  }

  /// When events happen.
  package enum Law: Hashable, Sendable {
    /// Lives in seconds.
    case life(Life)
    /// Given moments, exposed seconds, ascending.
    case moments([Double])
  }

  /// Name in results.
  package var name: String
  package var scope: Scope
  package var law: Law
  /// Failures from which the mean life was counted; nil if it is given.
  package var countedEvents: Double?
  /// The age of its components at the start.
  package var age = Age.new
  /// Components of the class on a node, or of the whole job for scopes above the node.
  package var count = 1
  /// What an event does.
  package var effect = Effect.stop
  /// Whether nodes that an event reaches are exchanged and repaired.
  package var replacesNodes = true
  /// Seconds from the failure until it is noticed; nil for the run's.
  package var detection: Double?
  /// Seconds of a repair; nil for the run's.
  package var repair: Double?

  /// Failures that stop the job; nodes are exchanged, but for those of the whole job.
  package init(_ name: String, scope: Scope, law: Law) {
    self.name = name
    self.scope = scope
    self.law = law
    replacesNodes = scope != .job
  }
}

/// The nodes of a job and what they share.
package struct JobNodes: Hashable, Sendable {
  /// Nodes that the job needs.
  package var count: Int
  /// Nodes of a rack.
  package var perRack = 1
  /// Nodes below a leaf switch.
  package var perLeaf = 1

  package init(count: Int) { self.count = count }

  /// How many units of a scope the job has, counting one component on each.
  func units(_ scope: FailureClass.Scope) -> Int {
    switch scope {
    case .gpu, .nic, .node: count
    case .rack: (count + perRack - 1) / perRack
    case .leaf: (count + perLeaf - 1) / perLeaf
    case .job: 1
    }
  }

  /// The nodes of a unit.
  func nodes(of unit: Int, _ scope: FailureClass.Scope) -> Range<Int> {
    let size =
      switch scope {
      case .gpu, .nic, .node: 1
      case .rack: perRack
      case .leaf: perLeaf
      case .job: count
      }
    return unit * size..<min(count, (unit + 1) * size)
  }
}
