// The program that `make fuzz` runs: libFuzzer with the target that FUZZ_TARGET names. Other
// arguments are libFuzzer's, for example a file to read again.

import Foundation
import Fuzzing

/// libFuzzer's own `main`: the package manager wants one of ours.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Reads an input; a finding ends the process, so that libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = [UInt8](UnsafeBufferPointer(start: start, count: count))
  if let finding = Fuzz.target.finding(input, on: Fuzz.bench) { fatalError(finding) }
  return 0
}

@main
enum Fuzz {
  /// What is fuzzed.
  static let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
      let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
      fatalError("FUZZ_TARGET is \"\(name)\"; known: \(known)")
    }
    return target
  }()

  /// Where inputs are read; libFuzzer calls from one thread only.
  nonisolated(unsafe) static let bench: FuzzBench = {
    guard let folder = ProcessInfo.processInfo.environment["FUZZ_FOLDER"] else {
      fatalError("FUZZ_FOLDER is not set: a folder for files, best in memory")
    }
    return FuzzBench(folder: folder, scenarios: "scenarios/")
  }()

  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    exit(runDriver(&count, &arguments, fuzz))
  }
}
