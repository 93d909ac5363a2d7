// How the members of a step differ: the rows of their experts, and how much of an exchange they
// send.

import Cluster
import Execution
import ModelCost
import Units

extension InferenceCompiler {
  private var expertLayers: Int { costs.model.expertLayers }

  /// Durations of experts on each member: layer x microbatches + microbatch.
  var durations: MemberDurations? {
    guard members.representatives.count > 1, expertLayers > 0 else { return nil }
    struct Tokens: Hashable {
      var microbatch: Int
      var rows: Int
      var arrived: Int
    }
    let spec = costs.spec
    let kind = LayerKind.layers.first { $0.hasExperts && costs.hasLayers(of: $0) } ?? .moe
    var known: [Tokens: ComputeTime] = [:]
    return MemberDurations(
      variantCount: expertLayers * rows.count,
      columns: Array(0..<members.representatives.count)
    ) { variant, member in
      let (layer, microbatch) = variant.quotientAndRemainder(dividingBy: rows.count)
      let traffic = members.traffic(layer: layer, microbatch: microbatch, member: member)
      // Kernels work on whole rows, so many GPUs have the same duration.
      let (count, arrived) = costs.expertTokens(rows[microbatch].tokens, traffic)
      let key = Tokens(
        microbatch: microbatch, rows: count, arrived: spec.phase == .decode ? 0 : arrived)
      if let time = known[key] { return time }
      let time = costs.time(.experts, of: kind, rows[microbatch], traffic: traffic)
      known[key] = time
      return time
    }
  }

  /// How much each member sends, by variant of an exchange.
  var shares: MemberShares? {
    guard costs.exchangesTokens else { return nil }
    let exchanges = rows.flatMap { rows in
      ExpertExchange.Direction.allCases.map { costs.exchange($0, rows.tokens) }
    }
    let directions = ExpertExchange.Direction.allCases.count
    return MemberShares(
      variantCount: expertLayers * exchanges.count,
      columns: Array(0..<members.representatives.count), partCount: ExchangeFlows.partCount
    ) { variant, member in
      let (layer, exchange) = variant.quotientAndRemainder(dividingBy: exchanges.count)
      return exchanges[exchange].shares(
        members.traffic(layer: layer, microbatch: exchange / directions, member: member))
    }
  }

  /// An exchange of a layer and microbatch.
  func variant(
    _ layer: Int, _ microbatch: Int, _ direction: ExpertExchange.Direction
  ) -> MemberShares.Variant {
    let directions = ExpertExchange.Direction.allCases.count
    return ID((layer * rows.count + microbatch) * directions + direction.caseIndex)
  }
}
