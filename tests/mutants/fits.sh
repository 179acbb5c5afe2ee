#!/bin/sh
# Whoever changes a line that a mutant changes, too, hears of it here and not weeks later.
if ! test -x /usr/bin/python3; then
  echo '1..0 # SKIP python3 is missing'
  exit 0
fi
echo 1..1
if "${srcdir:-.}/tests/mutants/run" --check 2>&1 | sed 's/^/# /' | grep .; then
  echo 'not ok 1 - the list of mutants fits the tree'
  exit 1
fi
echo 'ok 1 - the list of mutants fits the tree'
