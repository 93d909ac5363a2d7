// Dispatch and combine of DeepEP's normal kernels between GPUs with balanced loads.
//
// A token crosses the network once for each distinct remote scale-up domain, to the GPU there with
// the sender's index, and from there NVLink once for each distinct GPU; combine is the mirror
// image. Chunks are pipelined, so the slowest of four legs determines the time: the NIC, NVLink,
// copying by the streaming multiprocessors, and forwarding. The bytes of each leg follow from the
// number of domains and GPUs that a token visits; the rates are calibrated in NormalKernelRates, on
// domains of one node. Valid for thousands of tokens; for uneven loads or other traffic on the
// links, use the flow network.

import Units

/// One all-to-all between the GPUs that share the experts of a layer.
package struct ExpertExchange: Hashable, Sendable {
  /// The direction in which tokens travel.
  package enum Direction: String, CaseIterable, Hashable, Sendable {
    /// Tokens to their experts, or the experts' results back.
    case dispatch
    case combine
  }

  package var direction: Direction
  /// Tokens that each GPU sends (dispatch) or receives (combine).
  package var tokens: Int
  /// Bytes of one token.
  package var bytesPerToken: Int
  /// Mean number of distinct scale-up domains that hold a token's experts.
  package var domainsPerToken: Double
  /// Mean number of distinct GPUs that hold a token's experts.
  package var gpusPerToken: Double
  /// Scale-up domains over which the experts are spread.
  package var domainCount: Int
  /// GPUs of each of these domains that share the experts.
  package var gpusPerDomain: Int

  package init(
    direction: Direction, tokens: Int, bytesPerToken: Int, domainsPerToken: Double,
    gpusPerToken: Double, domainCount: Int, gpusPerDomain: Int
  ) {
    self.direction = direction
    self.tokens = tokens
    self.bytesPerToken = bytesPerToken
    self.domainsPerToken = domainsPerToken
    self.gpusPerToken = gpusPerToken
    self.domainCount = domainCount
    self.gpusPerDomain = gpusPerDomain
  }

  /// Duration on nodes of this kind while `sms` streaming multiprocessors serve the exchange.
  package func seconds(
    on node: NodeSpec, sms: Int, release: DeepEPRelease = .february2025
  ) -> Double {
    legs(on: node, sms: sms, release: release).seconds
  }

  /// Duration of each leg of the exchange by itself.
  ///
  /// - Precondition: `sms` is positive.
  package func legs(
    on node: NodeSpec, sms: Int, release: DeepEPRelease = .february2025
  ) -> ExchangeLegs {
    precondition(sms > 0, "an exchange needs streaming multiprocessors")
    let rates = NormalKernelRates(direction, isInsideDomain: domainCount == 1, release: release)
    let nvlink = node.gpu.nvlinkPerDirection.value * rates.nvlinkShare
    let nic = node.networkPerGPU.value * rates.nicShare
    let isWide = domainCount > 1
    let factor = node.exchangeError.kernels * node.exchangeError.calls
    return ExchangeLegs(
      network: isWide ? networkBytes / nic * factor : 0,
      nvlink: nvlinkBytes / nvlink * factor,
      copying: allBytes * gpusPerToken / (Double(sms) * rates.copyPerSM) * factor,
      forwarding: isWide ? allBytes * domainsPerToken / rates.forwarding * factor : 0,
      latency: node.nvlinkLatency.value + (isWide ? node.networkLatency.value : 0))
  }

  /// Bytes of one copy of each token of a GPU.
  private var allBytes: Double { Double(tokens) * Double(bytesPerToken) }

  /// Bytes of the copies to domains, including the sender's: the basis of published bandwidths.
  package var logicalBytes: Double {
    allBytes * (domainCount > 1 ? domainsPerToken : gpusPerToken)
  }

  /// Bytes that a GPU's NIC sends: copies to remote domains.
  package var networkBytes: Double {
    allBytes * domainsPerToken * Double(domainCount - 1) / Double(domainCount)
  }

  /// Bytes that cross a GPU's NVLink port: copies to GPUs other than the forwarding one.
  package var nvlinkBytes: Double {
    allBytes * gpusPerToken * Double(gpusPerDomain - 1) / Double(gpusPerDomain)
  }
}

/// Seconds of each leg of an exchange by itself; the legs are pipelined.
package struct ExchangeLegs: Hashable, Sendable {
  /// Copies through a NIC.
  package var network: Double
  /// Copies through an NVLink port.
  package var nvlink: Double
  /// Work of the streaming multiprocessors.
  package var copying: Double
  /// Forwarding of copies to domains, remote and own.
  package var forwarding: Double
  /// Travel time of the last chunk.
  package var latency: Double

  /// Duration of the exchange.
  package var seconds: Double { max(network, nvlink, copying, forwarding) + latency }

  /// The name of the slowest leg.
  package var bound: String {
    switch max(network, nvlink, copying, forwarding) {
    case network: "NIC"
    case nvlink: "NVLink"
    case copying: "SMs"
    default: "forwarding"
    }
  }
}
