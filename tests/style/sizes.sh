#!/bin/sh
# Files of 600 lines, headers under 130, functions of 60, C of 100 columns; exceptions in
# tests/style/sizes-exempt.
cd "${srcdir:-.}" || exit 99
echo 1..4
find protocol component data tests -type f \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' \) |
LC_ALL=C sort | awk '
  FILENAME == "-" { files[++n] = $0; next }
  /^#/ || NF < 2 { next }
  { exempt[$1 " " $2 ($3 == "" ? "" : " " $3)] = 1 }
  function fault(what, text) { print "# " text; bad[what]++; faults++ }
  # A body opens with a brace in the first column under the line that ends a parameter list.
  function measure(name,    line, last, head, start, lines) {
    while ((getline line < name) > 0) {
      lines++
      if (name ~ /\.[ch]$/ && length(line) > 100)
        fault("column", name ":" lines " has " length(line) " columns, limit is 100")
      if (line == "{" && last ~ /\)$/) {
        start = lines
      } else if (line ~ /^}/ && start) {
        if (lines - start + 1 > 60 && !("function " name " " head in exempt))
          fault("function", name ":" start ": " head " has " lines - start + 1 " lines, limit is 60")
        start = 0
      } else if (!start && line ~ /^[a-z_0-9]+ \(/) {
        head = line
        sub(/ .*/, "", head)
      }
      last = line
    }
    close(name)
    return lines
  }
  END {
    for (i = 1; i <= n; i++) {
      name = files[i]
      lines = measure(name)
      if (lines > 600 && !("file " name in exempt))
        fault("file", name " has " lines " lines, limit is 600")
      if (name ~ /\.h$/ && lines >= 130 && !("header " name in exempt))
        fault("header", name " has " lines " lines, limit is 129")
    }
    print (bad["file"] || n == 0 ? "not ok" : "ok") " 1 - files of at most 600 lines"
    print (bad["header"] ? "not ok" : "ok") " 2 - headers of less than 130 lines"
    print (bad["function"] ? "not ok" : "ok") " 3 - functions of at most 60 lines"
    print (bad["column"] ? "not ok" : "ok") " 4 - C of at most 100 columns"
    exit faults > 0
  }' - tests/style/sizes-exempt
