import Recording
import Testing
import Units

@Suite("Impossible results are refused by name")
struct RecordInvariantsTests {
  private func record(
    metrics: [Metric], times: [Int64], stepTime: Int64 = 10
  ) -> SimulationResult {
    SimulationResult(
      stepTime: SimDuration(picoseconds: stepTime), metrics: metrics,
      rankTimes: times.map {
        RankTime(
          rank: 0, phase: .forwardAlone, activity: .compute, time: SimDuration(picoseconds: $0))
      })
  }

  @Test(
    "INV-12: a metric that is NaN or infinite stops the run",
    arguments: [.nan, Double.infinity])
  func nonFinite(value: Double) {
    let record = record(metrics: [Metric(.stepTime, value)], times: [10])

    #expect { try record.checkInvariants() } throws: {
      ($0 as? BrokenInvariant)?.number == 12
    }
  }

  @Test("INV-13: times that differ from the step time by one picosecond stop the run")
  func sumOfTimes() throws {
    try record(metrics: [], times: [4, 6]).checkInvariants()
    #expect { try record(metrics: [], times: [4, 6], stepTime: 11).checkInvariants() } throws: {
      ($0 as? BrokenInvariant)?.number == 13
    }
  }

  @Test("INV-14: a bubble below 0 or above 1 stops the run", arguments: [-0.07, 1.01])
  func bubbleRange(value: Double) {
    let record = record(metrics: [Metric(.bubbleRatio, value)], times: [10])

    #expect { try record.checkInvariants() } throws: {
      ($0 as? BrokenInvariant)?.number == 14
    }
  }

  @Test("INV-6: a layer whose experts lack a row stops the run")
  func expertRows() throws {
    var record = record(metrics: [Metric(.expertRowsPerLayer, 10)], times: [])
    record.expertLoads = [(0, 4), (0, 6), (1, 3), (1, 7)].enumerated().map {
      ExpertLoad(layer: $1.0, expert: $0, gpu: 0, rows: $1.1)
    }

    try record.checkInvariants()
    record.expertLoads[3].rows = 6
    #expect { try record.checkInvariants() } throws: {
      ($0 as? BrokenInvariant)?.number == 6
    }
  }

  @Test("INV-8: a request that is in no state stops the run, in all or in one class")
  func requestStates() throws {
    var metrics = [Metric(.requestsArrived, 3), Metric(.requestsFinished, 2)]
    metrics += [Metric(.requestsQueued, 1)]
    try record(metrics: metrics, times: []).checkInvariants()

    for metric in [Metric(.requestsLost, 1), Metric(.requestsArrived, 1, scope: .class("a"))] {
      #expect { try record(metrics: metrics + [metric], times: []).checkInvariants() } throws: {
        ($0 as? BrokenInvariant)?.number == 8
      }
    }
  }

  @Test("INV-16: a value outside its interval stops the run")
  func intervals() throws {
    let metrics = [
      Metric(.steadyTimeToFirstToken, 2), Metric(.steadyTimeToFirstToken, 1, statistic: .low),
    ]
    try record(metrics: metrics, times: []).checkInvariants()

    let high = Metric(.steadyTimeToFirstToken, 1.5, statistic: .high)
    #expect { try record(metrics: metrics + [high], times: []).checkInvariants() } throws: {
      ($0 as? BrokenInvariant)?.number == 16
    }
  }
}
