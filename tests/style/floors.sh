#!/bin/sh
# Includes go down only, as the table in tests/style/floors says.
cd "${srcdir:-.}" || exit 99
echo 1..1
find protocol component -name '*.[ch]' | LC_ALL=C sort | awk '
  function fault(text) { print "# " text; bad = 1 }
  FILENAME == "-" { files[++n] = $0; next }
  /^#/ || NF < 2 { next }
  {
    level = $1 + 0
    for (i = 2; i <= NF; i++) {
      module = (level <= 29 ? "protocol/" : "component/") $i
      if (module in floor)
        fault(module " is there twice")
      floor[module] = level
    }
  }
  function check(module, name, line,    target) {
    if (line ~ /^# *include *<gio\// && module ~ /^protocol\//)
      fault(name ": GIO belongs in component/")
    if (module == "protocol/enjamb" && line ~ /^# *include/ && line !~ /<glib\.h>/)
      fault(name ": includes more than <glib.h>")
    if (line !~ /^# *include *"/)
      return
    target = line
    sub(/^[^"]*"/, "", target)
    sub(/".*/, "", target)
    if (target == "config.h" || target ~ /^data\//) # What make writes.
      return
    sub(/\.h$/, "", target)
    if (target == module)
      return
    if (!(target in floor))
      fault(name ": includes \"" target ".h\", which has no floor")
    else if (floor[target] >= floor[module])
      fault(name " (floor " floor[module] ") includes " target " (floor " floor[target] ")")
  }
  END {
    for (i = 1; i <= n; i++) {
      module = files[i]
      sub(/\.[ch]$/, "", module)
      there[module] = 1
      if (!(module in floor)) {
        fault(files[i] ": the module has no floor")
        continue
      }
      while ((getline line < files[i]) > 0)
        check(module, files[i], line)
      close(files[i])
    }
    for (module in floor)
      if (!(module in there))
        fault(module ": has a floor, but is not there")
    print (bad || n == 0 ? "not ok" : "ok") " 1 - includes go down only"
    exit bad
  }' - tests/style/floors
