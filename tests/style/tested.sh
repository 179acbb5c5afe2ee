#!/bin/sh
# Every module has a unit test, or tests/style/tested-elsewhere names what tests it.
cd "${srcdir:-.}" || exit 99
echo 1..1
status=ok

for module in $(find protocol component -name '*.c' | LC_ALL=C sort); do
  module=${module%.c}
  test=$(awk -v m="$module" '$1 == m { print $2 }' tests/style/tested-elsewhere)
  : "${test:=tests/unit/test-${module##*/}.c}"
  if ! test -f "$test"; then
    echo "# $module.c: there is no $test"
    status='not ok'
  fi
done

echo "$status 1 - every module has a test"
test "$status" = ok
