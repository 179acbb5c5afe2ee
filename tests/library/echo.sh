#!/bin/sh
# The example is built against an installed tree with pkg-config, attaches to a server, and talks.
root=$(cd "${srcdir:-.}" && pwd) || exit 99
work=$(mktemp -d) || exit 99
program=
status=0
trap 'test -z "$program" || kill "$program" 2> /dev/null; rm -rf "$work"' EXIT
echo 1..7

# told NUMBER NAME COMMAND...
told ()
{
  number=$1
  name=$2
  shift 2
  if "$@" > "$work/log" 2>&1; then
    echo "ok $number - $name"
  else
    sed 's/^/# /' "$work/log"
    echo "not ok $number - $name"
    status=1
  fi
}

# The make above has job slots and variables that are not for this one.
install_tree ()
{
  (unset MAKEFLAGS MFLAGS MAKELEVEL && ${MAKE:-make} install DESTDIR="$work/tree") || return 1
  pc=$(find "$work/tree" -name enjamb.pc)
  sed "s|^\([a-z_]*\)=/|\1=$work/tree/|" "$pc" > "$work/enjamb.pc"
}

build ()
{
  PKG_CONFIG_PATH=$work${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
  export PKG_CONFIG_PATH
  # Options in front, and the libraries behind what needs them.
  ${CC:-cc} $INSTRUMENT_CFLAGS "$root/data/examples/echo.c" -o "$work/echo" \
    $(${PKG_CONFIG:-pkg-config} --cflags --libs enjamb) &&
    library=$(${PKG_CONFIG:-pkg-config} --variable=libdir enjamb)
}

# The next line of the server is this one.
heard ()
{
  IFS= read -r line <&3 || line='the end'
  echo "heard: $line"
  test "$line" = "$1" && return
  cat "$work/errors"
  return 1
}

ends_well ()
{
  wait "$1"
  ended=$?
  echo "ended with $ended"
  test "$ended" = 0
}

told 1 'make install brings what a program needs' install_tree
told 2 'the example builds with pkg-config' build
test "$status" = 0 || exit 1

mkfifo "$work/said" || exit 99
tests/library/fake-server sesame 'by any other name' > "$work/said" 2> "$work/errors" &
server=$!
exec 3< "$work/said"
IFS=' ' read -r word port <&3
cat > "$work/enjamb.conf" <<END
[component bridge.example.com]
server = 127.0.0.1:$port
secret = sesame
service = handler
[federation]
enabled = false
END
(cd "$work" && LD_LIBRARY_PATH=$library exec ./echo) 2>> "$work/errors" &
program=$!

told 3 'it attaches with the right handshake' heard 'handshake bridge.example.com'
told 4 'the message that was sent before run arrives' \
  heard 'message bridge.example.com juliet@example.com Whatever you write to me, I write back.'
told 5 'what it is told comes back' \
  heard 'message bridge.example.com juliet@example.com/here by any other name'
kill -TERM "$program"
told 6 'TERM closes the stream' heard closed
told 7 'and ends the program' ends_well "$program"
program=
wait "$server" || status=1
exit $status
