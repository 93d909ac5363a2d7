// The fits of the compiled rows as a text, so that a run does not repeat them.
//
// A test fits again, compares, and leaves the text of the new fits in /tmp/fits.txt.

import Numerics
import Units

extension ClassFit {
  /// The fits of every class to its compiled rows, in the order of classes.
  package static var refitted: [ClassFit] {
    MeasuredClass.allCases.map { kernelClass in
      ClassFit(kernelClass, Series.all.filter { $0.kernelClass == kernelClass })
    }
  }

  /// The text of some fits.
  package static func text(_ fits: [ClassFit]) -> String {
    var lines: [String] = []
    for fit in fits {
      let tails = [fit.tail, fit.newShapeTail].flatMap { [$0.scale, $0.degrees] }
      lines.append("class \(fit.kernelClass.rawValue) " + tails.map(number).joined(separator: " "))
      let series = Series.all.filter { $0.kernelClass == fit.kernelClass }
      for (series, constants) in zip(series, fit.fits) {
        lines.append("series \(series.device.name) \(series.kind.name)")
        lines.append("theta " + constants.theta.map(number).joined(separator: " "))
        lines.append("means " + constants.means.map(number).joined(separator: " "))
        lines.append("deviations " + constants.deviations.map(number).joined(separator: " "))
        let outliers = constants.noiseScale.enumerated().filter { $0.element != 1 }
        lines.append(
          (["outliers"] + outliers.map { "\($0.offset):\(number($0.element))" })
            .joined(separator: " "))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Six significant digits, which is far below the errors of a fit.
  private static func number(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    let digits = 5 - Int((log2(abs(value)) / log2(10)).rounded(.down))
    let scale = power(10, Double(digits))
    return "\((value * scale).rounded() / scale)"
  }

  /// The compiled fits, in the order of classes.
  static let compiled: [ClassFit] = {
    guard let text = embeddedTexts.first(where: { $0.name == "fits" })?.text else {
      preconditionFailure("the fits are not compiled in")
    }
    return read(text)
  }()

  /// The fits of a text in the order of classes.
  static func read(_ text: String) -> [ClassFit] {
    var fits: [ClassFit] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      let numbers = words.dropFirst().compactMap { Double($0) }
      switch words[0] {
      case "class":
        guard let kernelClass = MeasuredClass(rawValue: String(words[1])) else {
          preconditionFailure("fits of the unknown class \(words[1])")
        }
        fits.append(
          ClassFit(
            kernelClass, tail: ErrorTail(scale: numbers[0], degrees: numbers[1]),
            newShapeTail: ErrorTail(scale: numbers[2], degrees: numbers[3])))
      case "series":
        let fit = fits.count - 1
        let kind = KernelKind(String(words[2]))
        let rows =
          Series.all.first {
            $0.kernelClass == fits[fit].kernelClass && $0.device.name == words[1]
              && $0.kind == kind
          }?.rows.count ?? 0
        fits[fit].fits.append(
          SeriesFit(
            theta: [], means: [], deviations: [], noiseScale: Array(repeating: 1, count: rows)))
      default: fits[fits.count - 1].add(words[0], numbers, Array(words.dropFirst()))
      }
    }
    return fits
  }

  private init(_ kernelClass: MeasuredClass, tail: ErrorTail, newShapeTail: ErrorTail) {
    self.kernelClass = kernelClass
    self.tail = tail
    self.newShapeTail = newShapeTail
    fits = []
  }

  private mutating func add(_ key: Substring, _ numbers: [Double], _ words: [Substring]) {
    let last = fits.count - 1
    switch key {
    case "theta": fits[last].theta = numbers
    case "means": fits[last].means = numbers
    case "deviations": fits[last].deviations = numbers
    default:
      for word in words {
        let parts = word.split(separator: ":")
        if let place = Int(parts[0]), let scale = Double(parts[1]) {
          fits[last].noiseScale[place] = scale
        }
      }
    }
  }
}
