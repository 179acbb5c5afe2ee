#!/bin/sh
# The unit keeps the service away from what it does not need: 2.0 or less of systemd-analyze(1).
cd "${srcdir:-.}" || exit 99
echo 1..1
if ! command -v systemd-analyze > /dev/null; then
  echo 'ok 1 - the unit leaves little exposed # SKIP systemd-analyze is not installed'
  exit 0
fi
folder=$(mktemp -d) || exit 99
trap 'rm -rf "$folder"' EXIT
sed -e 's|@sbindir@|/usr/sbin|; s|@sysconfdir@|/etc|' data/enjamb.service.in > "$folder/enjamb.service"

# --threshold is in tenths, and the status says whether it was held.
if systemd-analyze security --offline=true --threshold=20 --no-pager "$folder/enjamb.service" \
    > "$folder/told" 2>&1; then
  status=ok
else
  status='not ok'
  sed 's/^/# /' "$folder/told"
fi
tail -n 1 "$folder/told" | sed 's/^/# /'
echo "$status 1 - the unit leaves little exposed"
test "$status" = ok
