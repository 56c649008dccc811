# Where sockets are bound without bind.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load ../cli/helpers
load ../cli/partners/sockcat_helpers

# bound_of TABLE PID: the local addresses, without ports, of the process's sockets in that table of /proc/net.
bound_of() {
  local fd inode
  for fd in "/proc/$2/fd/"*; do
    inode=$(readlink "$fd")
    [[ $inode != socket:* ]] || awk -v inode="${inode//[^0-9]/}" '$10 == inode { sub(/:.*/, "", $2); print $2 }' "/proc/net/$1"
  done
}

# A table of addresses and where they are bound, in the kernel's hexadecimal.
@test "udp-datagram to this host is bound to loopback, as the others are, unless bind says otherwise" {
  local address table wanted port
  port=$(free_port udp)
  while read -r address table wanted; do
    [[ $table != udp6 ]] || has_ipv6 || continue
    start bash -c 'exec sockcat --ready-fd 3 "$@" 3>"$0"' "$tmp/ready" "$address" stall </dev/null
    wait_until "$address is open" test -s "$tmp/ready"
    assert_equal "where $address is bound" "$(bound_of "$table" "$pid")" "$wanted"
    rm "$tmp/ready"
  done <<END
udp-datagram:127.0.0.1:$port udp 0100007F
udp4-datagram:localhost:$port udp 0100007F
udp6-datagram:[::1]:$port udp6 00000000000000000000000001000000
udp-datagram:127.0.0.1:$port,bind=127.0.0.2 udp 0200007F
udp-datagram:127.0.0.1:$port,bind=0.0.0.0 udp 00000000
END
}
