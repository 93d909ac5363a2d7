// Files of counts as spreadsheets, pandas and serving engines write them, and placements of
// engines.

import Testing

@testable import Routing

@Suite("Files of counts")
struct ExpertCountsTests {
  private func read(_ text: String, experts: Int? = nil) throws(PlacementProblem) -> ExpertCounts {
    try ExpertCounts(text: text, file: "a.csv", experts: experts)
  }

  /// The same counts in other dresses, and what each is taken for besides a table.
  static let dresses: [(text: String, form: String)] = [
    ("9,2,3,4\n5,6,7,8\n", ""),
    ("\u{feff}9,2,3,4\r\n5,6,7,8\r\n", ""),
    ("9;2;3;4\n5;6;7;8\n", ", with semicolons"),
    ("9,0;2,0;3,0;4,0\n5;6;7;8\n", ", with semicolons"),
    ("9\t2\t3\t4\n5\t6\t7\t8\n", ", with tabulators"),
    ("9.0 2.0  3.0 4.0\n5 6 7 8\n", ", with spaces"),
    ("\"9\",\"2\",\"3\",\"4\"\n\"5\",\"6\",\"7\",\"8\"\n", ""),
    ("e0,e1,e2,e3\n9,2,3,4\n5,6,7,8\n", ", with a header"),
    ("0,1,2,3\n9,2,3,4\n5,6,7,8\n", ", with a header"),
    (",0,1,2,3\n0,9,2,3,4\n1,5,6,7,8\n", ", with a header and a column of row numbers"),
    ("layer,1,2,3,4\n3,9,2,3,4\n4,5,6,7,8\n", ", with a header and a column of row numbers"),
    ("0,9,2,3,4\n1,5,6,7,8\n", ", with a column of row numbers"),
    ("layer 3,9,2,3,4\nlayer 4,5,6,7,8\n", ", with a column of row numbers"),
    (
      "\u{feff};e0;e1;e2;e3\r\n0;9;2;3;4\r\n1;5;6;7;8\r\n",
      ", with semicolons, a header and a column of row numbers"
    ),
  ]

  @Test("separators, header, row numbers and byte order mark change nothing", arguments: dresses)
  func dress(file: (text: String, form: String)) throws {
    let counts = try read(file.text)

    #expect(counts.loads == ExpertLoads(layers: 2, experts: 4, values: [9, 2, 3, 4, 5, 6, 7, 8]))
    #expect(counts.form == "a table of 2 layers x 4 experts\(file.form)")
    #expect(counts.warnings.isEmpty)
  }

  @Test("numbers of rows are told from counts by the number of experts, if that is known")
  func knownExperts() throws {
    let text = "0,9,2,3\n1,5,6,7\n"

    #expect(try read(text).loads.experts == 4)
    #expect(try read(text, experts: 3).loads.values == [9, 2, 3, 5, 6, 7])
    #expect(try read("7,9,2,3\n", experts: 3).loads.values == [9, 2, 3])
    #expect(try read("1,2,3,4,5\n2,3,4,5,6\n", experts: 5).loads.experts == 5)
  }

  @Test("a header and row numbers do not hide what is no count")
  func wrongCells() {
    for (text, place) in [
      (",0,1,2\n0,9,x,3\n", "a.csv:2: column 3: \"x\""),
      ("9;2\n1;-3\n", "a.csv:2: column 2: \"-3\""), ("a,b\nc,d\n", "a.csv: is not a table"),
      ("a,b,c\n1,2\n1,2,3\n", "a.csv:3: 3 columns where line 2 has 2"),
    ] {
      let error = #expect(throws: PlacementProblem.self) { try read(text) }
      #expect(error?.description.hasPrefix(place) == true, "\(error?.description ?? "none")")
    }
  }

  @Test("SGLang's logical_count is summed over its steps, whatever else the object has")
  func sglang() throws {
    let steps = try read(
      #"{"rank": 0, "logical_count": [[[1, 2], [3, 0]], [[10, 0], [20, 5.5]]], "other": null}"#)
    let sum = try read("\u{feff}{\"logical_count\":\r\n[[1, 2], [3, 4]]}")
    let bare = try read("[[1, 2], [3, 4]]")

    #expect(steps.loads == ExpertLoads(layers: 2, experts: 2, values: [11, 2, 23, 5.5]))
    #expect(
      steps.form == "SGLang's logical_count of 2 layers x 2 experts, the sum of 2 steps")
    #expect(sum.loads.values == [1, 2, 3, 4])
    #expect(sum.form == "SGLang's logical_count of 2 layers x 2 experts")
    #expect(bare.form == "a JSON list of 2 layers x 2 experts")
  }

