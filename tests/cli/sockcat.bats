# sockcat: command line, exit statuses, COMMAND and its environment, what it tells, signals, and what goes wrong.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031  # what setup() and run set; texts for an inner shell; tests are functions

load helpers
load partners/sockcat_helpers

# What `expect` gave on standard error, without the moment.
without_moment() { sed -E 's/[0-9]{4}(\/[0-9]{2}){2} [0-9:]{8}(\.[0-9]+)?/MOMENT/'; }

# --- Command line

@test "wrong usage is one line that names it, and exit 2" {
  local words
  expect 2 sockcat
  assert_usage_error sockcat "missing operand ADDRESS"
  expect 2 sockcat - pipe third
  assert_usage_error sockcat third
  expect 2 sockcat tcpp:localhost:80
  assert_usage_error sockcat "invalid address 'tcpp': there is no such keyword" "did you mean 'tcp'?"
  expect 2 sockcat - tcp:localhost:80,keepaliv
  assert_usage_error sockcat "invalid option 'keepaliv': there is no such option" "did you mean 'keepalive'?"
  expect 2 sockcat - text:x,fork
  assert_usage_error sockcat "invalid option 'fork': text does not take it"
  expect 2 sockcat 12
  assert_usage_error sockcat "'12'" "did you mean 'fd:12'?"
  expect 2 sockcat -l 8080
  assert_usage_error sockcat "unknown option '-l8080'" "did you mean 'tcp-listen:8080'?"
  expect 2 sockcat localhost 80
  assert_usage_error sockcat "invalid address 'localhost'" "did you mean 'tcp:localhost:80'?"
  expect 2 sockcat 127.0.0.1:80
  assert_usage_error sockcat "invalid address '127.0.0.1'" "did you mean 'tcp:127.0.0.1:80'?"
  expect 2 sockcat tcp:::1:80
  assert_usage_error sockcat "an IPv6 address needs brackets: 'tcp-connect:[::1]:80'"
  expect 2 sockcat tcp-listen:localhost:8080
  assert_usage_error sockcat "did you mean 'tcp-listen:8080,bind=localhost'?"
  expect 2 sockcat openssl:localhost:443
  assert_usage_error sockcat "invalid address 'openssl': it is an address of socat that sockcat does not have"
  expect 2 sockcat - tcp:localhost:80,verify=0
  assert_usage_error sockcat "invalid option 'verify': it is an option of socat that sockcat does not have"
  for words in "-u -U -" "--unknown -" "-b 0 -" "-b x -" "-b 2G -" "-t -1 -" "-T x -" "-n 0 tcp-listen:0,fork" "-w -" "-n 1 -" \
    "--linge 1 -" "--count 3 tcp-listen:0" "--port-file $tmp/p -" "--port-file $tmp/p tcp:localhost:1" "--allow-uid 0 -" \
    "--allow-gid 0 tcp-listen:0" "--allow-uid nosuchuser unix:$socket" "--allow-uid 0 unix-recv:$socket" "--allow-uid 0 unix-listen:$socket unix-sendto:$socket" "-lq -" "-lynosuch -" \
    "-lf" "--progress=maybe -" "tcp:localhost" "tcp:localhost:1:2" "tcp:localhost:65536" "tcp:localhost:80x" "tcp::80" "unix:" "exec:" \
    "exec:''" "fd:x" "fd:-1" "stdio:x" "tcp-listen:0,max-children=3" "tcp-listen:0,fork,max-children=0" "text:x!!-!!-" "'tcp:x:1" \
    "tcp:localhost:80,ttl=256" "tcp:localhost:80,ttl=0" "tcp:localhost:80,ttl" "tcp:localhost:80,sourceport=0" "-,escape=256" \
    "-,readbytes=0" "-,readbytes=-1" "-,user=nosuchuser" "-,umask=8" "-,cr=1" "tcp-listen:0,range=127.0.0.1" "tcp-listen:0,range=x/8" \
    "tcp-listen:0,range=127.0.0.0/33" "tcp:localhost:80,pf=ip5" "tcp:localhost:80,connect-timeout=x" "tcp:x:1,setsockopt=1:2" \
    "!!-" "-!!" "" "text:x!!tcp-listen:0,fork" "exec:true tcp-listen:0,fork" "exec:true,nofork -" "--ready-fd 0 -" "--ready-fd x -"; do
    if [[ -z $words ]]; then expect 2 sockcat ""; else
      read -ra arguments <<<"$words"
      expect 2 sockcat "${arguments[@]}" </dev/null
    fi
    assert_usage_error sockcat
  done
}

@test "with COMMAND, wrong usage and a failure of sockcat's own are 125" {
  local words
  for words in "" "nosuch" "- -" "--unknown -" "- text:x" "text:x,fork"; do
    read -ra arguments <<<"$words"
    expect 125 sockcat "${arguments[@]}" -- true
    assert_message "sockcat: " "Try 'sockcat --help'"
  done
  expect 125 sockcat - --
  assert_message "sockcat: "
  expect 125 sockcat "tcp:127.0.0.1:$(free_port tcp)" -- true
  assert_message "Connection refused"
  expect 125 sockcat "open:$tmp/missing" -- true
  assert_message "'$tmp/missing'" "No such file or directory"
  expect 125 sockcat "tcp-listen:0,bind=192.0.2.1" -- true
  assert_message "Cannot assign requested address"
}

@test "--help-addresses and socat's -hh and -hhh name every address and option; -? is --help" {
  local option word
  expect 0 sockcat --help-addresses
  assert_silent
  for word in tcp-listen:PORT udp-recvfrom:PORT "exec:COMMAND" "pipe[:PATH]" "unix-seqpacket-listen:PATH" "abstract-client:NAME" \
    "fork[=0|1]" "range=HOST/BITS" "crnl" "also: perm" "groups: "; do
    assert_contains "addresses" "$output" "$word"
  done
  local addresses=$output
  for option in -hh -hhh; do
    expect 0 sockcat "$option"
    assert_equal "sockcat $option" "$output" "$addresses"
  done
  expect 0 sockcat -h
  local help=$output
  expect 0 sockcat "-?"
  assert_equal "sockcat -?" "$output" "$help"
  expect 1 "${into_full[@]}" sockcat --help-addresses
  assert_message "cannot write standard output: No space left on device"
}

