#!/bin/sh
# A validator for --fcu-validator-command: asks `openssl verify` about one path.
# It needs a POSIX shell, sed, openssl, and a date that knows -d (GNU, BusyBox). Base64 holds no character that
# JSON escapes, so sed can take the request apart.
set -eu

request=$(tr -d ' \t\r\n')
case $request in
*'"protocol":1,'*) ;;
*) echo "this program speaks protocol 1" >&2; exit 1 ;;
esac
text() { printf '%s\n' "$request" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
list() { printf '%s\n' "$request" | sed -n "s/.*\"$1\":\[\([^]]*\)\].*/\1/p" | tr ',' '\n' | tr -d '"'; }
pem() { printf -- '-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n' "$(printf '%s' "$1" | fold -w 64)"; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# every certificate in a file of its own: openssl passes over the blocks of a bundle that it cannot read
pem "$(text leaf)" > leaf.pem
number=0
set --
for option in trusted untrusted; do
    member=untrusted
    [ "$option" = untrusted ] || member=anchors
    for certificate in $(list "$member"); do
        number=$((number + 1))
        pem "$certificate" > "$number.pem"
        set -- "$@" "-$option" "$number.pem"
    done
done

seconds=$(date -u -d "$(text at | tr 'TZ' '  ')" +%s)
version=$(openssl version)
if said=$(openssl verify -partial_chain -attime "$seconds" "$@" leaf.pem 2>&1); then
    printf '{"protocol": 1, "verdict": "accepted", "version": "%s"}\n' "$version"
else
    reason=$(printf '%s' "$said" | sed -n 's/^error \([0-9].*\)$/\1/p' | tr '\n' ';' | tr -d '"\\')
    # a certificate that cannot be read is refused; anything else that openssl says is no verdict
    [ -n "$reason" ] || reason=$(printf '%s\n' "$said" | grep -i 'certificate' | head -n 1 | tr -d '"\\')
    [ -n "$reason" ] || { echo "openssl: $said" >&2; exit 1; }
    printf '{"protocol": 1, "verdict": "refused", "reason": "%s", "version": "%s"}\n' "$reason" "$version"
fi