  @Test(
    "JSON that has no counts is refused with its line",
    arguments: [
      ("{\"logical_count\": [[1, 2],\n[3]]}", "a.csv:2: 1 expert where the first layer has 2"),
      ("{\"logical_count\": [[1, 2],\n[3, -4]]}", "a.csv:2: layer 1, expert 1: not a count"),
      ("{\"logical_count\": [[1, \"2\"]]}", "a.csv:1: layer 0, expert 1: not a count"),
      ("{\"logical_count\": [[1, NaN]]}", "a.csv:1: layer 0, expert 1: not a count"),
      ("{\"logical_count\": []}", "a.csv: has no row of counts"),
      ("{\"logical_count\": [[[1], [2]], [[1]]]}", "a.csv:1: 1 layer where the first step has 2"),
      ("{\"count\": 3}", "a.csv: has no counts"), ("{", "a.csv:1: is no JSON"),
      ("{\"physical_to_logical_map\": [[0, 1]]}", "a.csv: is a placement of experts, not counts"),
      ("{\"layer_list\": []}", "a.csv: is a placement of experts, not counts"),
    ])
  func noCounts(text: String, start: String) {
    let error = #expect(throws: PlacementProblem.self) { try read(text) }
    #expect(error?.description.hasPrefix(start) == true, "\(error?.description ?? "none")")
  }

  @Test("rows of zeros and experts without a count are named (F2-16)")
  func doubts() throws {
    let zeros = "0,0,0,0\n"

    let dense = try read(zeros + zeros + "1,2,0,4\n1,0,0,4\n")
    let gap = try read("1,1,1,1\n" + zeros + "1,1,1,1\n" + zeros)

    #expect(
      dense.warnings == [
        "rows 1 to 2 have no counts: layers without experts? Means leave them out",
        "2 of 4 experts have no count in row 4, and some in 1 more row: few tokens, or the counts"
          + " of one GPU? They are taken for experts that no token chooses",
      ])
    #expect(dense.loads.emptyLayers == [0, 1])
    #expect(dense.loads.keeping([2, 3]) == (try read("1,2,0,4\n1,0,0,4\n").loads))
    #expect(
      gap.warnings == [
        "2 rows, the first of them row 2, have no counts: layers without experts? Means leave them"
          + " out"
      ])
    #expect(gap.loads.emptyLayers == [1, 3])
    #expect(
      try read(zeros + zeros).warnings == [
        "no row has a count: every placement is as good as any other"
      ])
    #expect(try read(zeros).loads.emptyLayers.isEmpty)
  }
}

@Suite("Placements of serving engines")
struct PlacementMapTests {
  private func read(_ text: String) throws(PlacementProblem) -> PlacementMap {
    try PlacementMap(text: text, file: "map.json")
  }