@test "every alias that --help-addresses tells is one" {
  local name kind=keyword
  expect 0 sockcat --help-addresses
  while read -r line; do
    case $line in
      Options:) kind=option ;;
      also:*)
        for name in ${line#also: }; do
          # An unknown name is refused as such; a known one for something else.
          if [[ $kind == keyword ]]; then words="$name:a:b:c:d"; else words="stall,$name=%"; fi
          [[ $(sockcat "$words" 2>&1) != *"there is no such"* ]] || fail "$kind $name is none"
        done ;;
    esac
  done <<<"$output"
}

@test "keywords and options may be in upper case; options of the tool may come last; empty options are none" {
  expect 0 sockcat -u TEXT:hello STDOUT
  assert_equal "output" "$output" hello
  expect 0 sockcat text:hello,,READBYTES=2, stdout -u
  assert_equal "output" "$output" he
  expect 0 sockcat -u text:hello -
  assert_equal "output" "$output" hello
  expect 0 sockcat -u -t 1 -T 5 -b 4K text:hello -,
  assert_equal "output" "$output" hello
}

@test "one ADDRESS: standard input and output are the first" {
  expect 0 sockcat pipe <<<x
  assert_equal "output" "$output" x
  expect 0 sockcat -u "create:$tmp/file" <<<x
  assert_equal "the file" "$(<"$tmp/file")" x
  expect 0 sockcat -U "open:$tmp/file" </dev/null
  assert_equal "output" "$output" x
  expect 0 sockcat exec:"tr a-z A-Z" <<<hello
  assert_equal "output" "$output" HELLO
}

@test "-u and -U: one way only, and the other is not even awaited" {
  expect 0 sockcat -u system:"cat; echo out" "create:$tmp/file" </dev/null
  assert_equal "what came" "$(<"$tmp/file")" out
  expect 0 sockcat -U "create:$tmp/file" text:there
  assert_equal "what came" "$(<"$tmp/file")" there
  start_server tcp-listen:0 system:"cat >$tmp/got; sleep 0.1; echo answer"
  expect 0 sockcat -u text:question "tcp:127.0.0.1:$port"
  assert_equal "answer" "$output" ""
  finish 1 "$pid" # nobody took the answer
  assert_equal "question" "$(<"$tmp/got")" question
  start_server -U tcp-listen:0 text:hello
  expect 0 sockcat "tcp:127.0.0.1:$port" </dev/null
  assert_equal "output" "$output" hello
  finish 0 "$pid"
}

@test "where no way gives what the other takes, that is said" {
  expect 1 sockcat stdin stdin </dev/null
  assert_message "cannot transfer between"
  expect 1 sockcat -u stdout text:x
  assert_message "cannot transfer between"
}

@test "-b: no step is larger" {
  content "$tmp/data" 10000
  expect 0 sockcat -u -b 1000 --stats "open:$tmp/data" "create:$tmp/copy"
  assert_message "> 10000 bytes in 10 steps, < 0 bytes in 0 steps"
  assert_same_file "$tmp/copy" "$tmp/data"
  start_datagram_sink "$tmp/packets"
  expect 0 sockcat -u -b 7 text:twenty-four-bytes-of-text "udp:127.0.0.1:$port"
  wait_until "all have come" has_text "$tmp/packets" "4 "
  assert_equal "packets" "$(<"$tmp/packets")" $'7 twenty-\n7 four-by\n7 tes-of-\n4 text'
}

@test "into datagrams, bytes go 8192 at a time unless -b says otherwise" {
  content "$tmp/data" 20000
  start_datagram_sink "$tmp/packets"
  expect 0 sockcat -u "open:$tmp/data" "udp:127.0.0.1:$port"
  wait_until "all have come" grep -qa '^3616 ' "$tmp/packets"
  assert_equal "sizes" "$(grep -aoE '^(8192|3616) ' "$tmp/packets" | tr -d '\n')" "8192 8192 3616 "
}

# --- COMMAND

@test "COMMAND is an argv: no shell, no quoting, no splitting" {
  expect 0 sockcat -U - -- printf '<%s>' 'a b' '$HOME' '*' "it's \"so\"" '' 'a,b!!c:d' $'new\nline' -- --help
  assert_equal "arguments" "$output" $'<a b><$HOME><*><it\'s "so"><><a,b!!c:d><new\nline><--><--help>'
  expect 0 sockcat - -- tr a-z A-Z <<<hello
  assert_equal "output" "$output" HELLO
}

@test "fork: COMMAND runs once for each connection, at the same time" {
  local number first second
  start_server tcp-listen:0,fork -- sh -c 'read line; echo "$line of $$"'
  exec 7<>"/dev/tcp/127.0.0.1/$port" 8<>"/dev/tcp/127.0.0.1/$port"
  wait_until "both are served" has_children "$pid" 2
  for number in 1 2 3; do
    expect 0 sockcat "tcp:127.0.0.1:$port" <<<"$number"
    assert_contains "answer" "$output" "$number of "
  done
  echo second >&8
  read -r second <&8
  echo first >&7
  read -r first <&7
  assert_contains "answer to the second" "$second" "second of "
  assert_contains "answer to the first" "$first" "first of "
  exec 7>&- 8>&-
  wait_until "nobody is left over" has_children "$pid" 0
}

