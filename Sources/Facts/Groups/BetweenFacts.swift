// What lies between kernels, and what lies between GPUs that do the same.

/// Facts `khost.` and `kvar.`.
package struct BetweenFacts: Sendable {
  package let gpuSpread = Fact(
    "kvar.gpu_spread", "0.05", "",
    "range of the best GEMM rates among the 8 GPUs of a node, often more", .input, .primary,
    "ml-engineering, compute/accelerator at 744d01e, https://github.com/stas00/ml-engineering")
}
