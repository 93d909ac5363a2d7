// Runs other programs for tests that need them: the formatter, make, dsv3sim.

import Foundation

/// The result of a program.
struct ChildProcess {
  /// Exit status; 124 after the time limit, as with `timeout`.
  var status: Int32
  var output: String
  var errors: String

  /// Runs a program and waits until it ends. Its temporary files are removed.
  ///
  /// - Parameters:
  ///   - program: the path of the program.
  ///   - environment: the whole environment; nil for this process's own.
  ///   - limitSeconds: the time after which the program and its children are killed.
  /// - Throws: Foundation's error if the program cannot be started.
  static func run(
    _ program: String, _ arguments: [String], in folder: URL = House.root,
    environment: [String: String]? = nil, limitSeconds: Double = 300
  ) throws -> ChildProcess {
    let scratch = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: scratch) }
    let (output, errors) = (scratch.appending(path: "out"), scratch.appending(path: "err"))
    for file in [output, errors] { try Data().write(to: file) }

    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    // Compilers and the package manager leave folders and locks among temporary files: here they
    // are removed with the rest.
    process.environment = (environment ?? ProcessInfo.processInfo.environment)
      .merging(["TMPDIR": scratch.path]) { _, scratch in scratch }
    try process.run()

    let end = Date().addingTimeInterval(limitSeconds)
    while process.isRunning && Date() < end { Thread.sleep(forTimeInterval: 0.005) }
    let isLate = process.isRunning
    // Test threads block weaker signals, and children inherit the mask. Foundation starts a
    // program in a process group of its own, and waits until all in it have closed its socket.
    if isLate { Foundation.kill(-process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    return ChildProcess(
      status: isLate ? 124 : process.terminationStatus,
      output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }

  /// Starts a program and ends it by SIGKILL when its time is up.
  ///
  /// - Returns: whether the signal ended it; false if it had ended by itself.
  /// - Throws: Foundation's error if the program cannot be started.
  static func kill(
    _ program: String, _ arguments: [String], limitSeconds: Double = 300, when isTime: () -> Bool
  ) throws -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let end = Date().addingTimeInterval(limitSeconds)
    while process.isRunning, Date() < end, !isTime() {
      Thread.sleep(forTimeInterval: 0.001)
    }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }

  /// Creates a folder that the caller must remove.
  static func temporaryFolder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "dsv3sim-house-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// The path of a program on the search path; nil if there is none.
  static func find(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .map { $0 + "/" + name }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
