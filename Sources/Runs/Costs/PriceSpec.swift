// What a run costs: GPU-hours at a price, or a term that is paid whether it is used or not.

/// Prices of a run, USD.
package struct PriceSpec: Hashable, Sendable {
  /// Of a GPU-hour, from when nodes are granted to the end; spares count.
  package var gpuHour: Double
  /// Seconds that are paid in any case, from when the nodes are granted; nil without a reservation.
  package var reservedSeconds: Double?
  /// Of a GPU-hour beyond the reservation.
  package var gpuHourBeyond: Double
  /// Of a kWh, for owners; 0 if the price of a GPU-hour includes it.
  package var kilowattHour = 0.0
  /// Of storing 1e12 bytes for 30 days.
  package var terabyteMonth = 0.0

  /// The same price for every GPU-hour.
  package init(gpuHour: Double) {
    self.gpuHour = gpuHour
    gpuHourBeyond = gpuHour
  }

  /// The cost of a run.
  ///
  /// - Parameters:
  ///   - granted: seconds from when the nodes were granted to the end.
  ///   - gpus: GPUs of job and spares.
  ///   - storedBytes: bytes of all checkpoints that are kept.
  func cost(granted: Double, gpus: Double, joules: Double, storedBytes: Double) -> Double {
    let hours = granted / 3_600
    let term = reservedSeconds.map { $0 / 3_600 }
    let rent =
      term.map { gpuHour * $0 + gpuHourBeyond * max(0, hours - $0) } ?? gpuHour * hours
    return rent * gpus + kilowattHour * joules / 3.6e6
      + terabyteMonth * storedBytes / 1e12 * hours / 720
  }
}
