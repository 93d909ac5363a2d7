// The comparison of inference steps, in grid order.

import Recording
import Units

extension QuestionForm {
  /// The form for inference steps: tokens/s against memory.
  static let inferenceStep = QuestionForm(
    name: "inference_step",
    yield: "Step of inference",
    headline: .tokensPerSecondPerNode,
    costs: ComparisonCosts(
      first: { -$0.value(.tokensPerSecondPerNode) }, second: { $0.value(.peakMemory) }),
    subject: nil, isRanked: false, rowsName: "points",
    tables: [
      ComparisonTable(
        title: "Step (*: no other row yields more tokens/s and needs less memory)",
        columns: [
          .init("step") { durationText(seconds: $0.value(.stepTime)) },
          .init("TPOT") {
            $0.record.value(.timePerOutputToken).map { durationText(seconds: $0) } ?? "-"
          },
          .init("tokens/s per node") { significantText($0.value(.tokensPerSecondPerNode)) },
          .beatsBest,
          .init("exposed") { percentText($0.value(.exposedCommunicationRatio)) },
          .init("most loaded GPU / mean") { significantText($0.value(.gpuLoadMaxOverMean)) },
          .init("planned for", needs: .plannedMaxOverMean) {
            $0.record.value(.plannedMaxOverMean).map { significantText($0) } ?? "-"
          },
          .init("memory") { memoryText(bytes: $0.value(.peakMemory)) },
          .init("largest batch") { "\(Int($0.value(.largestBatch)))" },
          .init("", .left) { $0.isPareto ? "*" : "" },
        ])
    ],
    details: { _ in [] })
}