@test "the status of COMMAND, of exec, system and shell is that of sockcat" {
  local address number
  for number in 0 1 3 77 200; do
    expect "$number" sockcat - -- sh -c "exit $number" </dev/null
    assert_silent
    expect "$number" sockcat - "system:exit $number" </dev/null
    expect "$number" env SHELL=/bin/sh sockcat - "shell:exit $number" </dev/null
    expect "$number" sockcat "system:exit $number" - </dev/null
    expect "$number" sockcat -U - "system:exit $number"
  done
  for address in 'exec:sh -c \"kill -KILL $$\"' 'system:kill -KILL $$'; do
    expect 137 sockcat - "$address" </dev/null
  done
  expect 143 sockcat - -- sh -c 'kill -TERM $$' </dev/null
  expect 131 sockcat - -- sh -c 'ulimit -c 0; kill -QUIT $$' </dev/null
  expect 0 sockcat system:"exit 0" system:"exit 0"
  expect 5 sockcat system:"exit 5" system:"exit 0"
  expect 5 sockcat system:"exit 0" system:"exit 5"
  start_server tcp-listen:0 system:"exit 9"
  expect 0 sockcat "tcp:127.0.0.1:$port" </dev/null
  finish 9 "$pid"
  # With fork, it is the server's own.
  start_server -n 1 tcp-listen:0,fork system:"exit 9"
  expect 0 sockcat "tcp:127.0.0.1:$port" </dev/null
  finish 0 "$pid"
}

@test "trap: socat makes exit 0 or 1 of a command's exit 3; sockcat does not" {
  need socat
  run socat - "system:exit 3" </dev/null
  [[ $status == [01] ]] || fail "socat gives the status of its command: $status"
  expect 3 sockcat - "system:exit 3" </dev/null
}

@test "a COMMAND that is not there is 127, one that cannot be executed 126, before any client is awaited" {
  : >"$tmp/plain"
  for words in "- --" "tcp-listen:0 --" "tcp-listen:0,fork --"; do
    read -ra arguments <<<"$words"
    expect 126 sockcat "${arguments[@]}" "$tmp/plain" </dev/null
    assert_message "'$tmp/plain'" "Permission denied"
    expect 0 bash -c '"$@"; (($? == 127))' bash sockcat "${arguments[@]}" /nonexistent/program </dev/null
    assert_message "'/nonexistent/program'" "No such file or directory"
  done
  expect 126 sockcat tcp-listen:0 "exec:$tmp/plain" </dev/null
  expect 0 bash -c '"$@"; (($? == 127))' bash sockcat tcp-listen:0,fork exec:/nonexistent/program </dev/null
}

@test "no descriptor of sockcat is COMMAND's but the standard ones" {
  local text='for fd in /proc/self/fd/*; do [ "${fd##*/}" -lt 3 ] || readlink "$fd" || true; done; echo done'
  local address
  # The shell's own directory stream is gone when readlink looks.
  for address in tcp-listen:0 tcp-listen:0,fork,max-children=3 "unix-listen:$socket" "unix-listen:$socket,fork" udp-listen:0,fork \
    udp-recvfrom:0; do
    start_server -v -lf "$tmp/log" -r "$tmp/record" "$address" -- sh -c "$text"
    case $address in
      tcp*) expect 0 sockcat "tcp:127.0.0.1:$port" <<<x ;;
      udp*) expect 0 sockcat -T 5 "udp:127.0.0.1:$port,readbytes=5" <<<x ;;
      *) expect 0 sockcat "unix:$socket" <<<x ;;
    esac
    assert_equal "descriptors of COMMAND behind $address" "$output" "done"
    [[ $address != *fork* ]] || kill "$pid"
    tail -s 0.02 --pid="$pid" -f /dev/null
  done
}

@test "the descriptor of --ready-fd is not COMMAND's either" {
  expect 0 bash -c 'exec sockcat --ready-fd 9 -U - -- sh -c "readlink /proc/self/fd/9 || echo closed" 9>"$1"' bash "$tmp/ready"
  assert_equal "descriptor 9 of COMMAND" "$output" closed
  assert_equal "what was told" "$(wc -c <"$tmp/ready")" 1
}

@test "COMMAND has the usual actions of signals, and no signal blocked" {
  expect 0 sockcat -U - -- grep -E '^Sig(Blk|Ign)' /proc/self/status
  assert_equal "signals" "$(grep -cE '^SigBlk:\s+0+$' <<<"$output") $(awk '/SigIgn/ { print $2 }' <<<"$output" | grep -c '1$')" "1 0"
  ((0x$(awk '/SigIgn/ { print $2 }' <<<"$output") & 0x1000)) && fail "SIGPIPE is ignored in COMMAND" || true
}

# --- Environment

# peer_data: the variables, sorted, of sockcat's that COMMAND sees.
data_of_peer=(sh -c 'env | grep -E "^(SOCKCAT|SOCAT)_" | sort')

@test "environment of COMMAND: addresses and ports of a TCP connection, also under socat's names" {
  local text
  start_server tcp-listen:0 -- "${data_of_peer[@]}"
  exec 7<>"/dev/tcp/127.0.0.1/$port"
  text=$(timeout 120 cat <&7)
  exec 7>&-
  for prefix in SOCKCAT SOCAT; do
    assert_contains "environment" "$text" "${prefix}_PEERADDR=127.0.0.1"
    assert_contains "environment" "$text" "${prefix}_SOCKADDR=127.0.0.1"
    assert_contains "environment" "$text" "${prefix}_SOCKPORT=$port"
    [[ $text =~ ${prefix}_PEERPORT=[1-9][0-9]+ ]] || fail "no port of the peer: $text"
  done
  [[ $text != *PEERUID* && $text != *PEERPID* ]] || fail "credentials without UNIX socket: $text"
  [[ $text =~ SOCAT_PID=[0-9]+.*SOCAT_PPID=[0-9]+.*SOCAT_VERSION=[0-9] ]] || fail "no SOCAT_PID, _PPID or _VERSION: $text"
}

@test "environment of COMMAND: user, group and process of a UNIX socket's peer" {
  start_server "unix-listen:$socket,fork" -- "${data_of_peer[@]}"
  expect 0 bash -c 'echo $$; exec sockcat "$@"' bash "unix:$socket" </dev/null
  local client=${lines[0]}
  for prefix in SOCKCAT SOCAT; do
    assert_contains "environment" "$output" "${prefix}_PEERUID=$(id -u)"
    assert_contains "environment" "$output" "${prefix}_PEERGID=$(id -g)"
    assert_contains "environment" "$output" "${prefix}_PEERPID=$client"
    assert_contains "environment" "$output" "${prefix}_SOCKADDR=$socket"
  done
}

