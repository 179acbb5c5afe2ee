#!/bin/sh
# Ten of the mutants, by chance; "make mutants" is all of them.
echo 1..1
if "${srcdir:-.}/tests/mutants/run" --subset 10 > mutants.out 2>&1; then
  result=ok
else
  result='not ok'
fi
sed 's/^/# /' mutants.out
rm -f mutants.out
echo "$result 1 - each mutant turns a named test red"
test "$result" = ok
