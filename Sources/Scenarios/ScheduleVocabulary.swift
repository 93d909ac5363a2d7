// What a scenario must know of pipeline schedules, handed in so that this room needs not see them.

/// The schedules that scenarios can name and the sizes that they refuse.
public struct ScheduleVocabulary: Sendable {
  /// Why a schedule does not take the given sizes.
  public struct Refusal: Hashable, Sendable {
    /// Which size is at fault: `pipeline`, `microbatches` or `chunks`.
    public var field: String
    /// The rule and the nearest legal value.
    public var message: String

    public init(field: String, message: String) {
      self.field = field
      self.message = message
    }
  }

  /// Canonical names, in the order in which lists print them.
  public var names: [String]
  /// The canonical name of a name or alias; nil where it is unknown.
  public var canonical: @Sendable (_ name: String) -> String?
  /// The rule that these sizes break; nil where they are legal.
  public var refusal:
    @Sendable (_ name: String, _ ranks: Int, _ microbatches: Int, _ chunks: Int?) -> Refusal?
  /// The stages into which a schedule cuts the layers.
  public var stages: @Sendable (_ name: String, _ ranks: Int, _ chunks: Int?) -> Int

  public init(
    names: [String], canonical: @escaping @Sendable (_ name: String) -> String?,
    stages: @escaping @Sendable (_ name: String, _ ranks: Int, _ chunks: Int?) -> Int,
    refusal:
      @escaping @Sendable (_ name: String, _ ranks: Int, _ microbatches: Int, _ chunks: Int?) ->
      Refusal?
  ) {
    self.names = names
    self.canonical = canonical
    self.stages = stages
    self.refusal = refusal
  }

  /// The same names without their rules about sizes, for those who want to hear of each schedule
  /// apart why it does not take them.
  public var withoutSizeRules: ScheduleVocabulary {
    var open = self
    open.refusal = { _, _, _, _ in nil }
    open.checksOrderSizes = false
    return open
  }

  /// Whether a user's own order must be for the sizes of the scenario.
  var checksOrderSizes = true
}
