// Error messages of the program: all commands and rooms use the same form.

import Foundation
import Testing

@Suite("Errors of commands")
struct CommandErrorsTests {
  /// A failing command line: its arguments, its exit status, and words of its message.
  struct Case: Sendable, CustomTestStringConvertible {
    let words: [String]
    let status: Int32
    let part: String
    var testDescription: String { words.joined(separator: " ") }

    init(_ line: String, _ status: Int32, _ part: String) {
      words = line.split(separator: " ").map { $0 == "''" ? "" : String($0) }
      self.status = status
      self.part = part
    }
  }

  private static let durations = "--forward 1 --backward-input 1 --backward-weight 1"
  private static let machine = "--groups 1 --nodes 1 --gpus 2"

  static let usage = [
    Case("runn a.yaml", 64, "error: \"runn\" is not a command"),
    Case("runn", 64, "did you mean \"run\"?"),
    Case("moe tarin", 64, "did you mean \"train\"?"),
    Case("schedules evalute", 64, "did you mean \"evaluate\"?"),
    Case("run", 64, "error: missing expected argument '<scenario>'"),
    Case("run", 64, "\n  see: dsv3sim run --help\n"),
    Case("run good.yaml --nope", 64, "error: unknown option '--nope'"),
    Case("run good.yaml --timelin", 64, "\n  did you mean '--timeline'?\n"),
    Case("run good.yaml b", 64, "unexpected argument 'b'"),
    Case("run good.yaml --format xml", 64, "the value 'xml' is invalid for '--format"),
    Case("run good.yaml --seed x", 64, "the value 'x' is invalid for '--seed"),
    Case("run good.yaml --set", 64, "missing value for '--set <key=value>'"),
    Case("run run.yaml --timeline", 64, "is a whole run\n  only steps have a timeline: leave"),
    Case("run service.yaml --timeline", 64, "is a service\n  only steps have a timeline: leave"),
    Case("run good.yaml --requests-table", 64, "--requests-table: \"tiny-16gpu\" is not a service"),
    Case("run good.yaml --for aiperf", 64, "--for aiperf: \"tiny-16gpu\" is not a service"),
    Case("schema --results --format json", 64, "error: --results has no form \"json\"\n"),
    Case("compare good.yaml --over x", 64, "--over \"x\" is not KEY=VALUE,VALUE"),
    Case("compare good.yaml --over seed=1 --over seed=2", 64, "give all its values in one"),
    Case("compare good.yaml --schedule dualpip", 64, "did you mean \"dualpipe\"?"),
    Case("compare good.yaml --schedule 1f1b,", 64, "the value '1f1b,' is invalid"),
    Case("compare good.yaml --jobs 0", 64, "--jobs \"0\": expected 1 to 1024"),
    Case(
      "plan train run.yaml --find gpus", 64, "--find gpus needs a bound\n  give --days, --budget"),
    Case("plan train run.yaml --find gpus --days 0", 64, "--days \"0.0\": expected above 0"),
    Case("plan train run.yaml --find gpus --days=-1", 64, "--days \"-1.0\": expected above 0"),
    Case("plan train run.yaml --find gpus --days nan", 64, "--days \"nan\": expected above 0"),
    Case("plan train run.yaml --find tokens --budget=-1", 64, "--budget \"-1.0\": expected above"),
    Case("plan train run.yaml --find days --gpus 3", 64, "expected a multiple of the 8 of a node"),
    Case("plan train run.yaml --find gpus --gpus 8", 64, "expected no --gpus: it is looked for"),
    Case("plan train run.yaml --find gpus --days 1 --most-nodes 0", 64, "expected 1 to 100000"),
    Case("show trace.db --run 1 --experiment 1", 64, "one of them at a time"),
    Case("query trace.db gpu-hour", 64, "did you mean \"gpu-hours\"?"),
    Case("query trace.db SELECT\tx", 64, "trace.db: error: the query is not valid"),
    Case("timeline trace.db -o a.txt", 64, "\"a.txt\" has no known suffix"),
    Case("timeline trace.db -o a.svg --from 3 --to 1", 64, "--from 3.0 is not before --to 1.0"),
    Case("schedules evaluate \(durations)", 64, "a schedule is NAME with"),
    Case("schedules evaluate dualpip --stages 2 --microbatches 4 \(durations)", 64, "did you mean"),
    Case("schedules evaluate dualpipe --stages 3 --microbatches 4 \(durations)", 64, "ranks=3: "),
    Case(
      "schedules evaluate 1f1b --stages 2 --microbatches 4 --forward=-1 --backward-input 1"
        + " --backward-weight 1", 64, "forward=-1.0: must be between 0 and 1e+300"),
    Case("schedules export dualpipe --stages 2 --microbatches 5", 64, "microbatches=5: "),
    Case("experts place --replicas 4 \(machine)", 64, "place needs COUNTS or --from FILE"),
    Case("experts place c.csv --replicas 4 \(machine) --dense-layers 3", 64, "needs --for"),
    Case("experts evaluate c.csv --replicas 4 \(machine) --dense-layers 3", 64, "needs --placem"),
    Case("experts place c.csv --replicas 4 \(machine) -o a.json", 64, "only with place --for"),
    Case("experts sweep c.csv \(machine) --redundant 1,x", 64, "'1,x' is invalid"),
    Case("experts sweep c.csv \(machine) --redundant=-1", 64, "expected at least 0"),
    Case("experts drift --model nope", 64, "--model \"nope\" is not a model"),
    Case("moe train --resume", 64, "--resume needs --checkpoint FILE"),
    Case("moe generate none ''", 64, "the prompt is empty"),
    Case("moe scale trace.db --layers 0", 64, "--layers \"0\" is outside 1 to 1024"),
    Case("moe scale trace.db --sequences 1", 64, "without text\n  expected: at least 4"),
    Case("moe stats trace.db --nodes 3", 64, "--nodes \"3\" does not divide the 256 experts"),
    Case("moe compare --seeds 1,x", 64, "the value '1,x' is invalid"),
    Case("moe compare --seeds 1,2,1", 64, "--seeds \"1\" is given twice"),
    Case("moe validate --seeds 3,3", 64, "--seeds \"3\" is given twice"),
    Case("bench network --cases nope", 64, "--cases: \"nope\" is not a case"),
    Case("inference --batches 0,8", 64, "--batches \"0\": expected at least 2"),
  ]