@test "environment of exec and system: IPv6, datagrams, and nothing of what was inherited" {
  start_server udp-recvfrom:0 system:'printf %s $SOCKCAT_PEERPORT-$SOCKCAT_SOCKPORT'
  expect 0 sockcat -T 5 "udp:127.0.0.1:$port,sourceport=$((other = $(free_port udp)))" <<<x
  assert_equal "ports" "$output" "$other-$port"
  expect 0 env SOCKCAT_PEERADDR=forged SOCAT_PEERADDR=forged SOCKCAT_PEERUID=0 SOCAT_PEERUID=0 sockcat -U - -- \
    sh -c 'env | grep -E "PEER" || echo none'
  assert_equal "what is known of no peer" "$output" none
  need_ipv6
  start_server tcp6-listen:0 exec:'sh -c \"echo $SOCKCAT_PEERADDR $SOCKCAT_SOCKADDR $SOCAT_PEERADDR $SOCAT_SOCKADDR\"'
  expect 0 sockcat "tcp6:[::1]:$port" </dev/null
  # In socat's variables as socat writes them.
  local full="[0000:0000:0000:0000:0000:0000:0000:0001]"
  assert_equal "addresses" "$output" "::1 ::1 $full $full"
}

@test "environment and log: a client's name forges no line and no terminal sequence" {
  local name="$socket"$'\nforged line\033[2J'
  local escaped="$socket"'\nforged line\033[2J'
  printf 'printf "%%s\\n" "$SOCKCAT_PEERADDR" "$SOCAT_PEERADDR" >"%s"; cat' "$tmp/names" >"$tmp/script"
  start_server -u -ddd -lf "$tmp/log" "unix-recvfrom:$socket" "exec:bash $tmp/script"
  expect 0 sockcat -u text:hello "unix-sendto:$socket,bind='$name'"
  finish 0 "$pid"
  assert_equal "environment" "$(<"$tmp/names")" "$escaped"$'\n'"$escaped"
  assert_contains "the log" "$(<"$tmp/log")" 'forged line'
  run grep -c '^forged' "$tmp/log"
  assert_equal "forged lines" "$output" 0
  run grep -cP '[\x00-\x08\x0b-\x1f\x7f]' "$tmp/log"
  assert_equal "lines with control characters" "$output" 0
}

# --- Time

@test "accept-timeout, connect-timeout and -w: 124, or what -E says, when nobody comes" {
  local start words
  for words in "-w 0.1 tcp-listen:0" "tcp-listen:0,accept-timeout=0.1" "-w 30 tcp-listen:0,accept-timeout=0.1" \
    "-w 0.1 unix-listen:$socket" "-w 0.1 udp-listen:0" "-w 0.1 udp-recvfrom:0" "-w 0.1 unix-recvfrom:$socket" \
    "-w 0.1 unix-seqpacket-listen:$socket" "-w 0.1 abstract-listen:$name" "-w 0.1 tcp-listen:0,fork"; do
    read -ra arguments <<<"$words"
    start=$(now)
    expect 124 sockcat "${arguments[@]}" </dev/null
    assert_took "$start" 100
    assert_message "sockcat: " "within the time allowed"
    assert_gone "$socket"
  done
  expect 124 sockcat "${arguments[@]}" -- true </dev/null
  expect 9 sockcat -E 9 -w 0.1 tcp-listen:0 </dev/null
  expect 9 sockcat -E 9 -w 0.1 tcp-listen:0,fork -- true </dev/null
  for words in "-w 0" --nonblock; do
    read -ra arguments <<<"$words"
    expect 124 sockcat "${arguments[@]}" tcp-listen:0 </dev/null
  done
}

@test "connect-timeout: 124 when the server does not answer" {
  local start
  start "$python" -c '
import socket, time
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(0)
clients = []
for _ in range(4):
    clients.append(socket.socket())
    clients[-1].setblocking(False)
    clients[-1].connect_ex(listener.getsockname())
print(listener.getsockname()[1], flush=True)
time.sleep(1000)' >"$tmp/full"
  wait_until "there is a server that does not accept" test -s "$tmp/full"
  port=$(<"$tmp/full")
  start=$(now)
  expect 124 sockcat "tcp:127.0.0.1:$port,connect-timeout=0.3" </dev/null
  assert_took "$start" 300
  assert_message "TCP 127.0.0.1:$port has not answered within the time allowed"
  expect 124 sockcat -w 0.2 "tcp:127.0.0.1:$port" </dev/null
  expect 6 sockcat -E 6 "tcp:127.0.0.1:$port,connect-timeout=0.1" -- true
}

@test "an address behind '!!' has its own time, and its own port" {
  expect 124 timeout 60 sockcat 'stdin!!tcp-listen:0,accept-timeout=0.1' stdout </dev/null
  assert_message "no client connected to TCP 127.0.0.1:" "within the time allowed"
  start_server 'stdin!!tcp-listen:0' stall </dev/null
  is_at_port tcp "$port" "$pid" || fail "it is not at $port"
}

@test "the last attempt to connect decides: a server that was late first and refuses then is a failure" {
  start "$python" -c '
import socket, time, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(0)
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
print("full", flush=True)
time.sleep(1000)' "$socket" >"$tmp/full"
  local server=$pid
  wait_until "there is a server that does not accept" test -s "$tmp/full"
  start sockcat -d -d "unix-connect:$socket,connect-timeout=0.1,retry=600,interval=1ms" - </dev/null 2>"$tmp/errors"
  wait_until "the first attempt was late" has_text "$tmp/errors" "cannot connect"
  kill -KILL "$server"
  finish 1 "$pid"
  assert_contains "message" "$(<"$tmp/errors")" "Connection refused"
}

@test "trap: socat's accept-timeout exits 0; sockcat's 124" {
  need socat
  expect 0 socat "tcp-listen:$(free_port tcp),accept-timeout=0.2" - </dev/null
  expect 124 sockcat tcp-listen:0,accept-timeout=0.1 - </dev/null
}

