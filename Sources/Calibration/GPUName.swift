// Catalogue names of the GPUs that tools name in words of the driver.

import KernelTimes

/// Names of GPUs.
enum GPUName {
  /// Words of drivers and tools, with the catalogue's name; of two that fit, the first.
  private static let words: [(words: [String], name: String)] = [
    (["gb300"], "gb300"), (["gb200"], "gb200"), (["b300"], "b300-sxm"), (["b200"], "b200-sxm"),
    (["h200"], "h200-sxm"), (["h100"], "h100-sxm"), (["h800"], "h800-sxm"),
    (["h20", "3e"], "h20-141gb"), (["h20", "141"], "h20-141gb"), (["h20"], "h20"),
    (["a100", "sxm"], "a100-sxm"), (["mi300x"], "mi300x"), (["mi355x"], "mi355x"),
  ]

  /// The catalogue's name; nil for a GPU that is not in it, such as cards for PCIe slots.
  static func catalogue(_ text: String) -> String? {
    if Device.names.contains(text) { return text }
    let lower = text.lowercased()
    guard !["pcie", "nvl ", " nvl", "gh200"].contains(where: lower.contains) else { return nil }
    let parts = lower.split { !($0.isLetter || $0.isNumber) }
    return words.first { entry in
      entry.words.allSatisfy { word in parts.contains { $0.hasPrefix(word) || $0 == word } }
    }?.name
  }
}
