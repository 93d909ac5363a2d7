// Where commands write: links, things that are no files, and signals in the middle.

import Foundation
import Testing

@Suite("Output files")
struct OutputFileTests {
  private let tiny = House.root.appending(path: "scenarios/tiny-16gpu.yaml").path

  /// Runs shell commands in a folder, with `$P` for the program and `$S` for a scenario.
  private func shell(_ commands: String, in folder: URL) throws -> ChildProcess {
    try ChildProcess.run(
      "/bin/sh", ["-c", "P=$0; S=$1; \(commands)", ReadmeCommands.builtProgram.path, tiny],
      in: folder, limitSeconds: 300)
  }

  @Test("a link whose file is not there yet makes it, and stays a link")
  func links() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try shell(
      """
      mkdir there; ln -s there/r.db link.db; ln -s there/t.svg link.svg
      $P run $S --timeline -o link.db > out && $P run $S -o link.db > out &&
      $P timeline link.db --run 1 -o link.svg && $P timeline link.db --run 1 -o link.svg &&
      readlink link.db link.svg; ls there; $P query there/r.db 'SELECT count(*) n FROM run' \
      --format csv
      """, in: folder)

    #expect(result.status == 0, "\(result.errors)")
    #expect(
      result.output == "there/r.db\nthere/t.svg\nr.db\nt.svg\nn\r\n2\r\n", "\(result.output)")
  }

  @Test("what is not a regular file is not replaced by one, nor a file that has a similar name")
  func others() throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try shell(
      """
      mkfifo pipe.svg; echo mine > a.svg.part; $P run $S --timeline -o r.db > out
      $P timeline r.db -o pipe.svg; echo $?; $P timeline r.db -o a.svg; cat a.svg.part
      test -p pipe.svg && echo pipe
      """, in: folder)

    #expect(result.output == "74\nmine\npipe\n", "\(result.errors)")
    #expect(result.errors.contains("pipe.svg: error: is not a regular file"))
  }

  @Test("a signal leaves no unfinished file", arguments: ["TERM", "INT", "HUP"])
  func signals(name: String) throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try shell(
      """
      for pause in 0.1 0.2 0.3 0.4 0.5 0.6; do
        $P run $S --timeline -o $pause.db > out 2>&1 & sleep $pause; kill -\(name) $!; wait $!
      done
      ls; for file in *.db; do
        test ! -f $file || $P query $file 'SELECT id FROM run' > out || exit 1
      done
      """, in: folder)

    #expect(result.status == 0, "\(result.errors)")
    #expect(!result.output.contains("creating"), "\(result.output)")
  }
}