@test "-w: who connects waits for the server, at a port and at a path that is not there yet" {
  local server
  port=$(free_port tcp)
  start sockcat -w 20 "tcp:127.0.0.1:$port" - </dev/null >"$tmp/out"
  local client=$pid
  wait_until "it waits" is_asleep "$client"
  sleep 0.1
  start_server "tcp-listen:$port" text:hello </dev/null
  server=$pid
  finish 0 "$client"
  finish 0 "$server"
  assert_equal "what came" "$(<"$tmp/out")" hello
  start sockcat -w 20 "unix:$socket" - </dev/null >"$tmp/out"
  client=$pid
  wait_until "it waits" is_asleep "$client"
  sleep 0.1
  start_server "unix-listen:$socket" text:there
  server=$pid
  finish 0 "$client"
  finish 0 "$server"
  assert_equal "what came" "$(<"$tmp/out")" there
  # Nobody comes: the time is up; and without -w or with 0 the first refusal is the last.
  port=$(free_port tcp)
  expect 124 sockcat -w 0.3 "tcp:127.0.0.1:$port" </dev/null
  expect 124 sockcat -w 0.3 "unix:$socket" </dev/null
  for words in "" "-w 0" --nonblock; do
    read -ra arguments <<<"$words"
    expect 1 sockcat "${arguments[@]}" "tcp:127.0.0.1:$port" </dev/null
    assert_message "Connection refused"
    expect 1 sockcat "${arguments[@]}" "unix:$socket" </dev/null
    assert_message "'$socket'" "No such file or directory"
  done
}

@test "-T: the end when both ways are silent for so long, which is no failure; activity puts it off" {
  local start
  start=$(now)
  expect 0 sockcat -T 0.3 stall stall
  assert_took "$start" 300
  assert_silent
  start=$(now)
  start_fed sockcat -T 0.5 - pipe >"$tmp/out"
  for i in 1 2 3; do
    echo "$i" >&7
    sleep 0.25
  done
  finish 0 "$pid"
  assert_took "$start" 1000
  exec 7>&-
  assert_equal "what came" "$(<"$tmp/out")" $'1\n2\n3'
  # What had to wait in vain is a loss.
  expect 1 sockcat -T 0.2 -u text:lost stall
  assert_message "idle for too long"
}

# --- What it tells

@test "--ready-fd: a listener says so before the first client, others once they are open" {
  local address
  for address in tcp-listen:0,fork "unix-listen:$socket,fork" udp-recv:0 "unix-recv:$socket"; do
    start_server -u "$address" - </dev/null
    kill "$pid"
    assert_dies_of TERM "$pid"
  done
  start_server -u stall -
  kill "$pid"
  assert_dies_of TERM "$pid"
  mkfifo "$tmp/ready"
  exec 9<>"$tmp/ready"
  start bash -c 'exec sockcat --ready-fd 5 -w 20 "$1" 5>"$2"' bash "tcp:127.0.0.1:$((port = $(free_port tcp)))" "$tmp/ready" </dev/null
  ! read -r -t 0.2 -u 9 || fail "it is ready without a peer"
  start_server "tcp-listen:$port" text:x
  read -r -t 20 -u 9 || fail "it does not say that it is connected"
  exec 9>&-
  expect 2 sockcat --ready-fd 77 -
  assert_message "descriptor 77" "Bad file descriptor"
}

@test "--port-file: the port of whatever listens at port 0, in one piece" {
  local address
  for address in tcp-listen:0 tcp4-listen:0,bind=127.0.0.1 udp-recv:0 udp-recvfrom:0 udp-listen:0; do
    start_server "$address" -- cat
    [[ $port =~ ^[1-9][0-9]*$ ]] || fail "the port of $address is '$port'"
    is_at_port "${address:0:3}" "$port" "$pid" || fail "$address is not at $port"
    kill "$pid"
    assert_dies_of TERM "$pid"
  done
  # The first one that listens counts.
  start_server stall tcp-listen:0
  is_at_port tcp "$port" "$pid"
  kill "$pid"
  assert_dies_of TERM "$pid"
  assert_equal "files" "$(find "$tmp" -name 'port.*.*')" ""
  assert_equal "permissions" "$(stat -c %a "$tmp/port.0")" 644
  expect 1 sockcat --port-file "$tmp/missing/port" tcp-listen:0
  assert_message "cannot write port file '$tmp/missing/port'" "No such file or directory"
  mkdir "$tmp/folder"
  expect 1 sockcat --port-file "$tmp/folder" tcp-listen:0
  assert_message "cannot write port file '$tmp/folder'" "Is a directory"
  assert_equal "files" "$(find "$tmp" -name 'folder.*')" ""
  expect 125 sockcat --port-file "$tmp/folder" tcp-listen:0 -- true
}

@test "-v tells where it listens" {
  start_server -v tcp-listen:0 text:x 2>"$tmp/errors"
  assert_equal "message" "$(<"$tmp/errors")" "sockcat: listening on 127.0.0.1:$port"
  kill "$pid"
  assert_dies_of TERM "$pid"
  start_server -v "unix-listen:$socket" text:x 2>"$tmp/errors"
  assert_contains "message" "$(<"$tmp/errors")" "sockcat: listening on "
  assert_contains "message" "$(<"$tmp/errors")" "$socket"
}

@test "-n: ends after so many connections, when the last of them has ended" {
  local server
  start_server -n 3 "unix-listen:$socket,fork" -- cat
  server=$pid
  start_fed sockcat "unix:$socket" >"$tmp/first"
  echo 1 >&7
  wait_until "the first is served" has_size "$tmp/first" 2
  expect 0 sockcat "unix:$socket" <<<2
  expect 0 sockcat "unix:$socket" <<<3
  limit=10 expect 1 sockcat "unix:$socket" <<<4 # and is not left waiting
  has_ended "$server" && fail "it has not waited for the first"
  echo more >&7
  exec 7>&-
  finish 0 "$pid"
  finish 0 "$server"
  assert_equal "what the first got" "$(<"$tmp/first")" $'1\nmore'
  assert_gone "$socket"
}

