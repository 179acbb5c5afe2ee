#!/bin/sh
# The library exports what enjamb.h declares, and nothing else.
root=${srcdir:-.}
list=$root/component/libenjamb.sym
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
status=0
echo 1..3

# NUMBER NAME LEFT RIGHT: the two files hold the same lines.
same ()
{
  if diff "$3" "$4" > "$work/diff"; then
    echo "ok $1 - $2"
  else
    sed 's/^/# /' "$work/diff"
    echo "not ok $1 - $2"
    status=1
  fi
}

# libtool gives a command with options.
${NM:-nm} -D --defined-only .libs/libenjamb.so | awk '$2 ~ /^[TDBRVW]$/ { print $3 }' |
  LC_ALL=C sort > "$work/exported"
grep -oE '\benj_[a-z0-9_]+ \(' "$root/protocol/enjamb.h" | tr -d ' (' |
  LC_ALL=C sort -u > "$work/declared"
grep -v '^enj_' "$list" > "$work/foreign"

same 1 'the library exports what the list names' "$list" "$work/exported"
same 2 'the list names what the header declares' "$list" "$work/declared"
same 3 'every name begins with enj_' /dev/null "$work/foreign"
exit $status
