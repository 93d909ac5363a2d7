// The order of links in a fill, against sorting.

import Testing
import Units

@testable import Cluster

@Suite("Tournament of shares")
struct ShareTournamentTests {
  @Test("links come by share, then by number, while shares rise", arguments: [1, 2, 3, 7, 64, 100])
  func order(count: Int) {
    var random = RandomStream(seed: 5, purpose: RandomPurpose("test.tournament"), entity: count)
    var links = (0..<count).map { (share: Double(random.index(below: 8)), link: count - $0) }
    var tournament = ShareTournament(linkCount: count)
    for (share, link) in links { tournament.append(Int32(link), share: share) }
    tournament.play()

    while !links.isEmpty {
      links.sort { $0 < $1 }
      #expect(tournament.first == links[0].link)
      let share = links[0].share + Double(random.index(below: 3))
      let isLeast = links.dropFirst().allSatisfy { share <= $0.share }
      #expect(tournament.isLeast(share) == isLeast)
      if isLeast {
        tournament.removeFirst()
        links.removeFirst()
      } else {
        tournament.setShareOfFirst(share)
        links[0].share = share
      }
    }
  }

  @Test("a new fill forgets the links of the last one")
  func reuse() {
    var tournament = ShareTournament(linkCount: 3)
    for link in 0..<3 { tournament.append(Int32(link), share: 1) }
    tournament.play()

    tournament.removeAll()
    tournament.append(2, share: 5)
    tournament.append(1, share: -0.0)
    tournament.play()

    #expect(tournament.first == 1)
    tournament.removeFirst()
    #expect(tournament.first == 2)
  }
}
