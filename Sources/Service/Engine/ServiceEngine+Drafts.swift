// Acceptance of drafts. The numbers belong to a request and its verification, so that compared
// services draw the same ones.

import Units

extension ServiceEngine {
  /// Drafts that the next verification of a request accepts.
  mutating func acceptedDrafts(_ request: RequestID) -> Int {
    let verification = live[request.index].verifications
    live[request.index].verifications += 1
    if let given = requests[request.index].accepted {
      return verification < given.count ? given[verification] : 0
    }
    let probabilities = setup.acceptance
    for (draft, probability) in probabilities.enumerated() {
      let draw = UInt64(verification * probabilities.count + draft)
      if draftNumbers.uniform(request.index, draw) >= probability { return draft }
    }
    return probabilities.count
  }
}

/// The uniform numbers of verifications.
struct DraftNumbers {
  private let seed: UInt64
  private let purpose = UInt64(RandomPurpose("service.drafts").code) << 32

  init(seed: UInt64) { self.seed = seed }

  /// Number `draw` of a request, in (0, 1).
  func uniform(_ request: Int, _ draw: UInt64) -> Double {
    let words = Philox2x64.block(
      counter: (purpose | UInt64(request), draw >> 1), key: seed)
    let word = draw & 1 == 0 ? words.0 : words.1
    return (Double(word >> 12) + 0.5) * 0x1p-52
  }
}