@test "-d: warnings, notices, information; each line as socat writes it" {
  local moment='[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'
  expect 0 sockcat -u text:x -
  assert_silent
  expect 0 sockcat -d -u text:x -
  assert_silent
  for words in "-d -d" "-dd" "-dddd" "-d -d -d -d -d"; do
    read -ra arguments <<<"$words"
    expect 0 sockcat "${arguments[@]}" -u text:x -
    [[ ${stderr_lines[0]} =~ ^$moment\ sockcat\[[0-9]+\]\ N\  ]] || fail "sockcat $words writes: $stderr"
  done
  start_server -d -d tcp-listen:0 text:x 2>"$tmp/errors"
  assert_contains "message" "$(<"$tmp/errors")" " N listening on 127.0.0.1:$port"
  expect 0 sockcat "tcp:127.0.0.1:$port" </dev/null
  finish 0 "$pid"
  assert_contains "message" "$(<"$tmp/errors")" " N accepted TCP 127.0.0.1:"
  start_server -d tcp-listen:0,range=10.0.0.0/8,fork text:x 2>"$tmp/errors"
  expect 0 sockcat "tcp:127.0.0.1:$port" </dev/null
  assert_equal "what a refused client gets" "$output" ""
  wait_until "the refusal is told" has_text "$tmp/errors" "W refused TCP 127.0.0.1:"
}

@test "-lf, -lp, -lu, -lh, -ls: where messages go and what they look like" {
  expect 0 sockcat -d -d -lf "$tmp/log" -lp other -lu -lh -u text:x -
  assert_silent
  [[ $(<"$tmp/log") =~ ^[0-9/]+\ [0-9:]+\.[0-9]{6}\ "$(uname -n)"\ other\[[0-9]+\]\ N\  ]] || fail "the log: $(<"$tmp/log")"
  assert_equal "permissions" "$(stat -c %a "$tmp/log")" 600
  # Failures too, and after what is there.
  expect 1 sockcat -lf "$tmp/log" "open:$tmp/missing" -
  assert_silent
  assert_contains "the log" "$(tail -n 1 "$tmp/log")" "sockcat["
  assert_contains "the log" "$(tail -n 1 "$tmp/log")" "] E cannot open '$tmp/missing': No such file or directory"
  (($(wc -l <"$tmp/log") >= 2)) || fail "the log was emptied"
  expect 125 sockcat -lf"$tmp/log" "open:$tmp/missing" -- true
  assert_silent
  expect 1 sockcat -ls "open:$tmp/missing" -
  [[ $stderr =~ ^[0-9/]+\ [0-9:]+\ sockcat\[[0-9]+\]\ E\  ]] || fail "message: $stderr"
  expect 1 sockcat -lf "$tmp/missing/log" -u text:x -
  assert_message "cannot open log file '$tmp/missing/log'"
  expect 1 sockcat -lp other "open:$tmp/missing" -
  assert_message "other: cannot open '$tmp/missing'"
  expect 0 sockcat -ly -lydaemon -lm -lmuser -u text:x -
}

@test "-v and -x show what is transferred as socat shows it" {
  need socat
  local words
  printf 'line\ntab\t \\ \r\n\x00\x1b\xff and a longer one of more than sixteen bytes' >"$tmp/data"
  for words in -v -x "-v -x"; do
    read -ra arguments <<<"$words"
    expect 0 socat "${arguments[@]}" -u "open:$tmp/data" "create:$tmp/copy"
    without_moment <<<"$stderr" >"$tmp/theirs"
    expect 0 sockcat "${arguments[@]}" -u "open:$tmp/data" "create:$tmp/copy"
    without_moment <<<"$stderr" >"$tmp/ours"
    diff "$tmp/theirs" "$tmp/ours" >&2 || fail "sockcat $words differs from socat $words"
    assert_same_file "$tmp/copy" "$tmp/data"
  done
}

@test "-v and -x show both ways, and where in them" {
  expect 0 sockcat -v - exec:"tr a-z A-Z" <<<hello
  assert_equal "output" "$output" HELLO
  assert_equal "dump" "$(without_moment <<<"$stderr")" $'> MOMENT  length=6 from=0 to=5\nhello\n< MOMENT  length=6 from=0 to=5\nHELLO'
  expect 0 sockcat -v -b 4 -u text:eightbyt -
  assert_equal "dump" "$(without_moment <<<"$stderr" | grep -ao 'length.*')" $'length=4 from=0 to=3\nlength=4 from=4 to=7'
  expect 0 sockcat -x -u text:abc -
  assert_equal "dump" "$(without_moment <<<"$stderr")" $'> MOMENT  length=3 from=0 to=2\n 61 62 63'
}

@test "-r and -R: each way is appended to a file, as it came" {
  expect 0 sockcat -r "$tmp/there" -R "$tmp/back" - exec:"tr a-z A-Z" <<<hello
  assert_equal "output" "$output" HELLO
  expect 0 sockcat -r "$tmp/there" --record-backward "$tmp/back" - exec:"tr a-z A-Z" <<<again
  assert_equal "what went there" "$(<"$tmp/there")" $'hello\nagain'
  assert_equal "what came back" "$(<"$tmp/back")" $'HELLO\nAGAIN'
  assert_equal "permissions" "$(stat -c %a "$tmp/there" "$tmp/back" | uniq)" 600
  content "$tmp/data" 3000000
  expect 0 sockcat -u -r "$tmp/copy" "open:$tmp/data" "create:$tmp/other"
  assert_same_file "$tmp/copy" "$tmp/data"
  assert_same_file "$tmp/other" "$tmp/data"
  expect 1 sockcat -r "$tmp/missing/file" -u text:x -
  assert_message "cannot open record '$tmp/missing/file'"
  expect 1 sockcat -r /dev/full -u text:x -
  assert_message "No space left on device"
}

@test "--stats: bytes, steps and time on standard error at the end" {
  expect 0 sockcat --stats - exec:"tr a-z A-Z" <<<hello
  [[ $stderr =~ ^sockcat:\ \>\ 6\ bytes\ in\ 1\ steps,\ \<\ 6\ bytes\ in\ 1\ steps,\ [0-9.]+\ s$ ]] || fail "statistics: $stderr"
}

