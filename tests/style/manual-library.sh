#!/bin/sh
# libenjamb(3) is the manual of enjamb.h: the same prototypes, and every name explained.
cd "${srcdir:-.}" || exit 99
echo 1..3
awk '
  function fault(what, text) { print "# " text; bad[what] = 1 }

  function judge(number, name) {
    print (number in bad || n == 0 ? "not ok " : "ok ") number " - " name
  }

  # As one line of words: the return type, the name, each argument.
  function normal(text) {
    gsub(/[(),;]/, " ", text)
    gsub(/\*/, " * ", text)
    gsub(/ +/, " ", text)
    sub(/^ /, "", text)
    sub(/ $/, "", text)
    return text
  }

  # Types, enumerators and macros, and the functions.
  function collect(text, into) {
    while (match(text, /(Enj|ENJ_|enj_)[A-Za-z_]+/)) {
      into[substr(text, RSTART, RLENGTH)] = 1
      text = substr(text, RSTART + RLENGTH)
    }
  }

  # The header without its comments; a declaration may have several lines.
  FILENAME ~ /\.h$/ {
    line = $0
    if (inside && !sub(/^.*\*\//, "", line)) next
    inside = 0
    while (match(line, /\/\*([^*]|\*[^\/])*\*\//))
      line = substr(line, 1, RSTART - 1) substr(line, RSTART + RLENGTH)
    if (sub(/\/\*.*/, "", line)) inside = 1
    collect(line, header)
    if (line ~ /^[A-Za-z].* \**enj_[a-z_]+ \(/ && line !~ /^(#|typedef|G_)/) text = ""
    else if (text == "") next
    text = text " " line
    if (line ~ /;/) {
      declared[normal(text)] = 1
      text = ""
      n++
    }
    next
  }

  FILENAME ~ /\.3$/ && /^\.Sh / { section = $2 }
  FILENAME ~ /\.3$/ { collect($0, manual) }
  section == "SYNOPSIS" && sub(/^\.Ft /, "") { type = $0 }
  section == "SYNOPSIS" && sub(/^\.Fn /, "") {
    sub(/ /, " , ")
    gsub(/"/, "", type)
    gsub(/"/, "")
    shown[normal(type " " $0)] = 1
  }
  /^\.It Xo/ { many = 1 }
  /^\.Xc/ { many = 0 }
  section == "DESCRIPTION" && (/^\.It Fn / || many && /^\.Fn /) {
    line = $0
    while (match(line, /enj_[a-z_]+/)) {
      told[substr(line, RSTART, RLENGTH)] = 1
      line = substr(line, RSTART + RLENGTH)
    }
  }

  END {
    for (line in declared) if (!(line in shown)) fault(1, "libenjamb(3) does not show " line)
    for (line in shown) if (!(line in declared)) fault(1, "enjamb.h does not declare " line)
    for (name in header) {
      if (name ~ /^enj_/ && !(name in told)) fault(2, "libenjamb(3) does not explain " name)
      if (!(name in manual)) fault(3, "libenjamb(3) does not have " name)
    }
    for (name in manual) if (!(name in header)) fault(3, "enjamb.h does not have " name)
    judge(1, "libenjamb(3) shows the functions of enjamb.h as they are")
    judge(2, "it explains each of them")
    judge(3, "it has every type and constant of enjamb.h, and no other")
    for (what in bad) exit 1
  }' protocol/enjamb.h data/libenjamb.3
