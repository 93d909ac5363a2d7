// What one run came to: its wall time by phase and category, and the ratios that people report.

import Recording

/// What one run came to.
package struct RunOutcome: Hashable, Sendable {
  /// Seconds by phase and category, in the order of `RunCategory.allCases`.
  package var times: [[Double]]
  /// From the request of nodes to the end of the run, seconds.
  package var wallSeconds: Double
  /// Seconds of steps that were never undone, if all GPUs had been alike.
  package var idealSeconds: Double
  /// Steps never undone, and the tokens in them.
  package var steps: Int
  /// Tokens of steps that were never undone.
  package var tokens: Double
  /// Tokens that were consumed and not trained on.
  package var skippedTokens: Double
  /// Times that the run started again.
  package var restarts: Int
  /// Restarts for which no save was left.
  package var restartsFromScratch: Int
  /// Failures by class, those that did not stop the run included.
  package var failures: [Int]
  /// Every stop, in order; empty unless they were kept.
  package var stops: [RunStop] = []

  /// Seconds of a category.
  package func seconds(_ category: RunCategory) -> Double {
    guard let index = RunCategory.allCases.firstIndex(of: category) else { return 0 }
    return times.reduce(0) { $0 + $1[index] }
  }

  /// Seconds of a phase, all categories together.
  package func seconds(ofPhase phase: Int) -> Double { times[phase].reduce(0, +) }

  /// Seconds from when the nodes were granted to the end.
  package var grantedSeconds: Double { wallSeconds - seconds(.queue) }

  /// Productive time / wall time with the queue: Meta's ETTR.
  package var ettr: Double { seconds(.productive) / wallSeconds }

  /// Productive time / time since the nodes were granted: Google's goodput, Llama 3's effective
  /// training time, MegaScale's effective rate, and ByteRobust's cumulative ETTR.
  package var goodput: Double { seconds(.productive) / grantedSeconds }

  /// Productive time and saves / time since the nodes were granted.
  package var goodputWithSaves: Double {
    (seconds(.productive) + seconds(.save)) / grantedSeconds
  }

  /// Time since the nodes were granted / wall time.
  package var schedulingGoodput: Double { grantedSeconds / wallSeconds }

  /// Ideal time of the steps / their time.
  package var programGoodput: Double {
    let productive = seconds(.productive)
    return productive > 0 ? idealSeconds / productive : 1
  }

  /// Scheduling goodput x goodput x program goodput: Google's ML productivity goodput.
  package var productivityGoodput: Double { ettr * programGoodput }

  /// Checks that categories sum to the wall time, exactly, and that none is negative.
  ///
  /// - Throws: `BrokenInvariant` 13.
  package func check() throws(BrokenInvariant) {
    let sum = times.reduce(0) { $0 + $1.reduce(0, +) }
    guard sum == wallSeconds else {
      throw BrokenInvariant(
        number: 13, "the categories of a run sum to \(sum) s, it takes \(wallSeconds) s")
    }
    guard times.allSatisfy({ $0.allSatisfy { $0 >= 0 } }) else {
      throw BrokenInvariant(number: 13, "a category of a run has negative time")
    }
  }
}
