// The time of kernels of one class, kind and GPU, with its spread: from the rows of its own series,
// or borrowed from the nearest series that has any.
//
// Borrowed times follow the lenders' parameters on the borrower's peaks, and half of their smooth
// correction. A GPU that a scenario changes keeps the rows of the one that it changes: on its own
// rates, with the whole correction, so that small changes have small effects.
// What is left is an offset of the whole series, whose size was found by withholding
// whole series: the further the lender, the larger.

import Facts
import Numerics
import Synchronization
import Units

/// What a predicted time rests on.
package enum KernelSupport: Hashable, Sendable {
  /// Rows of the same GPU and kind, at shapes near measured ones.
  case measured
  /// Rows of the same GPU and kind, of other shapes.
  case newShape
  /// Rows of other series: the same kind on another GPU of the architecture or on the one that a
  /// scenario changes the rates of (1), on another
  /// architecture (2), another kind on the same GPU (3), the same architecture and width of numbers
  /// (4), the same width (5), any other, or none (6).
  case borrowed(rung: Int)

  /// Deviation of ln time of a whole series from its lenders, by rung; found by withholding series.
  static let offsets = [0.15, 0.26, 0.34, 0.36, 0.36, 0.60]
  /// Of grouped products at least, which were measured on two GPUs that predict each other badly.
  static let groupedOffset = 0.35
}

extension KernelSupport {
  /// Deviation of ln time of a borrowed row: of its series, and of the row in it.
  func deviation(rung: Int, _ kernelClass: MeasuredClass) -> Double {
    var offset = Self.offsets[rung - 1]
    if kernelClass == .grouped { offset = max(offset, Self.groupedOffset) }
    let within = kernelClass.constants.withinSeries
    return (offset * offset + within * within).squareRoot()
  }
}

/// How far a predicted kernel time, which is a median, may be off.
package struct PredictionSpread: Sendable {
  /// What the time rests on.
  package var support: KernelSupport
  /// Standard deviation of ln time.
  package var deviation: Double
  /// The tail of the errors of ln time.
  package var tail: ErrorTail

  /// Makes it the time of another kind of kernel on the same GPU, to which the rows only lend.
  package mutating func lendToAnotherKind(of kernelClass: MeasuredClass) {
    let rung = if case .borrowed(let rung) = support { max(rung, 3) } else { 3 }
    support = .borrowed(rung: rung)
    deviation = support.deviation(rung: rung, kernelClass)
    tail = .borrowed
  }
}

