#!/bin/sh
# README shows what is there: the program of data/examples/echo.c, the block for Prosody, what the
# configuration to start from says, and the packages that data/quickstart installs.
cd "${srcdir:-.}" || exit 99
status=0
echo 1..4

# NUMBER NAME FAULTS: no fault is a pass.
judge ()
{
  if test -z "$3"; then
    echo "ok $1 - $2"
  else
    echo "$3" | sed 's/^/# /'
    echo "not ok $1 - $2"
    status=1
  fi
}

# What the example adds may stand between these lines; their order is the same.
program=$(awk '
  { sub(/^ +/, ""); sub(/ +$/, "") }
  FILENAME == "README" {
    if ($0 == "#include <enjamb.h>") inside = 1
    if (inside && $0 != "") shown[++n] = $0
    if ($0 == "}" && ++closed == 2) inside = 0
    next
  }
  found < n && $0 == shown[found + 1] { found++ }
  END {
    if (n < 15 || closed != 2)
      print "README: there is no program of two functions"
    else if (found < n)
      print "data/examples/echo.c: lacks in its place: " shown[found + 1]
  }' README data/examples/echo.c) || program="a file cannot be read"

block=$(awk '
  { sub(/^[ \t]+/, ""); sub(/[ \t]+$/, "") }
  FILENAME != "README" { block[++n] = $0; next }
  !at && $0 == block[1] { at = FNR }
  at && found < n && !fault {
    if ($0 == block[found + 1]) found++
    else fault = "README:" FNR ": not " block[found + 1]
  }
  END {
    if (n == 0 || !at)
      print "README: the block is not there"
    else if (fault || found < n)
      print (fault ? fault : "README: the block ends early")
  }' data/prosody-component.cfg.lua README) || block="a file cannot be read"

# Comments, empty lines, and groups that say nothing are left out.
configuration=$(awk '
  { sub(/^ +/, ""); sub(/ +$/, "") }
  FILENAME != "README" && /^\[/ { group = $0; next }
  FILENAME != "README" && !/^#/ && $0 != "" {
    if (group != "") said[++n] = group
    group = ""
    said[++n] = $0
  }
  FILENAME != "README" { next }
  !at && $0 == said[1] { at = FNR }
  at && found < n && !fault && $0 != "" {
    if ($0 == said[found + 1]) found++
    else fault = "README:" FNR ": not " said[found + 1]
  }
  END {
    if (n == 0 || !at)
      print "README: the configuration is not there"
    else if (fault || found < n)
      print (fault ? fault : "README: the configuration ends early")
  }' data/enjamb.conf README) || configuration="a file cannot be read"

# systemd is what a person has, or does not want.
packages=$(awk '
  FILENAME != "README" && /^  .*need [a-z]/ {
    sub(/^.*need /, "")
    if ($1 != "systemd") needed[$1] = 1
  }
  FILENAME != "README" { next }
  /^ +apt-get install / { sub(/^ +apt-get install /, ""); inside = 1 }
  inside {
    for (i = 1; i <= NF; i++)
      if ($i ~ /^[a-z0-9]/) { shown[$i] = 1; n++ }
    inside = $NF == "\\"
  }
  END {
    for (name in needed) if (!(name in shown)) print "README does not have " name
    for (name in shown) if (!(name in needed)) print "data/quickstart does not have " name
    if (n < 10) print "README: no packages are there"
  }' data/quickstart README) || packages="a file cannot be read"

judge 1 "the program in README stands in data/examples/echo.c" "$program"
judge 2 "the block in README is data/prosody-component.cfg.lua" "$block"
judge 3 "the configuration in README is that of data/enjamb.conf" "$configuration"
judge 4 "the packages in README are those of data/quickstart" "$packages"
exit $status
