#!/bin/sh
# Keys and proofs are compared by GnuTLS's own function, whose time tells nothing, and by no other.
cd "${srcdir:-.}" || exit 99
echo 1..1
echo '# proves D42'
status=ok

for file in protocol/dialback-key.c protocol/handshake.c; do
  # The body of the function that checks what a peer claims.
  body=$(awk '/_check \(/ { inside = 1 } inside { print } inside && /^}/ { exit }' $file)
  if ! echo "$body" | grep -q 'gnutls_memcmp ('; then
    echo "# $file: the check does not use gnutls_memcmp"
    status='not ok'
  fi
  if echo "$body" | sed 's/gnutls_memcmp//' | grep -Eq '(str|mem)n?(case)?cmp|g_str_equal|g_strcmp0'; then
    echo "# $file: the check compares in another way, too"
    status='not ok'
  fi
done

echo "$status 1 - secrets are compared in constant time"
test "$status" = ok
