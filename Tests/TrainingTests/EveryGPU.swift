// A step with every GPU of an expert group: the reference for the folded one.

@testable import Training

/// Merges the programs of all GPUs of a group, and lets each exchange wait for the slowest.
struct EveryGPU {
  private(set) var program: StepProgram

  init(_ step: TrainingStep, gpus: Int) {
    let ranks = step.plan.sizes.ranks
    let parts = (0..<gpus).map { gpu in
      step.compiler(step.costs).compile(gpus: Array(repeating: gpu, count: ranks))
    }
    program = StepProgram(rankCount: ranks * gpus)
    var offsets: [Int] = []
    for (gpu, part) in parts.enumerated() {
      let offset = program.operations.count
      offsets.append(offset)
      for (index, operation) in part.operations.enumerated() {
        var copy = operation
        copy.rank += Int32(gpu * ranks)
        // Real GPUs wait for each other, not for an estimate.
        if copy.kind == .expertWait { (copy.alone, copy.besideCommunication) = (0, 0) }
        _ = program.add(copy, inputs: part.inputs[index].map { $0 + Int32(offset) })
      }
    }
    for rank in 0..<ranks {
      let exchanges = parts.map { part in
        part.stream(.communication, rank: rank).filter {
          [.dispatch, .combine].contains(part.operations[Int($0)].kind)
        }
      }
      for place in exchanges[0].indices {
        // The computation whose results an exchange sends.
        let senders = exchanges.indices.map { gpu in
          Int(parts[gpu].inputs[Int(exchanges[gpu][place])][0]) + offsets[gpu]
        }
        for gpu in exchanges.indices {
          for sender in senders where sender != senders[gpu] {
            program.require(sender, before: Int(exchanges[gpu][place]) + offsets[gpu])
          }
        }
      }
    }
  }
}