@test "--progress: a bar on standard error, when asked, and by auto only on a terminal" {
  content "$tmp/data" 100000
  expect 0 sockcat -u --progress=always "open:$tmp/data" "create:$tmp/copy"
  assert_message "100"
  assert_same_file "$tmp/copy" "$tmp/data"
  for words in --progress --progress=auto --progress=never; do
    expect 0 sockcat -u "$words" "open:$tmp/data" "create:$tmp/copy"
    assert_silent
  done
  expect 0 "$python" "$partners/on_terminal.py" sockcat -u --progress "open:$tmp/data" "create:$tmp/copy"
  assert_contains "bar" "$output" "100"
}

@test "who waits in front of a terminal learns that -t would end it" {
  expect 0 "$python" "$partners/on_terminal.py" sockcat text:x system:"sleep 2.5"
  assert_contains "hint" "$output" "-t"
  expect 0 "$python" "$partners/on_terminal.py" sockcat -t 20 text:x system:"sleep 0.2"
  assert_equal "hint" "$output" ""
}

@test "-s: an option of an address that cannot be set is a warning" {
  start_server -n 2 "unix-listen:$socket,fork" text:x
  expect 1 sockcat "unix:$socket,setsockopt=1:9999:i1" </dev/null
  assert_message "cannot set option setsockopt"
  expect 0 sockcat -s "unix:$socket,setsockopt=1:9999:i1" </dev/null
  assert_equal "output" "$output" x
  assert_silent
}

@test "-4 and -6: which version of IP comes first" {
  start_server -4 -v tcp-listen:0 text:x 2>"$tmp/errors"
  assert_contains "message" "$(<"$tmp/errors")" "127.0.0.1:$port"
  kill "$pid"
  assert_dies_of TERM "$pid"
  need_ipv6
  start_server -6 -v -n 3 tcp-listen:0,fork text:six 2>"$tmp/errors"
  assert_contains "message" "$(<"$tmp/errors")" "[::1]:$port"
  expect 0 sockcat "tcp:[::1]:$port" </dev/null
  assert_equal "output" "$output" six
  # Whatever localhost is, the keyword and pf have the last word.
  expect 1 sockcat -6 "tcp4:127.0.0.1:$port" </dev/null
  expect 0 sockcat -4 "tcp6:[::1]:$port" </dev/null
}

@test "--allow-uid and --allow-gid: others are turned away, and the server goes on" {
  local own group
  own=$(id -u) group=$(id -g)
  start_server -d -n 2 --allow-uid "$((own + 1))" --allow-gid "$group" "unix-listen:$socket,fork" text:x
  expect 0 sockcat "unix:$socket" </dev/null
  assert_equal "output" "$output" x
  kill "$pid"
  assert_dies_of TERM "$pid"
  start_server -d --allow-uid "$((own + 1))" --allow-gid "$((group + 1))" "unix-listen:$socket,fork" text:x 2>"$tmp/errors"
  local i
  for i in 1 2; do
    expect 0 sockcat "unix:$socket" </dev/null
    assert_equal "output" "$output" ""
  done
  assert_contains "message" "$(<"$tmp/errors")" "refused a client of UNIX '$socket'"
  expect 1 sockcat --allow-uid "$((own + 1))" "unix:$socket" </dev/null
  assert_message "cannot trust" "neither user $own nor group $group is allowed"
}

# --- Signals

@test "SIGINT, SIGTERM, SIGHUP and SIGQUIT: dies of that signal, and the socket is gone" {
  local signal address
  for signal in INT TERM HUP QUIT; do
    for address in "unix-listen:$socket" "unix-listen:$socket,fork" "unix-recv:$socket"; do
      start_server -u "$address" - </dev/null
      assert_socket "$socket"
      kill "-$signal" "$pid"
      assert_dies_of "$signal" "$pid"
      assert_gone "$socket" "$socket.ipclock"
    done
    start_fed sockcat - pipe >"$tmp/out"
    echo x >&7
    wait_until "it transfers" has_size "$tmp/out" 2
    kill "-$signal" "$pid"
    assert_dies_of "$signal" "$pid"
    exec 7>&-
  done
}

@test "a signal comes to COMMAND too, whose end is awaited" {
  start_fed sockcat - -- sh -c 'trap "echo told >'"$tmp/told"'; exit 0" TERM; echo ready; while :; do sleep 0.01; done' >"$tmp/out"
  wait_until "it runs" has_text "$tmp/out" ready
  kill "$pid"
  finish 0 "$pid"
  exec 7>&-
  assert_equal "what COMMAND noticed" "$(<"$tmp/told")" told
  start_fed sockcat - -- sleep 1000
  wait_until "it runs" has_children "$pid" 1
  kill "$pid"
  assert_dies_of TERM "$pid"
  exec 7>&-
}

@test "SIGTERM ends a server with fork, and lets the connections under way finish" {
  local server
  start_server "unix-listen:$socket,fork" -- cat
  server=$pid
  start_fed sockcat "unix:$socket" >"$tmp/out"
  echo 1 >&7
  wait_until "it is served" has_size "$tmp/out" 2
  kill "$server"
  wait_until "the socket is gone" is_missing "$socket"
  echo 2 >&7
  exec 7>&-
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/out")" $'1\n2'
  assert_dies_of TERM "$server"
}

@test "SIGUSR1, SIGPIPE and stopping do not end it" {
  start_fed sockcat - pipe >"$tmp/out"
  echo 1 >&7
  wait_until "it transfers" has_size "$tmp/out" 2
  kill -PIPE "$pid"
  kill -STOP "$pid"
  kill -CONT "$pid"
  echo 2 >&7
  exec 7>&-
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/out")" $'1\n2'
}

@test "ignored signals stay ignored" {
  start_fed env --ignore-signal=HUP sockcat - pipe >"$tmp/out"
  echo 1 >&7
  wait_until "it transfers" has_size "$tmp/out" 2
  kill -HUP "$pid"
  echo 2 >&7
  exec 7>&-
  finish 0 "$pid"
  assert_equal "what came" "$(<"$tmp/out")" $'1\n2'
}