  @Test("slots of SGLang and vLLM, and devices of vllm-ascend in any order")
  func engines() throws {
    let sglang = try read(#"{"physical_to_logical_map": [[1, 0, 1], [0, 1, 0]]}"#)
    let vllm = try read(
      #"{"physical_to_logical_map": [[1, 0, 1]], "logical_replica_count": [[1, 2]]}"#)
    let ascend = try read(
      """
      {"moe_layer_count": 2, "layer_list": [
        {"layer_id": 1, "device_count": 2, "device_list": [
          {"device_id": 1, "device_expert": [2, 3]}, {"device_id": 0, "device_expert": [0, 1]}]},
        {"layer_id": 0, "device_count": 2, "device_list": [
          {"device_id": 0, "device_expert": [3, 2]}, {"device_id": 1, "device_expert": [1, 0]}]}]}
      """)

    #expect(sglang.layers == [[1, 0, 1], [0, 1, 0]])
    #expect(sglang.form == "SGLang's expert location, 2 layers x 3 slots")
    #expect(vllm.form == "the maps of vLLM, 1 layer x 3 slots")
    #expect(ascend.layers == [[3, 2, 1, 0], [0, 1, 2, 3]])
    #expect(ascend.form == "vllm-ascend's expert map, 2 layers x 4 slots")
    #expect(ascend.experts == 4)
    #expect(try ascend.placement(experts: 4).layers.map(\.experts) == ascend.layers)
    #expect(PlacementMap.isMap(text: "{\"layer_list\": []}"))
    #expect(!PlacementMap.isMap(text: "1,2\n") && !PlacementMap.isMap(text: "{\"layer_list\": "))
    #expect(sglang.hasDenseLayers && !vllm.hasDenseLayers && !ascend.hasDenseLayers)
  }

  @Test("rows of dense layers are left out, and layers without counts need none")
  func denseLayers() throws {
    let counts = try ExpertCounts(text: "0,0\n5,1\n0,0\n1,5\n", file: "a.csv").loads
    let all = try read(
      #"{"physical_to_logical_map": [[0, 1, 1], [0, 0, 1], [1, 0, 1], [1, 1, 0]]}"#)
    let counted = try read(#"{"physical_to_logical_map": [[0, 0, 1], [1, 1, 0]]}"#)

    let last = try all.placement(for: counts.keeping([1, 3]), denseLayers: 2)

    #expect(last.layers.map(\.experts) == [[1, 0, 1], [1, 1, 0]])
    #expect(try all.placement(for: counts).layers.map(\.experts) == all.layers)
    #expect(
      try counted.placement(for: counts).layers.map(\.experts)
        == [[0, 1, 0], [0, 0, 1], [0, 1, 0], [1, 1, 0]])
  }

  @Test("another number of rows than the counts have is refused with the file and a way out")
  func otherRows() throws {
    let counts = try ExpertCounts(text: "0,0\n5,1\n1,5\n", file: "a.csv").loads
    let map = try read(#"{"physical_to_logical_map": [[0, 1], [0, 1], [0, 1], [0, 1]]}"#)
    func report(_ loads: ExpertLoads, _ denseLayers: Int) -> String? {
      let error = #expect(throws: PlacementProblem.self) {
        try map.placement(for: loads, denseLayers: denseLayers)
      }
      return error?.report
    }

    #expect(
      report(counts, 0) == """
        map.json: error: has 4 rows; the counts have 3 rows, 1 of them all zeros
          --dense-layers 1 leaves out the first row
        """)
    #expect(
      report(counts.keeping([1]), 2) == """
        map.json: error: has 4 rows and 2 after the dense layers; the counts have 1 row
          --dense-layers 3 leaves out the first 3 rows
        """)
    #expect(
      report(counts.keeping([1, 1, 1, 1, 1]), 0) == """
        map.json: error: has 4 rows; the counts have 5 rows
          expected: the file of a placement planned on as many layers
        """)
    for count in [-1, 4, Int.min, Int.max] {
      #expect(report(counts, count)?.contains("dense-layers \"\(count)\" is out of range") == true)
    }
  }

  @Test(
    "what is no placement is refused with its line",
    arguments: [
      ("1,2", "map.json:1: is no JSON"), ("{\"a\": 1}", "map.json: is not a JSON object with"),
      ("{\"physical_to_logical_map\": [[0, 1.5]]}", "map.json:1: slot 1 is not the number"),
      ("{\"physical_to_logical_map\": [[0, 1e30]]}", "map.json:1: slot 1 is not the number"),
      ("{\"physical_to_logical_map\": []}", "map.json: has no layer with a slot"),
      ("{\"moe_layer_count\": 2,\n\"layer_list\": []}", "map.json:1: moe_layer_count is not the 0"),
      ("{\"layer_list\": [{\"layer_id\": 0}]}", "map.json:1: a layer has no layer_id or no"),
      (
        "{\"layer_list\": [{\"layer_id\": 0, \"device_list\": [{\"device_id\": 0}]}]}",
        "map.json:1: a device has no device_id or no device_expert"
      ),
    ])
  func refused(text: String, start: String) {
    let error = #expect(throws: PlacementProblem.self) { try read(text) }
    #expect(error?.description.hasPrefix(start) == true, "\(error?.description ?? "none")")
  }

  @Test("experts that do not exist or have no slot are named by layer")
  func wrongExperts() throws {
    let map = try read(#"{"physical_to_logical_map": [[0, 4], [0, 0], [0, 1]]}"#)

    let error = #expect(throws: PlacementProblem.self) { try map.placement(experts: 2) }

    #expect(
      error?.explanations.map(\.message) == [
        "layer 0 of the placement: expert \"4\" does not exist",
        "layer 1 of the placement: expert 1 has no slot",
      ])
  }
}
