// Routing traces as records: statistics of a stored trace, and the result of scaling it up.

import Recording
import Routing

extension Study {
  /// Balance and specialisation of every layer of a trace.
  ///
  /// - Precondition: nodes divide the GPUs, which divide the experts.
  package static func traceStatistics(
    _ trace: RoutingTrace, hash: String, nodes: Int, gpus: Int
  ) -> Study {
    let (origin, gate) = (trace.origin, trace.gate)
    let layers = trace.layers.indices.map { layer in
      row(
        RoutingStatistics(trace, layer: layer, nodeCount: nodes, gpuCount: gpus), trace.domains)
    }
    return Study(
      .traceStatistics,
      [
        "trace_sha256": hash, "preset": origin.preset, "seed": String(origin.seed),
        "trained_steps": origin.trainedSteps, "balance": origin.balance,
        "corpus_sha256": origin.corpusHash, "program_version": origin.programVersion,
        "command": origin.command, "traced_steps": trace.steps.count, "tokens": trace.tokenCount,
        "nodes": nodes, "gpus": gpus, "experts": gate.experts, "groups": gate.groups,
        "top_k": gate.topK, "group_limit": gate.groupLimit, "drafts": origin.drafts,
        "accepted_drafts": origin.acceptedDrafts,
        "mtp_acceptance": origin.drafts > 0
          ? Double(origin.acceptedDrafts) / Double(origin.drafts) : nil as Double?,
        "layers": layers,
      ])
  }

  private static func row(_ layer: RoutingStatistics, _ domains: [String]) -> RecordValue {
    let domains = domains.enumerated().map { domain, name -> RecordValue in
      [
        "domain": name, "max_over_mean": layer.maxOverMean(domain: domain),
        "sigma_ln": layer.sigma(domain: domain), "visits": layer.visits[domain],
      ]
    }
    return [
      "layer": layer.layer, "rows": layer.rows, "max_over_mean": layer.maxViolation + 1,
      "sigma_ln": layer.sigma, "max_violation": layer.maxViolation,
      "batch_max_violation": layer.batchMaxViolation,
      "mutual_information_bits": layer.mutualInformation,
      "neighbour_jaccard": layer.neighbourJaccard, "nodes_per_token": layer.fanOut.nodes,
      "gpus_per_token": layer.fanOut.gpus, "mean_gate_score": layer.meanScore,
      "domains": domains,
    ]
  }

  /// The fits of a trace's layers, and the layers scaled up from them.
  package static func traceScaling(_ scaled: TraceScaling.Scaled) -> Study {
    let fits = scaled.fits.map { fit -> RecordValue in
      [
        "layer": fit.layer, "measured_sigma_ln": fit.measuredSigma,
        "target_sigma_ln": fit.targetSigma, "sigma_ln": fit.outcome.domainSigma,
        "measured_neighbour_jaccard": fit.measuredJaccard,
        "neighbour_jaccard": fit.outcome.neighbourJaccard,
        "domain_strength": fit.strengths.domain, "context_strength": fit.strengths.context,
      ]
    }
    let layers = scaled.outcomes.enumerated().map { number, outcome -> RecordValue in
      [
        "number": number, "sigma_ln": outcome.domainSigma, "max_violation": outcome.maxViolation,
        "mutual_information_bits": outcome.mutualInformation,
        "nodes_per_token": outcome.fanOut.nodes, "gpus_per_token": outcome.fanOut.gpus,
      ]
    }
    return Study(
      .traceScaling, ["fits": fits, "layers": layers, "notes": scaled.profile.notes])
  }
}