# --- What goes wrong

@test "a closed pipe is exit 1 and a message, never SIGPIPE" {
  content "$tmp/data" 3000000
  expect 1 bash -c '{ sockcat -u "$1" -; echo "$?" >"$2"; } | true; exit "$(cat "$2")"' bash "open:$tmp/data" "$tmp/status"
  assert_message "sockcat: " "Broken pipe"
  # So is a peer that goes.
  start "$python" -c '
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
for i in range(2):
    client = listener.accept()[0]
    client.recv(10)
    client.close()' "$socket"
  wait_until "there is a server" is_at_path "$socket"
  expect 1 sockcat -w 10 -u "open:$tmp/data" "unix:$socket"
  assert_message "sockcat: cannot write UNIX '$socket': "
  expect 125 sockcat -w 10 "unix:$socket" -- cat "$tmp/data"
  assert_message "sockcat: cannot " "UNIX '$socket': "
  # One that goes later than all has been sent to it has not got all, either.
  start "$python" -c '
import socket, sys, time
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
client = listener.accept()[0]
client.recv(10)
time.sleep(0.5)
client.close()' "${socket}b"
  wait_until "there is a server" is_at_path "${socket}b"
  expect 125 sockcat -w 10 "unix:${socket}b" -- echo "much more than ten bytes"
  assert_message "sockcat: cannot write UNIX '${socket}b': it has not read everything"
  # The reader goes while nothing is to be written: nothing is lost, and it does not wait for ever.
  expect 0 bash -c '{ sockcat -u stall -; echo "$?" >"$1"; } | true; exit "$(cat "$1")"' bash "$tmp/status"
}

@test "a full disk is exit 1 and a message, and so are closed standard descriptors" {
  expect 1 "${into_full[@]}" sockcat -u text:x -
  assert_message "standard output" "No space left on device"
  expect 1 sockcat -u text:x open:/dev/full
  assert_message "'/dev/full'" "No space left on device"
  expect 1 sockcat -r /dev/full -u text:x -
  assert_message "/dev/full" "No space left on device"
  expect 1 "${without_stdout[@]}" sockcat -u text:x -
  assert_message "Bad file descriptor"
  expect 1 "${without_stdin[@]}" sockcat -u - "create:$tmp/out"
  assert_message "Bad file descriptor"
  # A descriptor of sockcat's own must not take the place of one that is closed.
  expect 1 "${without_stdout[@]}" sockcat -u text:x stdout
  : >"$tmp/file"
  "${without_stdout[@]}" sockcat -u text:precious "open:$tmp/file,append" || fail "it fails without standard output"
  assert_equal "the file" "$(<"$tmp/file")" precious
}

@test "a directory, and a file that may not be read or written, are exit 1" {
  expect 1 sockcat -u "open:$tmp" -
  assert_message "Is a directory"
  expect 1 sockcat -u text:x "open:$tmp/missing"
  assert_message "'$tmp/missing'" "No such file or directory"
  need_second_user
  : >"$tmp/secret"
  chmod 600 "$tmp/secret"
  chmod o+x "$tmp"
  expect 1 "${other[@]}" "$TOOLS_DIR/sockcat" -u "open:$tmp/secret" -
  assert_message "Permission denied"
}

@test "killed half-way: the peer gets the end, and the next server takes the place of the dead one" {
  content "$tmp/data" 100000
  start_server "unix-listen:$socket,fork" -- cat
  start_fed sockcat "unix:$socket" >"$tmp/out"
  local client=$pid
  echo 1 >&7
  wait_until "it is served" has_size "$tmp/out" 2
  kill -KILL "$client"
  finish 137 "$client"
  exec 7>&-
  local server=${started[0]}
  wait_until "its server notices" has_children "$server" 0
  kill -KILL "$server"
  finish 137 "$server"
  assert_socket "$socket"
  start_server "unix-listen:$socket" -- cat
  expect 0 sockcat "unix:$socket" <<<again
  assert_equal "what came" "$output" again
  finish 0 "$pid"
  assert_gone "$socket" "$socket.ipclock"
}

@test "killed half-way: COMMAND gets the end of its input" {
  start_fed sockcat - -- sh -c 'cat >/dev/null; echo "end" >"$0"' "$tmp/told"
  wait_until "COMMAND runs" has_children "$pid" 1
  kill -KILL "$pid"
  finish 137 "$pid"
  exec 7>&-
  wait_until "COMMAND notices" test -s "$tmp/told"
}

@test "clients that say nothing, that vanish and that reset do not stop a server" {
  local number
  start_server tcp-listen:0,fork -- cat
  exec 7<>"/dev/tcp/127.0.0.1/$port" 8<>"/dev/tcp/127.0.0.1/$port"
  "$python" -c '
import socket, struct, sys
for i in range(20):
    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    if i % 2: s.send(b"x" * 1000)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()' "$port"
  for number in 1 2 3; do
    expect 0 sockcat "tcp:127.0.0.1:$port" <<<"$number"
    assert_equal "what came" "$output" "$number"
  done
  wait_until "only the silent ones are left" has_children "$pid" 2
  exec 7>&- 8>&-
  wait_until "nobody is left" has_children "$pid" 0
}

@test "many connections leave no descriptor, process or zombie in the server" {
  local before i
  start_server "unix-listen:$socket,fork" -- true
  expect 0 sockcat "unix:$socket" </dev/null
  wait_until "it has ended" has_children "$pid" 0
  before=$(descriptor_count "$pid")
  for i in {1..30}; do sockcat "unix:$socket" </dev/null; done
  wait_until "all have ended" has_children "$pid" 0
  assert_equal "descriptors" "$(descriptor_count "$pid")" "$before"
}

@test "a name that does not exist is exit 1 and named" {
  expect 1 sockcat tcp:nonexistent.invalid:80 </dev/null
  assert_message "nonexistent.invalid"
  expect 1 sockcat "tcp:127.0.0.1:nosuchservice" </dev/null
  assert_message "nosuchservice"
}
