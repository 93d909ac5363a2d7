// What timers remember of kernels: steps of a surface ask for most kernels again and again.

import Synchronization

/// A value for each kernel on some multiprocessors, made by the first that asks.
package final class KernelMemory<Value: Sendable>: Sendable {
  private struct Question: Hashable {
    var kernel: Kernel
    var sms: Int
  }

  /// The most values that are kept.
  private static var limit: Int { 200_000 }

  private let known = Mutex<[Question: Value]>([:])

  package init() {}

  /// The value of a kernel.
  func value(of kernel: Kernel, sms: Int, make: () -> Value) -> Value {
    let question = Question(kernel: kernel, sms: sms)
    if let value = known.withLock({ $0[question] }) { return value }
    let value = make()
    known.withLock { if $0.count < Self.limit { $0[question] = value } }
    return value
  }
}
