# sockcat: an option that is given counts, or is refused.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/sockcat_helpers

@test "umask of a socket's file gives it mode 0777 without those bits, and mode has precedence" {
  local keyword options wanted number=0
  while read -r options wanted; do
    for keyword in unix-listen unix-seqpacket-listen unix-recv unix-recvfrom; do
      number=$((number + 1))
      start_server -u "$keyword:$socket.$number,$options" open:/dev/null </dev/null
      assert_equal "mode of $keyword,$options" "$(stat -c %a "$socket.$number")" "$wanted"
    done
  done <<'END'
umask=0 777
umask=007 770
umask=022 755
umask=077 700
umask=0117 660
umask=022,mode=604 604
mode=604,umask=022 604
END
}

# places_of TABLE: the local addresses, in the kernel's hexadecimal, of what listens or is bound at $port.
places_of() {
  awk -v port="$(printf ':%04X' "$port")" '($4 == "0A" || $4 == "07") && substr($2, length($2) - 4) == port { sub(/:.*/, "", $2); print $2 }' "/proc/net/$1" 2>/dev/null || true
}

@test "bind=* is all addresses, with a port behind it, too" {
  local keyword bind found
  for bind in '*' '*:0'; do
    for keyword in tcp-listen tcp4-listen udp-listen udp-recv udp4-recvfrom; do
      start_server -u "$keyword:0,bind=$bind" open:/dev/null </dev/null
      found=$(places_of "${keyword:0:3}"; places_of "${keyword:0:3}6")
      [[ $found == 00000000 || ($keyword != *4* && $found == 00000000000000000000000000000000) ]] || fail "$keyword,bind=$bind is at '$found'"
    done
  done
  need_ipv6
  for keyword in tcp6-listen udp6-recv; do
    start_server -u "$keyword:0,bind=*" open:/dev/null </dev/null
    assert_equal "where $keyword is" "$(places_of "${keyword:0:3}6")" 00000000000000000000000000000000
  done
}

@test "options that would have no effect are wrong usage" {
  local address option options
  while read -r address options; do
    for option in $options; do
      expect 2 timeout 120 sockcat -w 0.1 -u "$address,$option" - </dev/null
      assert_usage_error sockcat "${option%%=*}"
    done
  done <<END
tcp-listen:0 umask=077 setsid append mode=600
udp-recv:0 umask=077 setsid append mode=600 retry=1 forever interval=1
tcp:127.0.0.1:1 umask=077 setsid append
abstract-listen:$name umask=077 mode=600 user=0 setsid append
unix-listen:$socket setsid append
unix-recv:$socket retry=1 forever interval=1
unix-connect:$socket umask=077 mode=600
open:/dev/null setsid umask=077
text:x setsid umask=077 mode=600 append
stall setsid umask=077 append
END
}
