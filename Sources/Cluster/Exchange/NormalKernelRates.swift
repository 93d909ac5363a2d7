// Achieved rates of DeepEP's normal kernels on links and multiprocessors. Each constant names the
// one or two kernel-level rows from which it is solved with the exchange's own formula. All other
// rows are predictions (ExchangeMeasurements marks them). Bytes are payload: the cost of message
// headers, about 1 %, is included in the shares.

/// Release of the kernels that move the tokens.
package enum DeepEPRelease: String, CaseIterable, Hashable, Sendable {
  /// The first release, nearest to the stack that DeepSeek-V3 was trained on.
  case february2025 = "2025-02"
  /// After the forwarding between nodes was rewritten in April 2025.
  case june2025 = "2025-06"
}

/// Rates of one direction of the normal kernels.
struct NormalKernelRates: Hashable, Sendable {
  /// Achieved over nominal bandwidth of an NVLink port.
  var nvlinkShare: Double
  /// Achieved over nominal bandwidth of a NIC.
  var nicShare: Double
  /// Rate at which one multiprocessor copies bytes to GPUs, B/s.
  var copyPerSM: Double
  /// Maximum rate of forwarding copies to nodes, B/s, for any number of multiprocessors.
  var forwarding: Double

  init(_ direction: ExpertExchange.Direction, isInsideDomain: Bool, release: DeepEPRelease) {
    let isDispatch = direction == .dispatch
    if isInsideDomain {
      // ep.v1.intranode_ep8: 153 and 158 GB/s over 8 GPUs with 200 GB/s ports.
      nvlinkShare = isDispatch ? 0.6715 : 0.6924
      // ep.h100.normal, 1 node, 20 SMs: 491 and 973 us, slower than its NVLink ports allow.
      copyPerSM = isDispatch ? 16.44e9 : 16.03e9
    } else {
      // ep.v1.ep16: 43 and 43 GB/s, bound by NVLink according to its source.
      nvlinkShare = isDispatch ? 0.6188 : 0.6173
      // ep.h100.normal, 4 nodes, 8 SMs: 2,502 and 6,078 us.
      copyPerSM = isDispatch ? 11.02e9 : 8.786e9
    }
    // ep.h100.normal, 4 nodes, 24 SMs: 1,791 and 3,522 us.
    nicShare = isDispatch ? 0.9201 : 0.9057
    // ep.v0.normal: 44 and 46 GB/s (dispatch), 47 and 45 (combine) at 4 and 8 nodes: the same rate
    // of logical bytes for any remote fraction. Geometric means.
    forwarding = release == .june2025 ? .infinity : isDispatch ? 45.11e9 : 46.06e9
  }
}