/// Kernels of one class and kind on one GPU.
package struct KernelModel: Sendable {
  /// The law of their times.
  package let kernelClass: MeasuredClass
  /// Their precision and implementation.
  package let kind: KernelKind
  private let device: Device
  private let lenders: [ConditionedSeries]
  private let rung: Int?
  /// Whether the device is a changed one, whose rates are not those of its rows.
  private let isChanged: Bool
  private let tails: (tail: ErrorTail, newShape: ErrorTail)
  /// What the user's own rows say; nil without any.
  private let calibrated: CalibratedSeries?
  /// Arithmetic takes this many times as long as in the rows.
  private let slowdown: Double

  /// Long runs are at lower clocks than the bursts of rows: what that adds to ln time of
  /// arithmetic.
  package static let assumedSustainedClock = 0.053
  /// Standard deviation of that slowdown.
  package static let assumedClockDeviation = 0.015

  /// - Parameters:
  ///   - kernelClass: the law of the times.
  ///   - kind: name of a precision and implementation, such as `fp8_block`.
  ///   - device: the GPU, or the multiprocessors of it, that the kernels run on.
  ///   - library: the measured rows.
  ///   - sustained: whether clocks are those of a long run.
  ///   - clock: how far those of a draw are from the mean, in standard deviations.
  ///   - withheld: a GPU whose rows are not used.
  package init(
    _ kernelClass: MeasuredClass, _ kind: String, on device: Device,
    library: KernelLibrary = .compiled, sustained: Bool = true, clock: Double = 0,
    withheld: String? = nil
  ) {
    self.kernelClass = kernelClass
    self.kind = KernelKind(kind)
    self.device = device
    let found = library.lenders(kernelClass, self.kind, device, withheld: withheld)
    calibrated = withheld == nil ? library.calibrated(kernelClass, self.kind, device) : nil
    lenders = calibrated?.own.map { [$0] } ?? found.series
    var facts: [Fact] = []
    for fact in found.series.flatMap({ $0.series.facts }) where !facts.contains(fact) {
      facts.append(fact)
    }
    self.facts = facts
    rung = found.rung
    isChanged = device.isChanged(for: kernelClass)
    tails = library.tails(kernelClass)
    let isSustained = found.series.allSatisfy { $0.series.rows.allSatisfy(\.isSustained) }
    var slower = library.clock(of: device)
    // The offset of own rows contains what their clocks are off.
    if calibrated != nil { slower.mean = Self.assumedSustainedClock }
    slowdown =
      sustained && (found.series.isEmpty || !isSustained)
      ? exponential(slower.mean + slower.deviation * clock) : 1
  }

  /// The kernels of the first of some kinds with the user's own rows, else with rows of the GPU,
  /// else with the nearest lenders.
  package static func best(
    _ kernelClass: MeasuredClass, _ kinds: [String], on device: Device,
    library: KernelLibrary = .compiled, clock: Double = 0
  ) -> KernelModel {
    let models = kinds.map {
      KernelModel(kernelClass, $0, on: device, library: library, clock: clock)
    }
    let nearest = models.map(\.distance).min()
    guard let best = models.first(where: { $0.distance == nearest }) else {
      preconditionFailure("no kind of \(kernelClass.rawValue) was named")
    }
    return best
  }

  /// Deviation of a class's rows around their law and offset, when both are borrowed.
  package var withinSeries: Double { kernelClass.constants.withinSeries }

  /// Facts of the rows that times come from.
  package let facts: [Fact]

  /// The user's own files whose rows times come from.
  package var ownSources: [String] { calibrated?.measured.sources ?? [] }

  /// The compiled rows of its own GPU and kind; nil if times are borrowed.
  var ownSeries: ConditionedSeries? { rung == nil ? lenders.first : nil }

  /// How far its rows are from it: the rung, 0 for rows of the GPU, less for the user's own.
  private var distance: Int { calibrated == nil ? rung ?? 0 : -1 }

  /// The predicted time of a kernel.
  ///
  /// - Parameters:
  ///   - extents: as the columns of the class's rows.
  ///   - share: of the GPU's multiprocessors.
  ///   - extraBytes: memory traffic more than the law counts for the extents, or less.
  ///   - withoutCast: leaves out conversions that the rows contain.
  package func microseconds(
    _ extents: [Double], share: Double = 1, extraBytes: Double = 0, withoutCast: Bool = false
  ) -> Double {
    let law = law(share)
    let use = KernelUse(slowdown: slowdown, extraBytes: extraBytes, withoutCast: withoutCast)
    guard !lenders.isEmpty else {
      let medians = kernelClass.constants.parameters.map(\.median)
      return law.microseconds(extents, medians, use)
        * exponential(calibrated?.correction(extents) ?? 0)
    }
    var sum = 0.0
    for lender in lenders {
      sum += lender.mean(extents, on: law, fieldShare: rung == nil ? 1 : 0.5, use)
    }
    return exponential(sum / Double(lenders.count) + (calibrated?.correction(extents) ?? 0))
  }

  /// What the time of a kernel rests on.
  package func support(_ extents: [Double]) -> KernelSupport {
    if isChanged, rung == nil || calibrated != nil { return .borrowed(rung: 1) }
    if let calibrated, calibrated.own == nil {
      return calibrated.hasShape(of: extents) ? .measured : .newShape
    }
    if let rung { return .borrowed(rung: rung) }
    return lenders[0].hasShape(of: extents) ? .measured : .newShape
  }

  /// How far the predicted time of a kernel may be off.
  ///
  /// - Parameters:
  ///   - extents: as the columns of the class's rows.
  ///   - share: of the GPU's multiprocessors.
  package func spread(_ extents: [Double], share: Double = 1) -> PredictionSpread {
    let support = support(extents)
    switch support {
    case .measured, .newShape:
      var tail = support == .measured ? calibrated?.tail ?? tails.tail : tails.newShape
      // Also with the user's own rows, if these are as large as the compiled ones.
      if rung == nil, lenders[0].hasFewerRows(than: extents) { tail.scale *= 2.5 }
      let law = law(share)
      return PredictionSpread(
        support: support,
        deviation: calibrated?.deviation(extents, on: law)
          ?? lenders[0].deviation(extents, on: law), tail: tail)
    case .borrowed(let rung):
      return PredictionSpread(
        support: support, deviation: support.deviation(rung: rung, kernelClass), tail: .borrowed)
    }
  }

  private func law(_ share: Double) -> Law {
    var device = device
    device.share = share
    return Law(kernelClass: kernelClass, kind: kind, device: device)
  }
}