  static let data = [
    Case("validate bad.yaml", 65, "bad.yaml:2:10: error: cluster: is a single value, not"),
    Case("run sweep.yaml", 65, "sweep.yaml: error: is a sweep, not a scenario\n  run it with: "),
    Case("run config.json", 65, "config.json: error: is the configuration of a model, not a sce"),
    Case("sweep good.yaml", 65, "good.yaml: error: is a scenario, not a sweep\n  run it with: "),
    Case("validate empty.yaml", 65, "empty.yaml: error: is empty"),
    Case("validate good.yaml --set x", 65, "--set x: error: \"x\" is not KEY=VALUE"),
    Case("validate good.yaml --set training.schedule=dualpip", 65, "did you mean \"dualpipe\"?"),
    Case("validate good.yaml --set training.microbatches=3", 65, "microbatches=3: DualPipe"),
    Case(
      "validate good.yaml --set cluster.nodes.x=3", 65,
      "--set cluster.nodes.x: error: cluster.nodes: is a mapping, not a single value"),
    Case("plan train run.yaml --find days --tokens 0", 65, "\"0 tokens\" is out of range"),
    Case("plan train run.yaml --find days --tokens nan", 65, "\"nan tokens\" is not finite"),
    Case("plan train run.yaml --find days --gpus 24", 65, "but the cluster has 24 GPUs"),
    Case("plan train good.yaml --find gpus --days 1", 65, "\"tiny-16gpu\" is no training run"),
    Case("run memory.yaml -o out.db", 65, "error: out of memory with pipeline "),
    Case("experts place bad.csv --replicas 4 \(machine)", 65, "bad.csv:2: error: column"),
    Case("experts place c.csv --replicas 5 \(machine)", 65, "nearest: 4 or 6"),
    Case("experts evaluate c.csv --replicas 4 \(machine) --placement c.csv", 65, "JSON"),
    Case("schedules evaluate --order bad.txt \(durations)", 65, "bad.txt:2:5: error: \"X0@0\""),
    Case("moe generate c.csv x", 65, "c.csv: error: is not a checkpoint"),
    Case("moe train --corpus folder", 65, "folder: error: has 0 subfolders"),
    Case(
      "experts place c.csv --replicas 4 \(machine) --for vllm --dense-layers 3", 65,
      "vllm numbers only layers with experts"),
    Case(
      "schedules export dualpipe --stages 2 --microbatches 4 --for pytorch", 65,
      "\"dualpipe\" runs in two directions"),
    Case("run ''", 66, "error: \"\" is no path of a file\n"),
    Case("run none.yaml", 66, "none.yaml: error: no such file"),
    Case("experts place none.csv --replicas 4 \(machine)", 66, "none.csv: error: no such file"),
    Case("experts place --from none.json --replicas 4 \(machine)", 66, "error: no such file"),
    Case(
      "experts evaluate c.csv --replicas 4 \(machine) --placement none.json", 66,
      "none.json: error: no such file"),
    Case("service evaluate none.json", 66, "none.json: error: no such file"),
    Case("calibrate none.txt", 66, "none.txt: error: no such file"),
    Case(
      "run good.yaml --set training.routing.source=trace --set training.routing.file=none.db", 66,
      "\"none.db\": no such file\n"),
    Case(
      "run good.yaml --set training.routing.source=counts --set training.routing.file=none.csv", 66,
      "\"none.csv\": no such file\n"),
    Case("run service.yaml --requests none.csv", 66, "--requests: error: \"/"),
    Case("run service.yaml --requests none.csv", 66, "/none.csv\": no such file\n"),
    Case("run good.yaml/", 66, "did you mean \"good.yaml\"?"),
    Case("show none.db", 66, "none.db: error: there is no such file"),
    Case("moe stats none.db", 66, "no such file\n  make it with: dsv3sim moe trace -o FILE\n"),
    Case("schedules evaluate --order none.txt \(durations)", 66, "none.txt: error: no such file"),
    Case("moe train --corpus none", 66, "none: error: there is no such folder"),
    Case("moe generate none x", 66, "none: error: no such file"),
    Case("run good.yaml -o -", 74, "-: error: a stream cannot hold a database\n  name a file"),
    Case(
      "schedules export dualpipe --stages 2 --microbatches 4 -o -", 74,
      "-: error: is no name of a file\n  name a file; ./- is one with this name"),
    Case("sweep sweep.yaml -o -", 74, "-: error: is no name of a folder\n  name a folder; ./- is"),
    Case("sweep sweep.yaml -o c.csv", 74, "c.csv: error: is a file, and trials need a folder\n"),
    Case("run good.yaml -o none/out.db", 74, "none/out.db: error: "),
    Case("show c.csv", 74, "c.csv: error: the file is not a SQLite database"),
    Case("moe train --checkpoint none/run", 74, "none/run: error: cannot be written"),
    Case("experts place c.csv --replicas 4 \(machine) -o none/a.svg", 74, "none/a.svg"),
  ]

