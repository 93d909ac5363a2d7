// Rules that need only the lines and comments of a file.

extension SourceFile {
  /// Lines of more than 100 characters.
  var longLines: [Offence] {
    lines.enumerated().filter { $0.element.count > 100 }.map {
      Offence(line: $0.offset + 1, message: "line of \($0.element.count) characters, limit 100")
    }
  }

  /// A file of more than 400 lines.
  var excessLines: [Offence] {
    let count = text.hasSuffix("\n") ? lines.count - 1 : lines.count
    guard count > 400 else { return [] }
    return [Offence(line: 401, message: "file of \(count) lines, limit 400: one concept per file")]
  }

  /// Functions of more than 60 lines.
  var longFunctions: [Offence] {
    swift.functions.filter { $0.length > 60 }.map {
      Offence(line: $0.line, message: "`\($0.name)` has \($0.length) lines, limit 60")
    }
  }

  /// A file whose first lines do not say what it is.
  ///
  /// In a test file, the name of the suite may say so instead.
  var missingHeader: [Offence] {
    let isComment = text.hasPrefix("// ") && !text.hasPrefix("// swift-tools-version")
    let isManifest = text.hasPrefix("// swift-tools-version")
    let isSuite = path.hasPrefix("Tests/") && text.contains("@Suite(\"")
    guard !isComment && !isManifest && !isSuite else { return [] }
    return [Offence(line: 1, message: "no header comment: say what the file is and is not")]
  }

  /// Notes to oneself: `FIXME`, and `TODO` without a sentence that names its owner.
  var looseEnds: [Offence] {
    swift.comments.compactMap { comment in
      if comment.text.contains(#/(^|[^`])FIXME/#) {
        return Offence(line: comment.line, message: "FIXME: fix it, or file an issue")
      }
      let isOwned = comment.text.contains(#/TODO\([^)]+\): .+\./#)
      guard comment.text.contains(#/(^|[^`])TODO/#), !isOwned else { return nil }
      return Offence(
        line: comment.line, message: "TODO without owner: write `TODO(owner): a sentence.`")
    }
  }

  /// Imports of Foundation or of a part of it.
  var foundationImports: [Offence] {
    swift.imports.filter { ["Foundation", "FoundationEssentials", "Dispatch"].contains($0.module) }
      .map {
        Offence(
          line: $0.line,
          message: "`import \($0.module)` is banned here: standard library only, text and numbers"
            + " through Units")
      }
  }
}