/// Measured series with their fits; each is conditioned on its rows when it is first asked for.
package final class KernelLibrary: Sendable {
  private let series: [Series]
  private let calibratedSeries: [CalibratedSeries]
  private let clocks: [ClockCalibration]
  /// The texts of the user's own rows; libraries with equal rows are equal.
  private let texts: [String]
  private let fits: [SeriesFit]
  private let classes: [ClassFit]
  private let conditioned = Mutex<[Int: ConditionedSeries]>([:])

  /// The rows that are compiled in.
  package static let compiled = KernelLibrary(ClassFit.compiled)

  private init(_ classes: [ClassFit], adding measurements: [Measurements] = []) {
    self.classes = classes
    series = Series.all
    fits = classes.flatMap(\.fits)
    calibratedSeries = measurements.flatMap(\.series)
    clocks = measurements.flatMap(\.clocks)
    texts = measurements.map(\.text)
  }

  /// The compiled rows and a user's own.
  ///
  /// - Parameter measurements: of different series.
  package convenience init(adding measurements: [Measurements]) {
    self.init(ClassFit.compiled, adding: measurements)
  }

  /// What the user's own rows say about a series; nil without any.
  package func calibrated(
    _ kernelClass: MeasuredClass, _ kind: KernelKind, _ device: Device
  ) -> CalibratedSeries? {
    calibratedSeries.first {
      $0.measured.kernelClass == kernelClass && $0.measured.kind == kind
        && $0.measured.device.name == device.kernelName
    }
  }

  /// Which series of a GPU follow the user's own rows, as a sentence, or that none does; nil
  /// without own rows.
  package func calibration(on device: Device) -> String? {
    guard !calibratedSeries.isEmpty else { return nil }
    let own = calibratedSeries.filter { $0.measured.device.name == device.kernelName }.map {
      "\($0.measured.kernelClass.rawValue) \($0.measured.kind.name)"
    }
    guard !own.isEmpty else { return "measurements: none are of \(device.kernelName)" }
    return "measurements: own rows of \(device.kernelName) for " + own.joined(separator: ", ")
  }

  /// How much slower arithmetic is in a long run than in rows, in ln time.
  package func clock(of device: Device) -> (mean: Double, deviation: Double) {
    let known = clocks.first { $0.gpu == device.kernelName }
    return (
      KernelModel.assumedSustainedClock + (known?.offset ?? 0),
      known?.deviation ?? KernelModel.assumedClockDeviation
    )
  }

  /// The series that a class, kind and GPU takes its times from, and the rung if it has no rows.
  ///
  /// - Parameter withheld: a GPU whose rows are not used.
  func lenders(
    _ kernelClass: MeasuredClass, _ kind: KernelKind, _ device: Device,
    withheld: String? = nil
  ) -> (series: [ConditionedSeries], rung: Int?) {
    let candidates = series.indices.filter {
      series[$0].kernelClass == kernelClass && series[$0].kind.mayLend(to: kind)
        && series[$0].device.name != withheld
    }
    func isSameKind(_ place: Int) -> Bool { series[place].kind == kind }
    func isSameWidth(_ place: Int) -> Bool { series[place].kind.format == kind.format }
    func isSameGPU(_ place: Int) -> Bool { series[place].device.name == device.measuredName }
    func isSameArchitecture(_ place: Int) -> Bool {
      series[place].device.architecture == device.architecture && device.architecture != .other
    }
    if let own = candidates.first(where: { isSameKind($0) && isSameGPU($0) }) {
      return ([conditionedSeries(own)], nil)
    }
    let rungs: [(Int) -> Bool] = [
      { isSameKind($0) && isSameArchitecture($0) }, isSameKind, isSameGPU,
      { isSameArchitecture($0) && isSameWidth($0) }, isSameWidth, { _ in true },
    ]
    for (place, isLender) in rungs.enumerated() {
      let lenders = candidates.filter(isLender)
      if !lenders.isEmpty { return (lenders.map(conditionedSeries), place + 1) }
    }
    return ([], rungs.count)
  }

  /// The tails of a class.
  func tails(_ kernelClass: MeasuredClass) -> (tail: ErrorTail, newShape: ErrorTail) {
    guard let fit = classes.first(where: { $0.kernelClass == kernelClass }) else {
      return (.borrowed, .borrowed)
    }
    return (fit.tail, fit.newShapeTail)
  }

  private func conditionedSeries(_ place: Int) -> ConditionedSeries {
    conditioned.withLock { known in
      if let series = known[place] { return series }
      let made = fits[place].conditioned(series[place], Array(series[place].rows.indices))
      known[place] = made
      return made
    }
  }
}

extension KernelLibrary: Hashable {
  /// Whether two libraries have the same rows.
  package static func == (a: KernelLibrary, b: KernelLibrary) -> Bool { a.texts == b.texts }

  /// Adds the user's own rows to a hash.
  package func hash(into hasher: inout Hasher) { hasher.combine(texts) }
}
