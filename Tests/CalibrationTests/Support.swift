// Shared by the suites of this target: the sample files of each format, written for these tests.

import Foundation
import Testing

@testable import Calibration

/// A file of Fixtures.
func fixture(_ name: String) throws -> MeasurementFile {
  let file = try #require(
    Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures"))
  return MeasurementFile(name: name, text: try String(contentsOf: file, encoding: .utf8))
}

/// The rows of a file of Fixtures.
func reading(_ name: String) throws -> Reading {
  let file = try fixture(name)
  return try #require(MeasurementFormat.of(file.text)).read(file.text, name: file.name)
}
