// Piecewise multilinear interpolation on cells that are made when they are first asked for, and
// halved until they agree with the function at a few check points.
//
// A cell's nodes, check points and division depend on the cell alone, so that values do not depend
// on the order of questions. Check points are the quarters of those edges that meet in its lowest
// and in its highest corner, and of the diagonal between these. If one of them differs by more than
// the tolerance, the cell is halved along the axis with the worst edge. Middles are geometric.
//
// The cells of surfaces with many axes are dear: questions where few are asked go to the machine.
//
// Monotone in each coordinate wherever the function is monotone at the nodes.

/// The values at which an axis is first divided: the least one, then powers of two.
struct SurfaceAxis: Hashable, Sendable {
  var least: Int
  /// Exponents of the second and the last value.
  var first: Int
  var last: Int
  /// Exponents between two values; 0 if every whole value is one, and nothing is interpolated.
  var step: Int

  /// The interval of a value, from 0; nil outside.
  func interval(of value: Double) -> Int? {
    guard value >= Double(least), value < Double(1 << last) else { return nil }
    let whole = Int(value)
    if step == 0 { return whole - least }
    guard whole >= 1 << first else { return 0 }
    return (Int.bitWidth - 1 - whole.leadingZeroBitCount - first) / step + 1
  }

  /// The ends of an interval.
  func ends(of interval: Int) -> (low: Int, high: Int) {
    if step == 0 { return (least + interval, least + interval) }
    let low = interval == 0 ? least : 1 << (first + (interval - 1) * step)
    return (low, 1 << min(last, first + interval * step))
  }
}

/// Values known at nodes, interpolated in cells.
struct SurfaceGrid: Sendable {
  /// Whole coordinates; lanes beyond the axes are 0.
  typealias Node = SIMD8<Int32>
  typealias Point = SIMD8<Double>

  /// The axes that are interpolated; the last one is never exact.
  let axes: [SurfaceAxis]
  /// The axis of which every whole value has cells of its own; its lane comes after the others.
  let exact: SurfaceAxis?
  /// The largest accepted relative difference at a check point.
  let tolerance: Double
  /// How often a cell is halved.
  let depthLimit: Int
  private var nodes: [Node: Double] = [:]
  private var roots: [Int: Int] = [:]
  /// Questions in boxes without a cell.
  private var visits: [Int: Int] = [:]
  private(set) var cells: [Cell] = []
  /// The relative difference at a check point beyond which a cell does not answer.
  private static var roughness: Double { 0.005 }
  /// Values at the corners of cells; bit d of a corner's index is its side on axis d.
  private var corners: [Double] = []
  private var scratch: [Double]
  private(set) var refinedCells = 0
  private(set) var largestError = 0.0

  /// A box between nodes.
  struct Cell: Sendable {
    var low: Node
    var high: Node
    var lowPoint: Point
    /// 1 / width on each axis.
    var scale: Point
    var depth: Int
    /// Place of the first corner's value.
    var corners: Int
    /// The axis along which it is halved, and its lower half; -1 if it answers.
    var axis = -1
    var lower = -1
    var middle = 0.0
    /// Whether it differs from the machine by too much to answer, although it is as small as cells
    /// become.
    var isRough = false
    /// Questions while its corners are not known.
    var visits = 0
  }

  init(
    axes: [SurfaceAxis], exact: SurfaceAxis? = nil, tolerance: Double, depthLimit: Int
  ) {
    precondition(axes.count < Point.scalarCount, "a point has at most 8 coordinates")
    self.axes = axes
    self.exact = exact
    self.tolerance = tolerance
    self.depthLimit = depthLimit
    scratch = Array(repeating: 0, count: 1 << axes.count)
  }

  /// A grid that answers for nothing.
  static let empty = SurfaceGrid(axes: [], tolerance: 0, depthLimit: 0)

  /// Number of nodes with a known value.
  var nodeCount: Int { nodes.count }

