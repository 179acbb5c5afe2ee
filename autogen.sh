#!/bin/sh
# Makes configure and its helpers. Run ./configure afterwards.
set -e
cd "$(dirname "$0")"
mkdir -p build-aux
exec autoreconf -fi
