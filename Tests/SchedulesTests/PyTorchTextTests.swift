// The CSV of PyTorch's pipeline schedules. Its expected content is written here from the rules of
// the notation and of the schedules, not copied from PyTorch.

import Testing

@testable import Schedules

@Suite("PyTorch's CSV of schedules")
struct PyTorchTextTests {
  private func problems(_ text: String) -> [String] {
    do {
      _ = try OrderText.checked(text)
      return []
    } catch {
      return error.all.map { "\($0.line):\($0.column): \"\($0.word)\": expected \($0.expected)" }
    }
  }

  /// A rank of DualPipeV in the eight phases of its authors' step(), in PyTorch's notation.
  ///
  /// Stage `rank` is the down chunk and stage 2P - 1 - `rank` the up chunk of a rank.
  private static func dualPipeV(rank: Int, ranks: Int, microbatches: Int) -> [String] {
    let stages = [rank, 2 * ranks - 1 - rank]
    var (forwards, backwards) = ([0, 0], [0, 0])
    var cells: [String] = []
    /// Weight gradients that are still to be computed, oldest first.
    var pending: [String] = []
    func next(_ letter: String, _ chunk: Int) -> String {
      let isForward = letter == "F"
      let number = isForward ? forwards[chunk] : backwards[chunk]
      if isForward { forwards[chunk] += 1 } else { backwards[chunk] += 1 }
      return "\(stages[chunk])\(letter)\(number)"
    }
    func forward(_ chunk: Int) { cells.append(next("F", chunk)) }
    func input(_ chunk: Int) {
      pending.append("\(stages[chunk])W\(backwards[chunk])")
      cells.append(next("I", chunk))
    }
    func weight() { cells.append(pending.removeFirst()) }
    func both(_ first: Int, _ second: Int) {
      cells.append("(\(next("F", first));\(next("B", second)))OVERLAP_F_B")
    }
    let above = ranks - 1 - rank
    for _ in 0..<2 * above { forward(0) }
    for _ in 0...rank {
      forward(0)
      forward(1)
    }
    for _ in 0..<above {
      input(1)
      weight()
      forward(1)
    }
    for turn in 0..<microbatches - 2 * ranks + rank + 1 {
      if turn == 0 && above == 0 {
        forward(0)
        cells.append(next("B", 1))
      } else {
        both(0, 1)
      }
      both(1, 0)
    }
    for _ in 0..<above {
      cells.append(next("B", 1))
      both(1, 0)
    }
    for turn in 0...rank {
      // The second half of these backwards leaves its weight gradients for later.
      for chunk in [1, 0] {
        let isLate = 2 * turn + (1 - chunk) > rank
        if isLate { input(chunk) } else { cells.append(next("B", chunk)) }
      }
    }
    for _ in 0..<above {
      weight()
      input(0)
    }
    while !pending.isEmpty { weight() }
    return cells
  }

  private static func dualPipeV(ranks: Int, microbatches: Int) -> String {
    (0..<ranks).map { rank in
      dualPipeV(rank: rank, ranks: ranks, microbatches: microbatches).joined(separator: ",")
    }.joined(separator: "\r\n") + "\r\n"
  }

  @Test("DualPipeV on 4 ranks with 10 microbatches takes 66 passes and holds 9 activations (F2-29)")
  func dualPipeVTimes() throws {
    let plan = try OrderText.checked(Self.dualPipeV(ranks: 4, microbatches: 10))

    let timeline = try evaluate(plan, .unit)

    #expect(plan.placement == .vShape(ranks: 4))
    #expect(plan.sizes == ScheduleSizes(ranks: 4, microbatches: 10))
    #expect(timeline.makespan == 66)
    // Half chunks, two for an activation of one rank's layers.
    #expect(timeline.peakActivations.max() == 9)
    let own = try #require(ScheduleCatalogue.named("dualpipev"))
    #expect(try plan.cells == own.plan(.init(ranks: 4, microbatches: 10)).cells)
  }

