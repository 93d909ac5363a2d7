#!/bin/sh
# The version of the sources in a folder, derived from their state, in the format of semver.org:
#
#   0.2.0                                  the tag v0.2.0, nothing changed
#   0.2.0+5.g0123456789                    five commits after it
#   0.2.0+5.g0123456789.dirty.89abcdef     with changes that are not committed
#   0.2.0+5.g0123456789.archive.89abcdef   unpacked from what `git archive` wrote
#   0.2.0+unversioned.89abcdef             a copy without git
#
# Without a tag (a clone may have none), the newest release in CHANGELOG.md replaces it and the
# number counts all commits. The last eight digits are from a hash of the sources: different trees
# never share a version. A commit has ten digits, whatever git's settings are.
#
# version.sh FOLDER            prints the version
# version.sh FOLDER FILE       writes it as Swift, unless the file already holds it
# version.sh FOLDER --inputs   prints the files and folders whose changes may change it
set -eu
export LC_ALL=C
cd "$1"

# The sources of the program.
parts="Package.swift Package.resolved Plugins Sources reports"

# Runs git on this folder: the environment of a hook would point git at the hook's repository.
# Nothing is written, not even a refreshed index, or the next build would find the repository
# changed.
here() {
  (
    unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX GIT_COMMON_DIR GIT_OBJECT_DIRECTORY
    git --no-optional-locks "$@"
  ) 2>/dev/null
}

# Whether this folder is the root of a repository that tracks the sources: they may have been
# unpacked inside, or over, the checkout of another project.
is_checkout() {
  commit=$(here rev-parse --verify HEAD) && prefix=$(here rev-parse --show-prefix) &&
    [ -z "$prefix" ] && here ls-files --error-unmatch Package.swift >/dev/null
}

# The paths of all sources, each terminated by a zero byte.
source_paths() {
  if is_checkout; then
    here ls-files -z --cached --others --exclude-standard -- $parts
  else
    find $parts -type f -print0 2>/dev/null
  fi | sort -z -u
}

# Hash of all sources, without links to folders and deleted files.
source_hash() { source_paths | xargs -0 sha256sum 2>/dev/null | sha256sum | cut -c 1-8; }

# Only release names count as tags; .version uses the same patterns.
print_version() {
  commit=$(sed -n 's/^commit \([0-9a-f]\{40,\}\)$/\1/p' .version 2>/dev/null) || :
  described= count= state=
  if [ -n "$commit" ]; then
    described=$(sed -n 's/^describe //p' .version)
    state=archive.$(source_hash)
  elif is_checkout; then
    described=$(here describe --tags --match 'v[0-9]*.[0-9]*.[0-9]*' --exclude 'v*[!0-9.]*' \
      --exclude 'v*.*.*.*' --exclude 'v0[0-9]*' --exclude 'v*.0[0-9]*') || :
    count=$(here rev-list --count HEAD)
    [ -z "$(here status --porcelain --untracked-files=all -- $parts)" ] ||
      state=dirty.$(source_hash)
  else
    commit=
    state=unversioned.$(source_hash)
  fi
  case "$described" in
    v[0-9]*)
      base=${described%%-*}
      count=${described#"$base"}
      count=${count#-}
      count=${count%%-*}
      if [ -z "$count$state" ]; then commit=; fi
      ;;
    *) base=$(sed -n 's/^## \[\([0-9][0-9.]*\)\].*/\1/p' CHANGELOG.md | head -n 1) ;;
  esac
  if [ -z "$base" ]; then
    echo "version.sh: error: no tag, and CHANGELOG.md has no line like \"## [0.1.0]\"" >&2
    exit 1
  fi
  build=${commit:+${count:+$count.}g$(printf %.10s "$commit")}${state:+.$state}
  build=${build#.}
  printf '%s\n' "${base#v}${build:++$build}"
}

# A path that does not exist is left out: creating it changes another input.
print_inputs() {
  {
    printf '%s\n' .version CHANGELOG.md
    source_paths | tr '\0' '\n'
  } | while read -r path; do
    if [ -f "$path" ]; then printf '%s\n' "$path"; fi
  done
  if is_checkout; then
    for path in . logs/HEAD packed-refs refs/tags; do
      path=$(here rev-parse --git-path "$path")
      if [ -e "$path" ]; then printf '%s\n' "$path"; fi
    done
  fi
}

case "${2:-}" in
  '') print_version ;;
  --inputs) print_inputs ;;
  *)
    version=$(print_version)
    text="/// The version that results record.
enum ProgramVersion {
  /// The state of the sources: Plugins/version.sh says what its parts are.
  static let text = \"$version\"
}"
    [ "$(cat "$2" 2>/dev/null)" = "$text" ] || printf '%s\n' "$text" >"$2"
    ;;
esac
