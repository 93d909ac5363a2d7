#!/bin/sh
# Writes OUTPUT/EmbeddedReports.swift with the .sql files of FOLDER, byte for byte, ordered by name.
# Usage: embed.sh FOLDER OUTPUT   Run by the build through the plugin EmbedReports.
# The file is replaced only when it changes, so that an unchanged list compiles nothing again.
set -eu
LC_ALL=C
export LC_ALL
mkdir -p "$2"
new="$2.new"
{
  echo '/// Every report of the folder `reports`: its name and its text.'
  echo 'let embeddedReports: [(name: String, text: String)] = ['
  for file in "$1"/*.sql; do
    echo "  (name: \"$(basename "$file" .sql)\", text: ###\"\"\""
    cat "$file"
    # The literal ends before its last line feed, which every text file has.
    echo '"""### + "\n"),'
  done
  echo ']'
} > "$new"
cmp -s "$new" "$2/EmbeddedReports.swift" || cp "$new" "$2/EmbeddedReports.swift"
rm -f "$new"
