// Steps in which nothing happens but that every running request makes one token. They are not
// planned one by one: the instance counts them, and its requests catch up when something changes.

/// Steps of an instance that need no planning.
struct QuietRun {
  /// Steps that may still follow.
  var left = 0
  /// Steps that have run and that the requests do not know of yet.
  var done = 0
  /// Requests that decode, and the sum of their cached tokens before the next step.
  var rows = 0
  var context = 0
}
