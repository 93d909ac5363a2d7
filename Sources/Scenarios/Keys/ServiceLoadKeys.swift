// The keys of a service's load.

import Service
import Units

/// Keys of `service.load`.
enum ServiceLoadKeys {
  /// Processes of arrivals.
  enum Arrivals: String, CaseIterable, KeyValue {
    case poisson
    case gamma
    case constant
    case diurnal
    case closedLoop = "closed_loop"
  }

  static let arrivals = Key<Arrivals>(
    "arrivals", .choice(Arrivals.allCases.map(\.rawValue)),
    "When requests arrive: gamma needs burstiness, diurnal needs profile, closed_loop needs users;"
      + " or file.")
  static let rate = Key<EventsPerSecond>(
    "rate", .quantity(EventsPerSecond.self, "rate", from: "0.000001 /s", to: "1000000 /s"),
    "Requests per time.")
  static let burstiness = Key<Double>(
    "burstiness", .number(0.001...1000),
    "Shape of the gamma distribution of gaps, vLLM's burstiness: 1 is Poisson, less is burstier;"
      + " absent with diurnal: 1.")
  static let profile = Key<[Double]>(
    "profile", .list(.number(0...1e6), isSet: false, count: 24...24),
    "Factors of rate at the hours of the day from midnight on, linear between them (diurnal).")
  static let users = Key<Int>(
    "users", .integer(1...10_000_000), "Users who each wait for an answer (closed_loop).")
  static let thinkTime = Key<Seconds>(
    "think_time", .time(),
    "Time from an answer to a user's next request (closed_loop); absent: 0 s.")
  static let requests = Key<Int>(
    "requests", .count(noun: "requests", 1...20_000_000, isWhole: true),
    "Number of requests; with file at most so many; absent: all of duration.")
  static let duration = Key<Seconds>(
    "duration", .time(from: "1 us"),
    "Time in which requests arrive, or the part of a file that is used; absent: no limit.")
  static let prompt = Key<Fields>("prompt", .record(LengthKeys.record), "Lengths of prompts.")
  static let output = Key<Fields>("output", .record(LengthKeys.record), "Lengths of outputs.")
  static let prefixes = Key<Fields>(
    "prefixes", .record(PrefixKeys.record),
    "Prefixes that requests share, before their prompts; absent: none.")
  static let sessions = Key<Fields>(
    "sessions", .record(SessionKeys.record),
    "Conversations: a turn's prompt is all before it and a new prompt; absent: none.")
  static let file = Key<String>(
    "file", .text,
    "File with requests, or folder of ServeGen's clients, relative to the scenario's folder; or"
      + " rate.")
  static let format = Key<TraceFormat>(
    "format", .choice(TraceFormat.allCases.map(\.rawValue)),
    "Format of the file; absent: recognised from its first line.")
  static let spread = Key<Bool>(
    "spread", .flag,
    "Whether requests with equal stamps are spread evenly over the smallest distance of two stamps"
      + " of the file; absent: with mooncake and burstgpt, whose stamps are coarse.")
  static let scale = Key<Double>(
    "scale", .number(0.000001...1e6), fallback: 1,
    "Factor of the rate of a file: it is shorter by it, but ServeGen's clients send more.")
  static let start = Key<Seconds>(
    "start", .quantity(Seconds.self, "time", from: "0 s", to: "100000 h"),
    fallback: Seconds(0), "Time of the file that becomes 0; what is before it is left out.")
  static let record = Record(
    [
      arrivals.declaration, rate.declaration, burstiness.declaration, profile.declaration,
      users.declaration, thinkTime.declaration, requests.declaration, duration.declaration,
      prompt.declaration, output.declaration, prefixes.declaration, sessions.declaration,
      file.declaration, format.declaration, spread.declaration, scale.declaration,
      start.declaration,
    ])
}

/// Keys of `prompt` and `output`.
enum LengthKeys {
  /// Distributions.
  enum Law: String, CaseIterable, KeyValue {
    case fixed
    case uniform
    case lognormal
    case exponential
    case histogram
  }

  private static let tokens = Kind.count(noun: "tokens", 1...16_777_216, isWhole: true)
  /// The longest length that is not limited otherwise.
  static let mostTokens = 16_777_216

  static let law = Key<Law>(
    "law", .choice(Law.allCases.map(\.rawValue)), fallback: .fixed,
    "Distribution: fixed needs length; uniform needs least and most; lognormal needs mean and"
      + " sigma; exponential needs mean; histogram needs lengths and weights.")
  static let length = Key<Int>("length", tokens, "The length (fixed).")
  static let least = Key<Int>(
    "least", tokens, "Least length (uniform, lognormal, exponential); absent: 1.")
  static let most = Key<Int>(
    "most", tokens, "Greatest length (uniform, lognormal, exponential); absent: no limit.")
  static let mean = Key<Double>(
    "mean", .count(noun: "tokens", 1...16_777_216, isWhole: false),
    "Mean before limits (lognormal, exponential).")
  static let sigma = Key<Double>(
    "sigma", .number(0...5), "Standard deviation of the logarithm (lognormal).")
  static let lengths = Key<[Int]>(
    "lengths", .list(tokens, isSet: true, count: 1...10_000), "Lengths (histogram).")
  static let weights = Key<[Double]>(
    "weights", .list(.number(0...1e12), isSet: false, count: 1...10_000),
    "Weights of the lengths (histogram).")
  static let record = Record([
    law.declaration, length.declaration, least.declaration, most.declaration, mean.declaration,
    sigma.declaration, lengths.declaration, weights.declaration,
  ])
}

/// Keys of `service.load.prefixes`.
enum PrefixKeys {
  static let groups = Key<Int>(
    "groups", .integer(1...1_000_000), fallback: 1, "Number of different prefixes.")
  static let length = Key<Int>(
    "length", .count(noun: "tokens", 1...16_777_216, isWhole: true), .required,
    "Tokens of each, in addition to the prompt.")
  static let exponent = Key<Double>(
    "exponent", .number(0...5), fallback: 0,
    "Exponent of Zipf's law over the prefixes; 0: all are equally popular.")
  static let record = Record([groups.declaration, length.declaration, exponent.declaration])
}

/// Keys of `service.load.sessions`.
enum SessionKeys {
  static let turns = Key<Int>("turns", .integer(1...1000), .required, "Requests of a session.")
  static let pause = Key<Seconds>(
    "pause", .time(), .required,
    "Mean time between the arrivals of two turns, exponentially distributed.")
  static let record = Record([turns.declaration, pause.declaration])
}

extension TraceFormat: KeyValue {}