  /// The cell that answers for a point, if it is known; nil if it has to be made, and outside.
  func known(at point: Point) -> Int? {
    guard let key = key(of: point), var cell = roots[key] else { return nil }
    return cells.withUnsafeBufferPointer { cells in
      while cells[cell].axis >= 0 {
        let isUpper = point[cells[cell].axis] >= cells[cell].middle
        cell = cells[cell].lower + (isUpper ? 1 : 0)
      }
      return cells[cell].corners < 0 ? nil : cell
    }
  }

  /// Counts a question whose cell is not known; whether so many were asked there that the cell is
  /// worth its corners. Until then, as few runs answer them.
  mutating func isWorthMaking(at point: Point) -> Bool {
    guard let key = key(of: point) else { return true }
    let price = 1 << axes.count
    guard var cell = roots[key] else {
      visits[key, default: 0] += 1
      return visits[key, default: 0] > price
    }
    while cells[cell].axis >= 0 {
      let isUpper = point[cells[cell].axis] >= cells[cell].middle
      cell = cells[cell].lower + (isUpper ? 1 : 0)
    }
    cells[cell].visits += 1
    return cells[cell].visits > price
  }

  /// The box of undivided axes that a point is in; nil outside.
  private func key(of point: Point) -> Int? {
    var key = 0
    if let exact {
      guard let value = exact.interval(of: point[axes.count]) else { return nil }
      key = value
    }
    for (index, axis) in axes.enumerated() {
      guard let interval = axis.interval(of: point[index]) else { return nil }
      key = key << 6 | interval
    }
    return key
  }

  /// The cell that answers for a point; nil outside.
  ///
  /// - Parameter value: the function at a node.
  mutating func cell(at point: Point, _ value: (Node) -> Double) -> Int? {
    guard let key = key(of: point) else { return nil }
    var cell: Int
    if let root = roots[key] {
      cell = root
    } else {
      cell = addRoot(key, value)
      roots[key] = cell
    }
    while cells[cell].axis >= 0 {
      let isUpper = point[cells[cell].axis] >= cells[cell].middle
      cell = cells[cell].lower + (isUpper ? 1 : 0)
      if cells[cell].corners < 0 { fill(cell, value) }
    }
    return cell
  }

  /// The interpolated values at both ends of the last axis, at the point's place on all others.
  mutating func ends(at point: Point, in index: Int) -> (low: Double, high: Double) {
    let place = (point - cells[index].lowPoint) * cells[index].scale
    let start = cells[index].corners
    let last = axes.count - 1
    return corners.withUnsafeBufferPointer { corners in
      scratch.withUnsafeMutableBufferPointer { values in
        var count = 1 << last
        // The first axis is folded while values are copied, from the highest bit of the others.
        for corner in 0..<count { values[corner] = corners[start + corner] }
        for corner in 0..<count { values[count + corner] = corners[start + count + corner] }
        var axis = last - 1
        while axis >= 0 {
          let half = count >> 1
          let share = place[axis]
          for side in 0..<2 {
            let base = side << last
            for corner in base..<base + half {
              values[corner] += (values[corner + half] - values[corner]) * share
            }
          }
          count = half
          axis -= 1
        }
        return (values[0], values[1 << last])
      }
    }
  }

  /// The ends of a cell on the last axis.
  func lastAxis(of index: Int) -> (low: Int, high: Int) {
    (Int(cells[index].low[axes.count - 1]), Int(cells[index].high[axes.count - 1]))
  }

  /// The interpolated value.
  mutating func value(at point: Point, in index: Int) -> Double {
    let (low, high) = ends(at: point, in: index)
    let last = axes.count - 1
    return low + (high - low) * ((point - cells[index].lowPoint) * cells[index].scale)[last]
  }

  // MARK: Making cells

  private mutating func addRoot(_ key: Int, _ value: (Node) -> Double) -> Int {
    var (low, high) = (Node(), Node())
    for index in axes.indices {
      let interval = key >> (6 * (axes.count - 1 - index)) & 63
      let ends = axes[index].ends(of: interval)
      (low[index], high[index]) = (Int32(ends.low), Int32(ends.high))
    }
    if let exact {
      low[axes.count] = Int32(exact.ends(of: key >> (6 * axes.count)).low)
      high[axes.count] = low[axes.count]
    }
    let root = cells.count
    add(low, high, depth: 0)
    fill(root, value)
    return root
  }

