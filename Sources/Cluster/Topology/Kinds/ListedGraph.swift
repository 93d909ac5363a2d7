// Places and listed links between them, and the shortest routes over them.

/// Places by number: endpoints first, then switches in order of their first mention.
struct ListedGraph: Sendable {
  private let endpointCount: Int
  private var ends: [(from: Int, to: Int)] = []
  private var outgoing: [[Int32]]
  private var numbers: [String: Int] = [:]

  /// Places in all.
  var placeCount: Int { outgoing.count }

  init(endpoints: [String], _ listed: [ListedLink]) {
    endpointCount = endpoints.count
    outgoing = Array(repeating: [], count: endpoints.count)
    for (number, name) in endpoints.enumerated() { numbers[name] = number }
    for (index, link) in listed.enumerated() {
      let (from, to) = (number(of: link.from), number(of: link.to))
      ends.append((from, to))
      outgoing[from].append(Int32(index))
    }
  }

  private mutating func number(of place: String) -> Int {
    if let known = numbers[place] { return known }
    let new = outgoing.count
    outgoing.append([])
    numbers[place] = new
    return new
  }

  /// The link by which a breadth-first walk from an endpoint first comes to each place; or -1.
  func shortestArrivals(from source: Int) -> [Int32] {
    var arrivals = [Int32](repeating: -1, count: outgoing.count)
    var isSeen = [Bool](repeating: false, count: outgoing.count)
    var waiting = [source]
    isSeen[source] = true
    var position = 0
    while position < waiting.count {
      // Endpoints end routes: traffic does not pass through them.
      let place = waiting[position]
      position += 1
      if place < endpointCount && place != source { continue }
      for link in outgoing[place] where !isSeen[ends[Int(link)].to] {
        isSeen[ends[Int(link)].to] = true
        arrivals[ends[Int(link)].to] = link
        waiting.append(ends[Int(link)].to)
      }
    }
    return arrivals
  }

  /// The links of the route in a row of `arrivals`; empty where there is none.
  func route(to target: Int, _ arrivals: [Int32], rowStart: Int = 0) -> [Int32] {
    var route: [Int32] = []
    var place = target
    while arrivals[rowStart + place] >= 0 {
      route.append(arrivals[rowStart + place])
      place = ends[Int(arrivals[rowStart + place])].from
    }
    return route.reversed()
  }

  /// Endpoints; cables between switches, both directions as one.
  var counts: TopologyCounts {
    let between = ends.filter { $0.from >= endpointCount && $0.to >= endpointCount }
    let pairs = Set(between.map { [min($0.from, $0.to), max($0.from, $0.to)] })
    return TopologyCounts(
      endpoints: endpointCount, switches: outgoing.count - endpointCount, links: pairs.count)
  }
}
