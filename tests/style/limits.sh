#!/bin/sh
# limits.list has each key of [limits], with tests that exist for both sides of it.
cd "${srcdir:-.}" || exit 99
echo 1..2
keys=ok
tests=ok
table=tests/style/limits.list
known=$(sed -n 's/^ *X ([a-z_]*, "\([a-z-]*\)", .*/\1/p' protocol/limits.h)

# There would be none where limits.h has changed its form.
test "$(echo "$known" | wc -l)" -gt 20 || keys='not ok'
for key in $known; do
  if ! awk -v k="$key" '$1 == k { n++ } END { exit n < 1 }' "$table"; then
    echo "# $table does not have $key"
    keys='not ok'
  fi
done
for key in $(awk '$1 !~ /^#/ { print $1 }' "$table"); do
  if ! echo "$known" | grep -qx -e "$key"; then
    echo "# $table: there is no $key"
    keys='not ok'
  fi
done
echo "$keys 1 - each limit is in the table"

# A transcript's test is called by its file.
for name in $(awk '$1 !~ /^#/ { print $2 == "" ? "nothing" : $2, $3 == "" ? "nothing" : $3 }' "$table"); do
  case $name in
    /transcripts/*) test -f "tests$name.xt" ;;
    *) grep -rqF --include='*.c' "\"$name\"" tests/unit tests/world ;;
  esac || { echo "# $table: there is no test $name"; tests='not ok'; }
done
echo "$tests 2 - and its tests are there"
test "$keys$tests" = okok