  @Test(
    "usage errors have the common form, the right exit status, and state the problem",
    arguments: usage)
  func wrongUsage(_ wrong: Case) throws { try expectShape(wrong) }

  @Test("so do errors in input and files", arguments: data)
  func wrongData(_ wrong: Case) throws { try expectShape(wrong) }

  private func expectShape(_ wrong: Case) throws {
    let folder = try ChildProcess.temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try Self.write(into: folder)

    let run = try ChildProcess.run(ReadmeCommands.builtProgram.path, wrong.words, in: folder)

    #expect(run.status == wrong.status)
    #expect(run.output.isEmpty)
    #expect(run.errors.contains(wrong.part), "\(run.errors)")
    #expect(Self.offences(run.errors) == [])
  }

  /// Writes the input files of the commands.
  private static func write(into folder: URL) throws {
    func write(_ text: String, _ name: String) throws {
      try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
    }
    let places = [
      ("scenarios/tiny-16gpu.yaml", "good.yaml"), ("scenarios/deepseek-v3-run.yaml", "run.yaml"),
      ("traces/v3-router.db", "trace.db"), ("scenarios/service-h800-pair.yaml", "service.yaml"),
    ]
    for (source, name) in places {
      try FileManager.default.createSymbolicLink(
        at: folder.appending(path: name), withDestinationURL: House.root.appending(path: source))
    }
    try FileManager.default.createDirectory(
      at: folder.appending(path: "folder"), withIntermediateDirectories: false)
    try write("name: a\ncluster: h800\nmodel: none-such\ntraining: {schedule: x}\n", "bad.yaml")
    try write("", "empty.yaml")
    try write("name: s\nscenario: good.yaml\nreplications: 2\n", "sweep.yaml")
    try write("{\"model_type\": \"llama\", \"hidden_size\": 64}\n", "config.json")
    try write("1,2,3,4\n4,3,2,1\n", "c.csv")
    try write("1,2\n1,x\n", "bad.csv")
    try write("# schedule=mine pp=1 microbatches=1 placement=linear\nr0: X0@0\n", "bad.txt")
    try write(
      "name: a\nmodel: mixtral-8x7b\ncluster: {node: h100-sxm, nodes: 1}\n"
        + "training: {schedule: 1f1b, sequence_length: 4096 tokens, microbatches: 1,"
        + " parallel: {pipeline: 1, expert: 1}}\n", "memory.yaml")
  }

  /// Lines that do not have the form of a message.
  static func offences(_ errors: String) -> [String] {
    guard errors.hasSuffix("\n") else { return ["no line feed at the end"] }
    let lines = errors.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
    let head = #/^(?:[^ ].*: )?error: ([^A-Z ].*)$/#
    return lines.enumerated().compactMap { index, line in
      let isAdvice = index > 0 && line.hasPrefix("  ")
      let isCount = index > 0 && line.hasPrefix("and ") && line.hasSuffix(" more problems")
      let isWhole = isAdvice || isCount || line.wholeMatch(of: head) != nil
      let words = ["Error:", "Usage:", "Fatal", ".swift:", "USAGE"]
      let isOpen = line.hasSuffix(".") && !line.hasSuffix(" ...")
      let isClean = !isOpen && !words.contains { line.contains($0) }
      return isWhole && isClean ? nil : String(line)
    }
  }

  @Test(
    "text in another form is detected",
    arguments: [
      "Error: no\n", "error: No\n", "error: ends.\n", "a.yaml: no\n", "error: no\nadvice\n", "",
      "error: no\n  see\nUsage: dsv3sim\n",
    ])
  func misshapen(text: String) {
    #expect(Self.offences(text) != [])
    #expect(Self.offences("a.yaml:1:2: error: \"x\" is odd\n  nearest: 2\nerror: 3 is\n") == [])
  }
}
