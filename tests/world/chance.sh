#!/bin/sh
# The storm with ten thousand seeds, in two halves at once, and test-world-chance with five
# hundred; run by check-long.  A failing seed is the last one that is printed.
programs=${G_TEST_BUILDDIR:-.}/tests/world
seeds=${ENJ_TEST_SEEDS:-10000}
half=$((seeds / 2))
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
status=0
echo 1..3

# NUMBER NAME PID: what came of it.
tell ()
{
  if wait "$3"; then
    echo "ok $1 - $2"
  else
    tail -n 5 "$work/$1" | sed 's/^/# /'
    echo "not ok $1 - $2"
    status=1
  fi
}

ENJ_TEST_VERBOSE=1 ENJ_TEST_SEEDS=$half "$programs/test-world-storm" > "$work/1" 2>&1 &
first=$!
ENJ_TEST_VERBOSE=1 ENJ_TEST_FIRST_SEED=$half ENJ_TEST_SEEDS=$((seeds - half)) \
  "$programs/test-world-storm" > "$work/2" 2>&1 &
second=$!
tell 1 "$half storms leave nobody without a word" "$first"
tell 2 "and the other half" "$second"
ENJ_TEST_SEEDS=$((seeds / 20)) "$programs/test-world-chance" > "$work/3" 2>&1 &
tell 3 "every other order, too" $!
exit $status
