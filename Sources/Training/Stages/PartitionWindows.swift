// Partitions in windows: every stage has the same number of layers, and those that are left over go
// to stages in a row. Which window is best depends on the order of the schedule: some cells of a
// rank are on the path that everything waits for, others fill gaps.

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
}