  private mutating func add(_ low: Node, _ high: Node, depth: Int) {
    var scale = Point()
    for index in axes.indices { scale[index] = 1 / Double(high[index] - low[index]) }
    cells.append(
      Cell(low: low, high: high, lowPoint: Point(low), scale: scale, depth: depth, corners: -1))
  }

  private mutating func node(_ node: Node, _ value: (Node) -> Double) -> Double {
    if let known = nodes[node] { return known }
    let result = value(node)
    nodes[node] = result
    return result
  }

  /// Evaluates the corners of a cell, and halves it if it is not accurate.
  private mutating func fill(_ index: Int, _ value: (Node) -> Double) {
    let cell = cells[index]
    let start = corners.count
    cells[index].corners = start
    for corner in 0..<1 << axes.count {
      var place = cell.low
      for axis in axes.indices where corner >> axis & 1 == 1 { place[axis] = cell.high[axis] }
      corners.append(node(place, value))
    }
    let (error, axis) = check(index, value)
    guard error > tolerance, let axis, cell.depth < depthLimit else {
      cells[index].isRough = error > Self.roughness
      if !cells[index].isRough { largestError = max(largestError, error) }
      return
    }
    refinedCells += 1
    let middle = Self.middle(cell.low[axis], cell.high[axis])
    var (lowerEnd, upperStart) = (cell.high, cell.low)
    lowerEnd[axis] = middle
    upperStart[axis] = middle
    cells[index].lower = cells.count
    cells[index].axis = axis
    cells[index].middle = Double(middle)
    add(cell.low, lowerEnd, depth: cell.depth + 1)
    add(upperStart, cell.high, depth: cell.depth + 1)
  }

  /// The worst relative difference at the check points, and the axis to halve; nil if no axis can
  /// be. Once a point fails, the others of its cell are not evaluated.
  private mutating func check(
    _ index: Int, _ value: (Node) -> Double
  ) -> (error: Double, axis: Int?) {
    let (low, high) = (cells[index].low, cells[index].high)
    var center = low
    var worst = (error: 0.0, axis: Int?.none)
    func middles(_ axis: Int) -> (first: Int32, second: Int32, third: Int32) {
      let second = Self.middle(low[axis], high[axis])
      return (Self.middle(low[axis], second), second, Self.middle(second, high[axis]))
    }
    let open = axes.indices.filter { axis in
      center[axis] = middles(axis).second
      return center[axis] > low[axis] && center[axis] < high[axis]
    }
    for isSecond in [true, false] {
      for axis in open {
        let parts = middles(axis)
        for part in isSecond ? [parts.second] : [parts.first, parts.third] {
          for var place in [low, high] {
            place[axis] = part
            let error = difference(place, index, value)
            if error > worst.error || worst.axis == nil { worst = (error, axis) }
          }
        }
      }
      if worst.error > tolerance { return worst }
    }
    guard worst.axis != nil else { return worst }
    var (near, far) = (low, high)
    for axis in open {
      near[axis] = middles(axis).first
      far[axis] = middles(axis).third
    }
    for place in [center, near, far] {
      worst.error = max(worst.error, difference(place, index, value))
    }
    return worst
  }

  private mutating func difference(
    _ place: Node, _ index: Int, _ value: (Node) -> Double
  ) -> Double {
    let exact = node(place, value)
    let estimate = self.value(at: Point(place), in: index)
    return exact > 0 ? abs(estimate / exact - 1) : 0
  }

  /// The geometric middle, rounded down but above the lower end; that end if nothing is between.
  private static func middle(_ low: Int32, _ high: Int32) -> Int32 {
    guard high - low > 1 else { return low }
    return max(low + 1, Int32((Double(max(1, low)) * Double(high)).squareRoot()))
  }
}
