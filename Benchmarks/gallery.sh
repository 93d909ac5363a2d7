#!/bin/sh
# Makes the pages of a gallery in a folder, by default reports/gallery: each command of its README.
# Usage: PROGRAM=path Benchmarks/gallery.sh [FOLDER]
set -eu
cd "$(dirname "$0")/.."
program=$(realpath "${PROGRAM:-.build/release/dsv3sim}")
target=$(realpath "${1:-reports/gallery}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The rows of the table: | [PAGE](PAGE) | words, `dsv3sim COMMAND` |
sed -n 's/^| \[\([^]]*\)\].*`dsv3sim \(.*\)` |$/\1 \2/p' reports/gallery/README.md |
  while read -r page command; do
    # $command is a list of words without spaces in them.
    "$program" $command -o "$work/$page.db" > "$work/log" 2>&1 ||
      { cat "$work/log" >&2; exit 1; }
    "$program" report "$work/$page.db" -o "$target/$page" 2> "$work/log" ||
      { cat "$work/log" >&2; exit 1; }
    echo "$page" >&2
  done