  @Test("passes of a line of ranks are read, with empty cells, spaces and implied transfers")
  func linear() throws {
    let plan = try OrderText.checked(
      "0F0, 0F1,,0RECV_B0,0I0,0W0,0B1\r\n,\"1F0\",1B0,1F1,1SEND_B0,1I1,1W1,1UNSHARD\r\n\r\n")

    let order =
      "# schedule=mine pp=2 microbatches=2 placement=linear\n"
      + "r0: F0@0 F1@0 B0@0 W0@0 D1@0\nr1: F0@1 D0@1 F1@1 B1@1 W1@1\n"
    #expect(try plan.cells == OrderText.checked(order).cells)
    #expect(plan.scheduleName == "pytorch" && plan.placement == .linear(ranks: 2))
  }

  @Test("stages that go round the ranks are interleaved chunks")
  func interleaved() throws {
    let plan = try OrderText.checked("0F0,2F0,2B0,0B0\n1F0,3F0,3B0,1B0\n")

    #expect(plan.placement == .interleaved(ranks: 2, chunks: 2))
    #expect(plan.sizes.chunks == 2)
  }

  @Test("every schedule in one direction survives export and reading")
  func roundTrip() throws {
    var exported = 0
    for kind in ScheduleCatalogue.all {
      let plan = try kind.plan(.init(ranks: 4, microbatches: 8))
      guard plan.weightCopies == 1 else {
        #expect(throws: PyTorchRefusal(schedule: kind.name)) { try PyTorchText.render(plan) }
        continue
      }
      let back = try OrderText.checked(PyTorchText.render(plan))

      exported += 1
      #expect(back.cells == plan.cells, "\(kind.name)")
      #expect(back.placement == plan.placement && back.sizes == plan.sizes, "\(kind.name)")
    }
    #expect(exported == ScheduleCatalogue.all.count - 2)
  }

  @Test("an order read from the CSV is stored in the program's notation and read again")
  func rendered() throws {
    let plan = try OrderText.checked("0F0,2F0,2B0,0B0\n1F0,3F0,3B0,1B0\n")

    #expect(try OrderText.checked(OrderText.render(plan)) == plan)
  }

  @Test("broken laws are told by line and column, in the notation of the file")
  func laws() {
    #expect(
      problems("0F0,0B0\n1F0, 1W0,1I0\n") == ["2:6: \"1W0\": expected 1I0 before it"])
    #expect(
      problems("0F0,0B0,1F0\n1F0,1B0\n") == [
        "1:9: \"1F0\": expected 1F0 on rank 1, which holds stage 1",
        "2:1: \"1F0\": expected each pass once, but 1F0 comes earlier too",
      ])
    #expect(problems("0F0,0B0\n1F0,1I0\n") == ["2:1: \"1F0\": expected 1W0 on this line too"])
  }

  @Test("what is no action, and stages that no placement has, are refused")
  func notation() {
    let action = "expected an action such as 0F3, 0I3, 0W3, 0B3 or (0F5;7B2)OVERLAP_F_B"
    #expect(problems("0F0,x\n") == ["1:5: \"x\": \(action)"])
    #expect(problems("0F0\n0G0\n") == ["2:1: \"0G0\": \(action)"])
    #expect(problems("0F0,(0F1;3I0)OVERLAP_F_B\n").first?.hasSuffix(action) == true)
    #expect(
      problems("0F0,1F0,1B0,0B0\n2F0,3F0,3B0,2B0\n") == [
        "1:5: \"1F0\": expected stages in turn on the ranks (0, 1, ... and again from 0), or in a V"
      ])
    #expect(problems("0F0,0B0,2F0,2B0\n1F0,1B0\n").first?.contains("not 3 stages") == true)
    for huge in ["0F99999999999", "99999999999F0", "0F9223372036854775807", "999999F0"] {
      #expect(!problems("\(huge),0B0\n").isEmpty)
    }
    #expect(!problems(",,\n0F0,0B0\n").isEmpty)
  }

  @Test("text that begins otherwise is not taken for the CSV")
  func otherTexts() {
    for text in ["", "\n", "# 0F0\n", "F0@0\n", "layer,0\n", "0F\n", "F0\n", "(0F0)\n"] {
      #expect(!PyTorchText.isText(text), "\(text)")
    }
    #expect(PyTorchText.isText("\r\n,,0F0\r\n") && PyTorchText.isText("\"12UNSHARD\""))
  }
}
