// Partitions in windows: every stage has the same number of layers, and those that are left over go
// to stages in a row. Which window is best depends on the order of the schedule: some cells of a
// rank are on the path that everything waits for, others fill gaps. Small models have few cuts at
// all, and then every one is a candidate.

/// Partitions that differ in where the layers lie that do not divide evenly.
enum PartitionWindows {
  /// All windows over all stages.
  ///
  /// - Precondition: there is a stage.
  static func all(layers: Int, stages: Int) -> [[Int]] {
    let (each, extra) = layers.quotientAndRemainder(dividingBy: stages)
    let places = extra == 0 ? 0...0 : 0...stages - extra
    return places.map { start in
      (0..<stages).map { each + (start..<start + extra ~= $0 ? 1 : 0) }
    }
  }

  /// All windows over the stages between the first and the last one, which have the embedding and
  /// the head.
  static func between(ends partition: [Int]) -> [[Int]] {
    guard let first = partition.first, let last = partition.last, partition.count > 2 else {
      return []
    }
    let inside = partition.dropFirst().dropLast()
    return all(layers: inside.reduce(0, +), stages: inside.count).map { [first] + $0 + [last] }
  }

  /// Every partition, or every one with a layer in each stage; none if those are too many as well.
  ///
  /// - Precondition: there is a stage.
  static func few(layers: Int, stages: Int) -> [[Int]] {
    for least in [0, 1] where layers >= least * stages {
      if count(layers - least * stages, stages) <= fewest {
        return cuts(layers - least * stages, stages).map { $0.map { $0 + least } }
      }
    }
    return []
  }

  /// Partitions that are few.
  private static let fewest = 500

  /// The number of ways to give layers to stages; anything above `fewest` if it is more.
  private static func count(_ layers: Int, _ stages: Int) -> Int {
    var count = 1
    // Binomial coefficient of layers + stages - 1 over stages - 1, whole after every factor.
    for stage in 1..<stages where count <= fewest { count = count * (layers + stage) / stage }
    return count
  }

  private static func cuts(_ layers: Int, _ stages: Int) -> [[Int]] {
    guard stages > 1 else { return [[layers]] }
    return (0...layers).flatMap { first in
      cuts(layers - first, stages - 1).map { [first] + $0 }
    }
  }
}
