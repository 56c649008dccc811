#!/usr/bin/env bats
# shellcheck disable=SC2016 # what single quotes hold is for another shell
# shellcheck disable=SC2154 # completed is set by eval
# shellcheck disable=SC2030,SC2031 # each test is a shell
# shellcheck disable=SC2088 # a tilde is to stay one
# The completions, driven in the three shells. TOOLS_DIR is the folder of the binaries.

setup() {
  completions=$BATS_TEST_DIRNAME/../../completions
  completions=$(cd "$completions" && pwd)
  TOOLS_DIR=$(cd "${TOOLS_DIR:-$BATS_TEST_DIRNAME/../../build/release/bin}" && pwd)
  PATH=$TOOLS_DIR:$PATH
  export HOME=$BATS_TEST_TMPDIR
  unset XDG_CONFIG_HOME XDG_DATA_HOME ZDOTDIR
  prefix=/ipcutils-test.$$.$BATS_TEST_NUMBER
  name=${prefix}.frame
  strange="${prefix}.\$(touch pwned) a;b'c\"d!e"
  semaphore=${prefix}.lock
  jobs=${prefix}.jobs
  made=()
  pids=()
  cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
  [ "${#pids[@]}" -eq 0 ] || kill "${pids[@]}"
  rm -f -- "/dev/shm$name" "/dev/shm$strange" "/dev/shm/sem.${semaphore#/}"
  [ "${#made[@]}" -eq 0 ] || ipcdel --force "${made[@]}"
}

make_objects() {
  echo 1 | shmput "$name"
  echo 2 | shmput "$strange"
}

make_queues_and_semaphores() {
  made=("sem:$semaphore" "mq:$jobs")
  ipcnew --max-messages 1 --max-size 1 "${made[@]}"
  queue=$(ipcnew -Q)
  made+=("$queue")
  set=$(ipcnew -S 1)
  made+=("$set")
}

# A server with a method "add", and its signature.
serve_methods() {
  mkdir methods
  printf '#!/bin/sh\n' >methods/add
  chmod +x methods/add
  echo '{"params":[{"name":"first"},{"name":"second"}]}' >methods/add.json
  rpcserve --dir methods unix:service 3>&- &
  pids+=($!)
  rpccall -w 120 --list unix:service >/dev/null
}

# Whether POSIX queues can be listed, which needs a mount or root.
has_posix_queues() { ipcls -q --posix >/dev/null 2>&1; }

# Completes a command line in bash, as it calls the function: words are split at ':' and '=', and the second argument
# is what readline will replace. Prints the candidates, one a line.
in_bash() {
  bash --norc -c '
    line=$1
    tool=${line%% *}
    . "$2/bash/$tool"
    COMP_LINE=$line COMP_POINT=${#line}
    read -ra COMP_WORDS <<<"$(sed -E "s/([:=])/ \1 /g" <<<"$line")"
    [[ $line == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    text=${line##*["$3"]}
    "$(complete -p "$tool" | sed "s/.*-F \([^ ]*\).*/\1/")" "$tool" "$text" "${COMP_WORDS[COMP_CWORD - 1]}"
    printf "%s\n" "${COMPREPLY[@]}"' bash "$1" "$completions" " :=\"'"
}

# has_line LINE: one of the lines of $output is this.
has_line() { grep -Fqx -e "$1" <<<"$output" || { echo "no '$1' in:"; echo "$output"; return 1; }; }
# until_completed SHELL LINE CANDIDATE: the completion of LINE is CANDIDATE alone. A server that is slow to answer is not
# waited for, so that takes several attempts on a busy machine.
until_completed() {
  local deadline=$((SECONDS + 120))
  until run "$1" "$2" && [ "$output" = "$3" ]; do
    ((SECONDS < deadline)) || { echo "$1 completes '$2' to: $output"; return 1; }
  done
}
has_no_line() { ! grep -Fqx -e "$1" <<<"$output" || { echo "'$1' in:"; echo "$output"; return 1; }; }

@test "bash: options" {
  run in_bash 'shmget --'
  has_line --timeout
  has_line --zero-copy
  run in_bash 'shmput --existing --pri'
  [ "$output" = --print-ref ]
  run in_bash 'shmget -- --'
  [ "$output" = '' ]
  run in_bash 'mqsend --max'
  [ "$(sort <<<"$output")" = $'--max-messages\n--max-size' ]
  run in_bash 'mqrecv --no-'
  [ "$output" = --no-terminator ]
  run in_bash 'semop /x -1 --non'
  [ "$output" = --nonblock ]
}

@test "bash: arguments of options" {
  run in_bash 'shmget --progress=a'
  [ "$output" = $'auto\nalways' ]
  run in_bash 'shmput --mode 64'
  [ "$output" = $'640\n644' ]
  run in_bash 'shmput --size 16'
  has_line 16K
  run in_bash 'ipcls -o REF,KEY,s'
  has_line REF,KEY,size
  has_no_line REF,KEY,ref
  run in_bash 'ipcls --output=+MT'
  [ "$output" = +MTIME ]
  run in_bash 'ipcls -q -o REF,MS'
  [ "$output" = $'REF,MSGS\nREF,MSGSIZE' ]
  run in_bash 'ipcls --sort -SI'
  [ "$output" = -SIZE ]
  run in_bash 'ipcls --sort=si'
  [ "$output" = size ]
  run in_bash 'ipcls --older-than 3'
  [ "$output" = $'3m\n3h\n3d' ]
  run in_bash 'ipcls --full=9'
  [ "$output" = 90 ]
  run in_bash "ipcdel --pid $$"
  has_line $$
  run in_bash 'ipcdel --owner roo'
  has_line root
  run in_bash 'ipcset --group=roo'
  has_line root
  run in_bash 'mqrecv --on-failure=s'
  [ "$output" = $'stop\nskip' ]
  run in_bash 'mqrecv --into COMP_WORDB'
  [ "$output" = COMP_WORDBREAKS ]
  run in_bash 'shmget --into=COMP_WORDB'
  [ "$output" = COMP_WORDBREAKS ]
}

@test "bash: what ipcrun makes" {
  run in_bash 'ipcrun '
  [ "$output" = -- ]
  run in_bash 'ipcrun --make A=mq'
  [ "$output" = $'mq:private\nmq:ftok:\nmq:/' ]
  run in_bash 'ipcrun --make=A=shm:p'
  [ "$output" = private ]
  run in_bash 'ipcrun --isolate --make A=shm:/x,'
  [ "$output" = $'/x,mode=\n/x,size=' ]
  run in_bash 'ipcrun --make A=mq:/x,'
  [ "$output" = $'/x,mode=\n/x,max-messages=\n/x,max-size=' ]
  run in_bash 'ipcrun --make A=mq:1,'
  [ "$output" = $'1,mode=\n1,qbytes=' ]
  run in_bash 'ipcrun --make A=sem:/x,'
  [ "$output" = $'/x,mode=\n/x,init=' ]
  run in_bash 'ipcrun --make A=sem:private,'
  [ "$output" = $'private,mode=\nprivate,sems=\nprivate,init=' ]
  run in_bash 'ipcrun --make A=mb:/x,'
  [ "$output" = $'/x,mode=\n/x,size=\n/x,on-full=' ]
  run in_bash 'ipcrun --make A=shm:/x,size=16'
  has_line 16K
  run in_bash 'ipcrun --make A=sem:private,init=0,mode=64'
  [ "$output" = $'640\n644' ]
  touch afile
  run in_bash 'ipcrun --make A=shm:file:af'
  [ "$output" = afile ]
}

@test "bash: conditions of ipcwait" {
  run in_bash 'ipcwait shm:/x '
  [ "$output" = $'exists\ngone\nunattached\nchanged' ]
  run in_bash 'ipcwait -w 3 mq:/x '
  [ "$output" = $'exists\ngone\nempty\nnonempty' ]
  run in_bash 'ipcwait mb:/x '
  [ "$output" = $'exists\ngone\nempty\nnonempty\nunattached\nreaders\nwriters' ]
  run in_bash 'ipcwait fifo:x '
  [ "$output" = $'exists\ngone\nempty\nnonempty\nreaders\nwriters' ]
  run in_bash 'ipcwait sem:/x v'
  [ "$output" = value: ]
  run in_bash 'ipcwait sem:/x zero '
  [ "$output" = '' ]
}

@test "bash: live objects" {
  make_objects
  run in_bash "shmget $prefix.f"
  [ "$output" = "$name" ]
  run in_bash "shmget -z --offset 2 $prefix.f"
  [ "$output" = "$name" ]
  run in_bash "shmput -m 600 $prefix.f"
  [ "$output" = "$name" ]
  run in_bash "shmget shm:$prefix.f"   # what stands before the colon stays
  [ "$output" = "$name" ]
  run in_bash "ipcdel shm:$prefix.f"
  [ "$output" = "$name" ]
  run in_bash "ipcls shm:$prefix.f"
  [ "$output" = "$name" ]
  run in_bash "ipcset -m 640 shm:$prefix.f"
  [ "$output" = "$name" ]
  run in_bash "ipcwait --nonblock shm:$prefix.f"
  [ "$output" = "$name" ]
  run in_bash "ipcdel shm:$name shm:$prefix.f"   # is given already
  [ "$output" = '' ]
  run in_bash 'ipcdel '
  has_line "shm:$name"
}

@test "bash: live queues and semaphores" {
  make_objects
  make_queues_and_semaphores
  run in_bash "semop $prefix."
  [ "$output" = "$semaphore" ]
  run in_bash "semop -w 3 sem:$prefix."   # what stands before the colon stays
  [ "$output" = "$semaphore" ]
  if has_posix_queues; then
    run in_bash "mqsend -p 3 $prefix."
    [ "$output" = "$jobs" ]
    run in_bash "mqrecv --drain mq:$prefix."
    [ "$output" = "$jobs" ]
  fi
  run in_bash 'mqrecv '
  has_line "${queue#mq:}"
  has_no_line "$name"
  has_no_line "$semaphore"
  run in_bash "mqsend --priority 3 ${queue#mq:}"
  has_line "${queue#mq:}"
  run in_bash 'ipcdel '
  has_line "shm:$name"
  has_line "sem:$semaphore"
  has_line "$queue"
  has_line "$set"
  run in_bash "ipcls sem:$prefix."
  [ "$output" = "$semaphore" ]
  run in_bash 'ipcnew mq'
  [ "$output" = $'mq:private\nmq:ftok:\nmq:/' ]
}

@test "bash: live mailboxes" {
  make_objects
  mbsend --create "$prefix.news" </dev/null
  made=("mb:$prefix.news")
  run in_bash "mbrecv -n 3 $prefix."
  [ "$output" = "$prefix.news" ]
  run in_bash "mbsend mb:$prefix."
  [ "$output" = "$prefix.news" ]
  run in_bash 'mbrecv --from='
  [ "$output" = $'now\noldest\nlast' ]
  run in_bash 'mbsend --on-full o'
  [ "$output" = overwrite ]
  run in_bash 'mbrecv /x -- mbrecv --nonb'
  [ "$output" = --nonblock ]
}

@test "bash: signals and processes" {
  run in_bash 'sigsend -s RTMIN+1'
  [ "$output" = $'RTMIN+1\nRTMIN+10\nRTMIN+11\nRTMIN+12\nRTMIN+13\nRTMIN+14\nRTMIN+15' ]
  run in_bash 'sigsend --signal=SIGUSR'
  [ "$output" = $'SIGUSR1\nSIGUSR2' ]
  run in_bash 'sigsend --then 5s:KI'
  [ "$output" = KILL ]
  run in_bash 'sigrecv -s TERM,US'
  [ "$output" = $'TERM,USR1\nTERM,USR2' ]
  run in_bash "sigsend $$"
  has_line $$
  run in_bash "ipcls --signals 1 $$"
  has_line $$
  run in_bash 'sigrecv -f -- sigrecv --nonb'
  [ "$output" = --nonblock ]
}

@test "bash: remote procedures" {
  serve_methods
  run in_bash 'rpccall '
  has_line unix:
  has_line exec:
  run in_bash 'rpccall unix:se'
  [ "$output" = service ]
  run in_bash 'rpccall --framing=ls'
  [ "$output" = lsp ]
  run in_bash 'rpccall exec:rpcserve a'   # is not started
  [ "$output" = '' ]
  run in_bash 'rpcserve --dir=meth'
  [ "$output" = methods/ ]
  until_completed in_bash 'rpccall -w 3 unix:service a' add
  until_completed in_bash 'rpccall unix:service add first=1 ' second=
}

@test "bash: operations of semop" {
  run in_bash 'semop /x '
  has_line -1
  has_line +1
  run in_bash 'semop /x -1 +'
  [ "$output" = +1 ]
}

@test "bash: what stands behind -- is a command line of its own" {
  make_queues_and_semaphores
  touch afile
  printf '#!/bin/sh\n' >"$BATS_TEST_TMPDIR/frobnicate"
  chmod +x "$BATS_TEST_TMPDIR/frobnicate"
  PATH=$PATH:$BATS_TEST_TMPDIR
  run in_bash 'mqrecv /x '
  [ "$output" = -- ]
  run in_bash 'mqrecv /x -- frob'
  [ "$output" = frobnicate ]
  run in_bash 'semop --create /x -2 -- frob'
  [ "$output" = frobnicate ]
  run in_bash 'mqrecv /x -- frobnicate -- af'
  [ "$output" = afile ]
  run in_bash "semop /x -- semop $prefix."
  [ "$output" = "$semaphore" ]
  run in_bash 'semop /x -- semop --nonb'
  [ "$output" = --nonblock ]
  run in_bash 'ipcrun --make A=mq:private -- frob'
  [ "$output" = frobnicate ]
  run in_bash 'ipcrun --isolate -- ipcrun --iso'
  [ "$output" = --isolate ]
  run in_bash 'mqrecv /x -- frobnicate <af'
  [ "$output" = afile ]
}

@test "bash: an object's identifier" {
  segment=$(ipcnew -M 1)
  run in_bash "shmget ${segment#shm:}"
  result=$output
  ipcdel "$segment"
  echo "$result"
  [ "$result" = "${segment#shm:}" ]
}

@test "bash: strange names are quoted and not executed" {
  make_objects
  for open in '' "'" '"'; do
    run in_bash "shmget $open$prefix.\$"
    if [ -z "$open" ]; then run in_bash "shmget $prefix.\\\$"; fi
    [ -n "$output" ]
    eval "completed=$open$output$open"
    [ "$completed" = "$strange" ]
  done
  [ ! -e pwned ]
}

@test "bash: files where a file is wanted" {
  touch 'a file'
  run in_bash 'shmput /x a'
  [ "$output" = 'a file' ]
  run in_bash 'shmput /x <a'
  [ "$output" = 'a file' ]
  run in_bash 'shmput file:a'
  [ "$output" = 'a\ file' ]
  run in_bash 'ipcdel shm:file:a'
  [ "$output" = 'a\ file' ]
  run in_bash 'semop file:a'
  [ "$output" = 'a\ file' ]
  run in_bash 'ftok a'
  [ "$output" = 'a file' ]
  run in_bash 'mqsend mq:ftok:a'
  [ "$output" = 'a\ file' ]
  run in_bash 'mqsend /x a'
  [ "$output" = '' ]
}

# Files of which some are FIFOs.
make_fifos() {
  mkdir fifodir
  mkfifo fifo.1 fifodir/inner
  touch fifo.txt
}

@test "bash: FIFOs, and commands of those options that take one" {
  make_fifos
  run in_bash 'mkfifo-pipe -s fifo'
  [ "$(sort <<<"$output")" = $'fifo.1\nfifodir' ]
  run in_bash 'mkfifo-pipe --receive --idle 3 fifodir/'
  [ "$output" = fifodir/inner ]
  run in_bash 'mkfifo-pipe -r ~/fifo.'
  [ "$output" = '~/fifo.1' ]
  run in_bash 'mkfifo-pipe -s fifo.1 f'
  [ "$output" = '' ]
  run in_bash 'mkfifo-pipe --duplex fifo.1 fifo.'
  [ "$output" = fifo.1 ]
  run in_bash 'mkfifo-pipe --duplex fifo.1 fifo.1 '
  [ "$output" = -- ]
  run in_bash 'mkfifo-pipe --private '
  [ "$output" = -- ]
  run in_bash 'mkfifo-pipe --private -- mkfifo-pipe -r fifo.'
  [ "$output" = fifo.1 ]
  run in_bash 'mkfifo-pipe --private -- cat fifo.t'
  [ "$output" = fifo.txt ]
  run in_bash 'mkfifo-pipe --on-full=d'
  [ "$output" = drop ]
}

# Files of which some are sockets, and an abstract socket that lives.
make_sockets() {
  abstract=${prefix#/}.abstract
  mkdir sock.dir
  touch sock.txt
  python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock.1")'
  mkfifo ready
  sockcat --ready-fd 3 "abstract-listen:$abstract" stall 3>ready &
  pids+=($!)
  read -r _ <ready
}

# A sockcat that has one address and one option.
make_other_sockcat() {
  mkdir other
  printf '%s\n' '#!/bin/sh' 'cat <<END' Addresses: '  frobnicate:HOST' '      a text' '      also: frob' \
    '      groups: any' '' Options: '  knob=MODE' '      a text' '      groups: any' END >other/sockcat
  chmod +x other/sockcat
}

@test "bash: addresses" {
  run in_bash 'sockcat tcp4-l'
  [ "$output" = tcp4-listen: ]
  run in_bash 'sockcat -w 3 -lf file TCP4-L'   # in the case of letters that was begun
  [ "$output" = TCP4-LISTEN: ]
  run in_bash 'sockcat - sta'
  [ "$output" = stall ]
  run in_bash 'sockcat pi'
  [ "$output" = $'pipe\npipe:' ]
  run in_bash 'sockcat inet4-'   # aliases, where no name fits
  [ "$output" = $'inet4-connect:\ninet4-l:\ninet4-listen:' ]
  run in_bash 'sockcat stall!!gop'
  [ "$output" = 'stall\!\!gopen:' ]
  run in_bash 'sockcat - '
  has_line --
  has_line tcp-listen:
  has_line stdio
  has_no_line tcp-l:
  run in_bash 'sockcat '
  has_no_line --
  run in_bash 'sockcat - - '
  [ "$output" = '' ]
}

@test "bash: options of addresses" {
  run in_bash 'sockcat unix-listen:x,accept'
  [ "$output" = x,accept-timeout= ]
  run in_bash 'sockcat UNIX-L:x,fork,MAX'
  [ "$output" = x,fork,MAX-CHILDREN= ]
  run in_bash 'sockcat stdio,cr'
  [ "$output" = $'stdio,cr\nstdio,crnl' ]
  run in_bash 'sockcat -,ig'
  [ "$output" = -,ignoreeof ]
  run in_bash 'sockcat 3,f-se'
  [ "$output" = 3,f-setpipe-sz= ]
  run in_bash 'sockcat ./x,tru'
  [ "$output" = ./x,trunc ]
  run in_bash 'sockcat open:x,fork'
  [ "$output" = '' ]
  run in_bash 'sockcat unix-listen:x,fork,mode=64'
  [ "$output" = $'640\n644' ]
  run in_bash 'sockcat tcp:host:80,pf=i'
  [ "$output" = $'ip4\nip6' ]
  run in_bash 'sockcat unix-listen:x,user=roo'
  has_line root
  run in_bash 'sockcat udp-multicast:224.0.0.1:0,if=l'
  has_line lo
}

@test "bash: parameters of addresses, and words of options" {
  make_sockets
  run in_bash 'sockcat unix:sock'
  [ "$(sort <<<"$output")" = $'sock.1\nsock.dir/' ]
  run in_bash 'sockcat open:sock.t'
  [ "$output" = sock.txt ]
  run in_bash 'sockcat ./sock.t'
  [ "$output" = ./sock.txt ]
  run in_bash "sockcat abstract:${prefix#/}"
  [ "$output" = "$abstract" ]
  run in_bash 'sockcat fd:'
  has_line 3
  run in_bash 'sockcat exec:sockca'
  [ "$output" = sockcat ]
  run in_bash 'sockcat stall:sock'
  [ "$output" = '' ]
  run in_bash 'sockcat -uvr sock.t'
  [ "$output" = sock.txt ]
  run in_bash 'sockcat -lf sock.t'
  [ "$output" = sock.txt ]
  run in_bash 'sockcat --allow-uid roo'
  has_line root
  run in_bash 'sockcat tcp-listen:0,fork -- cat sock.t'
  [ "$output" = sock.txt ]
}

@test "bash: addresses and options are those of the help" {
  make_other_sockcat
  PATH=$PWD/other:$PATH
  run in_bash 'sockcat '
  [ "$output" = frobnicate: ]
  run in_bash 'sockcat frob:x,'
  [ "$output" = x,knob= ]
}

@test "bash: without ipcls there are no objects and no message" {
  make_objects
  PATH=/usr/bin:/bin run in_bash "shmget $prefix"
  [ "$output" = '' ]
}

# Completes a command line in fish. Prints the candidates, one a line.
in_fish() {
  fish --no-config -c 'for file in $argv[1]/fish/*.fish; source $file; end; complete -C$argv[2]' "$completions" "$1" |
    cut -f 1
}

@test "fish: options, arguments and live objects" {
  command -v fish >/dev/null || skip "fish is not installed"
  make_objects
  run in_fish 'shmget --'
  has_line --zero-copy
  run in_fish 'shmget /'
  has_line "$name"
  has_line "$strange"
  run in_fish 'shmget shm:/'
  has_line "shm:$name"
  run in_fish "ipcdel shm:$prefix.f"
  [ "$output" = "shm:$name" ]
  run in_fish 'ipcls -o REF,SI'
  [ "$output" = REF,SIZE ]
  run in_fish 'shmput --progress=al'
  [ "$output" = --progress=always ]
  touch afile
  run in_fish 'shmput -m 600 /x af'
  [ "$output" = afile ]
  run in_fish 'shmput file:af'
  [ "$output" = file:afile ]
  [ ! -e pwned ]
}

@test "fish: queues, semaphores and commands behind --" {
  command -v fish >/dev/null || skip "fish is not installed"
  make_objects
  make_queues_and_semaphores
  run in_fish 'mqsend --prio'
  [ "$output" = --priority ]
  run in_fish 'mqrecv '
  has_line "${queue#mq:}"
  has_no_line "$name"
  run in_fish 'mqsend mq:'
  has_line "$queue"
  run in_fish "semop $prefix."
  [ "$output" = "$semaphore" ]
  run in_fish "semop -w 3 sem:$prefix."
  [ "$output" = "sem:$semaphore" ]
  run in_fish 'semop /x +'
  [ "$output" = +1 ]
  run in_fish 'ipcdel '
  has_line "shm:$name"
  has_line "sem:$semaphore"
  has_line "$queue"
  run in_fish 'ipcls -o REF,MSGS'
  [ "$output" = $'REF,MSGS\nREF,MSGSIZE' ]
  touch afile
  run in_fish 'mqsend mq:ftok:af'
  [ "$output" = mq:ftok:afile ]
  run in_fish 'semop file:af'
  [ "$output" = file:afile ]
  run in_fish 'mqrecv /x -- sh af'
  [ "$output" = afile ]
  run in_fish "mqrecv --drain /x -- semop $prefix."
  [ "$output" = "$semaphore" ]
  run in_fish 'semop /x -- semop --nonb'
  [ "$output" = --nonblock ]
}

@test "fish: filters, conditions and what ipcrun makes" {
  command -v fish >/dev/null || skip "fish is not installed"
  make_objects
  make_queues_and_semaphores
  run in_fish 'ipcls --sort SI'
  [ "$output" = SIZE ]
  run in_fish 'ipcls --sort=-SI'   # as a word of its own it is an option to fish
  [ "$output" = --sort=-SIZE ]
  run in_fish 'ipcdel --orph'
  [ "$output" = --orphaned ]
  run in_fish 'ipcdel --owner roo'
  has_line root
  run in_fish "ipcset -m 640 shm:$prefix.f"
  [ "$output" = "shm:$name" ]
  run in_fish "ipcwait -w 3 sem:$prefix."
  [ "$output" = "sem:$semaphore" ]
  run in_fish 'ipcwait -w 3 mq:/x '
  [ "$(sort <<<"$output")" = $'empty\nexists\ngone\nnonempty' ]
  run in_fish 'ipcwait fifo:x rea'
  [ "$output" = readers ]
  run in_fish 'ipcwait mq:/x empty '
  [ "$output" = '' ]
  run in_fish 'ipcrun --make A=mq:p'
  [ "$output" = A=mq:private ]
  run in_fish 'ipcrun --make A=sem:/x,in'
  [ "$output" = A=sem:/x,init= ]
  run in_fish 'ipcrun --make A=sem:/x,'
  [ "$(sort <<<"$output")" = $'A=sem:/x,init=\nA=sem:/x,mode=600' ]
  run in_fish 'ipcrun --make A=mq:1,m'
  [ "$output" = A=mq:1,mode=600 ]
  run in_fish 'ipcrun --make A=mq:/x,q'
  [ "$output" = '' ]
  touch afile
  run in_fish 'ipcrun --make A=shm:file:af'
  [ "$output" = A=shm:file:afile ]
  run in_fish "ipcrun --make A=mq:private -- semop $prefix."
  [ "$output" = "$semaphore" ]
}

@test "fish: live mailboxes" {
  command -v fish >/dev/null || skip "fish is not installed"
  make_objects
  mbsend --create "$prefix.news" </dev/null
  made=("mb:$prefix.news")
  run in_fish "mbrecv $prefix."
  [ "$output" = "$prefix.news" ]
  run in_fish "mbsend mb:$prefix."
  [ "$output" = "mb:$prefix.news" ]
  run in_fish 'mbrecv /x -- semop --nonb'
  [ "$output" = --nonblock ]
}

@test "fish: signals and processes" {
  command -v fish >/dev/null || skip "fish is not installed"
  run in_fish 'sigsend --signal=XC'
  [ "$output" = --signal=XCPU ]
  run in_fish 'sigsend --then 5s:KI'
  [ "$output" = 5s:KILL ]
  run in_fish 'sigrecv -s TERM,VTA'
  [ "$output" = TERM,VTALRM ]
  run in_fish 'sigrecv -f -- sigrecv --nonb'
  [ "$output" = --nonblock ]
}

@test "fish: remote procedures" {
  command -v fish >/dev/null || skip "fish is not installed"
  serve_methods
  run in_fish 'rpccall unix:se'
  [ "$output" = unix:service ]
  until_completed in_fish 'rpccall -w 3 unix:service a' add
  until_completed in_fish 'rpccall unix:service add first=1 ' second=
}

@test "fish: FIFOs" {
  command -v fish >/dev/null || skip "fish is not installed"
  make_fifos
  run in_fish 'mkfifo-pipe -s fifo'
  [ "$(sort <<<"$output")" = $'fifo.1\nfifodir/' ]
  run in_fish 'mkfifo-pipe -r fifodir/'
  [ "$output" = fifodir/inner ]
  run in_fish 'mkfifo-pipe -r ~/fifo.'
  [ "$output" = '~/fifo.1' ]
  run in_fish 'mkfifo-pipe --private '
  [ "$output" = -- ]
  run in_fish 'mkfifo-pipe --duplex fifo.1 fifo.1 -- cat fifo.t'
  [ "$output" = fifo.txt ]
  run in_fish 'mkfifo-pipe --on-full=d'
  [ "$output" = --on-full=drop ]
}

@test "fish: addresses of sockcat" {
  command -v fish >/dev/null || skip "fish is not installed"
  make_sockets
  run in_fish 'sockcat tcp4-l'
  [ "$output" = tcp4-listen: ]
  run in_fish 'sockcat -w 3 inet4-'
  [ "$(sort <<<"$output")" = $'inet4-connect:\ninet4-l:\ninet4-listen:' ]
  run in_fish 'sockcat pi'
  [ "$output" = $'pipe\npipe:' ]
  run in_fish 'sockcat stall!!gop'
  [ "$output" = 'stall!!gopen:' ]
  run in_fish 'sockcat UNIX-L:x,max'
  [ "$output" = UNIX-L:x,max-children= ]
  run in_fish 'sockcat ./x,tru'
  [ "$output" = ./x,trunc ]
  run in_fish 'sockcat open:x,fork'
  [ "$output" = '' ]
  run in_fish 'sockcat unix-listen:x,fork,mode=60'
  [ "$output" = unix-listen:x,fork,mode=600 ]
  run in_fish 'sockcat unix:sock'
  [ "$(sort <<<"$output")" = $'unix:sock.1\nunix:sock.dir/' ]
  run in_fish 'sockcat open:sock.t'
  [ "$output" = open:sock.txt ]
  run in_fish "sockcat abstract:${prefix#/}"
  [ "$output" = "abstract:$abstract" ]
  run in_fish 'sockcat exec:sockca'
  [ "$output" = exec:sockcat ]
  run in_fish 'sockcat --record-forward sock.t'
  [ "$output" = sock.txt ]
  run in_fish 'sockcat -lf sock.t'
  [ "$output" = sock.txt ]
  run in_fish 'sockcat tcp-listen:0 -- cat sock.t'
  [ "$output" = sock.txt ]
  make_other_sockcat
  PATH=$PWD/other:$PATH
  run in_fish 'sockcat '
  [ "$output" = frobnicate: ]
  run in_fish 'sockcat frob:x,'
  [ "$output" = frob:x,knob= ]
}

# Types a line with a tab behind it into an interactive zsh, and fails unless the pattern shows up in a while.
in_zsh() {
  timeout 120 zsh -f -c '
    zmodload zsh/zpty || exit 1
    zpty shell zsh -f -i
    zpty -w shell "unsetopt zle_bracketed_paste; fpath=(${(q)1}/zsh \$fpath); autoload -Uz compinit; compinit -u -D; print rea\"\"dy"
    zpty -r -m shell output "*ready*" || exit 1
    zpty -w -n shell "$2"$'"'\\t'"'
    zpty -r -m shell output "*$3*"
    result=$?
    zpty -d shell
    exit result' zsh "$completions" "$1" "$2"
}

@test "zsh: syntax" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  for file in "$completions"/zsh/_*; do zsh -n "$file"; done
}

@test "zsh: options, arguments and live objects" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  zsh -f -c 'zmodload zsh/zpty' || skip "zsh has no zpty"
  make_objects
  in_zsh 'shmget --zer' 'o-copy'
  in_zsh 'shmget --progress=al' 'ways'
  in_zsh 'ipcls -o ref,MT' 'IME'
  in_zsh "shmget $prefix.f" 'rame'
  in_zsh "shmget shm:$prefix.f" 'rame'
  in_zsh "ipcdel shm:$prefix.f" 'rame'
  ipcdel "shm:$name"
  in_zsh "shmget $prefix" 'pwned\\\)\\ a\\;b'
  touch afile
  in_zsh 'shmput /x af' 'ile'
  in_zsh 'shmput file:af' 'ile'
  [ ! -e pwned ]
}

@test "zsh: queues, semaphores and commands behind --" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  zsh -f -c 'zmodload zsh/zpty' || skip "zsh has no zpty"
  make_objects
  make_queues_and_semaphores
  touch afile
  in_zsh 'mqsend --prio' 'rity'
  in_zsh 'mqrecv --on-failure=sk' 'ip'
  if has_posix_queues; then
    in_zsh "mqrecv -0 $prefix." 'jobs'
    in_zsh "mqsend mq:$prefix." 'jobs'
  fi
  in_zsh "semop $prefix." 'lock'
  in_zsh "semop sem:$prefix." 'lock'
  in_zsh 'semop /x -1 --non' 'block'
  in_zsh "ipcdel sem:$prefix." 'lock'
  in_zsh 'ipcls -o ref,MAXM' 'SGS'
  in_zsh 'mqsend mq:ftok:af' 'ile'
  in_zsh 'semop file:af' 'ile'
  in_zsh 'semop /x -- cat af' 'ile'
  in_zsh "mqrecv --drain /x -- semop $prefix." 'lock'
  in_zsh 'mqrecv /x -- semop --nonb' 'lock'
}

@test "zsh: filters, conditions and what ipcrun makes" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  zsh -f -c 'zmodload zsh/zpty' || skip "zsh has no zpty"
  make_objects
  make_queues_and_semaphores
  touch afile
  in_zsh 'ipcls --sort -MAXM' 'SGS'
  in_zsh 'ipcls --sort=maxm' 'MAXMSGS'
  in_zsh 'ipcdel --orph' 'aned'
  in_zsh "ipcset -m 640 sem:$prefix." 'lock'
  in_zsh "ipcwait -w 3 sem:$prefix." 'lock'
  in_zsh 'ipcwait shm:/x una' 'ttached'
  in_zsh 'ipcwait -w 3 sem:/x va' 'lue:'
  in_zsh 'ipcwait fifo:x rea' 'ders'
  in_zsh 'ipcrun --make A=mq:pri' 'vate'
  in_zsh 'ipcrun --make A=sem:private,in' 'it='
  in_zsh 'ipcrun --make A=mq:private,m' 'ode='   # none of a POSIX queue
  in_zsh 'ipcrun --make A=mq:/x,max-m' 'essages='
  in_zsh 'ipcrun --make A=shm:/x,size=64' 'K'
  in_zsh 'ipcrun --make A=shm:file:af' 'ile'
  in_zsh 'ipcrun -- cat af' 'ile'
  in_zsh "ipcrun --make A=mq:private -- semop $prefix." 'lock'
}

@test "zsh: live mailboxes" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  zsh -f -c 'zmodload zsh/zpty' || skip "zsh has no zpty"
  mbsend --create "$prefix.news" </dev/null
  made=("mb:$prefix.news")
  in_zsh "mbrecv -n 3 $prefix." 'news'
  in_zsh "mbsend mb:$prefix." 'news'
  in_zsh 'mbrecv --from=la' 'st'
}

@test "zsh: signals and processes" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  zsh -f -c 'zmodload zsh/zpty' || skip "zsh has no zpty"
  in_zsh 'sigsend --signal=XC' 'PU'
  in_zsh 'sigsend --then 5s:KI' 'LL'
  in_zsh 'sigrecv -s TERM,VTA' 'LRM'
  in_zsh 'sigrecv -f -- sigrecv --nonb' 'lock'
}

@test "zsh: FIFOs" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  zsh -f -c 'zmodload zsh/zpty' || skip "zsh has no zpty"
  make_fifos
  in_zsh 'mkfifo-pipe -s fifo.' '1'
  in_zsh 'mkfifo-pipe --receive fifod' 'ir'
  in_zsh 'mkfifo-pipe -r fifodir/' 'inner'
  in_zsh 'mkfifo-pipe --duplex fifo.1 fifo.' '1'
  in_zsh 'mkfifo-pipe --private -- cat fifo.t' 'xt'
  in_zsh 'mkfifo-pipe --on-full=d' 'rop'
}

@test "zsh: addresses of sockcat" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  zsh -f -c 'zmodload zsh/zpty' || skip "zsh has no zpty"
  make_sockets
  in_zsh 'sockcat tcp4-l' 'isten:'
  in_zsh 'sockcat -w 3 -lf file inet4-c' 'onnect:'
  in_zsh 'sockcat - sta' 'll'
  in_zsh 'sockcat stall\!\!gop' 'en:'
  in_zsh 'sockcat unix-listen:x,accept' '-timeout='
  in_zsh 'sockcat UNIX-L:x,fork,max' '-children='
  in_zsh 'sockcat ./x,tru' 'nc'
  in_zsh 'sockcat tcp-listen:0,so-rcv' 'buf='
  in_zsh 'sockcat unix-listen:x,user=roo' 't'
  in_zsh 'sockcat unix:sock.1' '?'
  in_zsh 'sockcat open:sock.t' 'xt'
  in_zsh 'sockcat ./sock.t' 'xt'
  in_zsh "sockcat abstract:${prefix#/}" '.abstract'
  in_zsh 'sockcat exec:sockca' 't'
  in_zsh 'sockcat --record-f' 'orward'
  in_zsh 'sockcat -lf sock.t' 'xt'
  in_zsh 'sockcat tcp-listen:0 -- cat sock.t' 'xt'
  in_zsh 'sockcat unix:sock.t' $'\a'
  make_other_sockcat
  PATH=$PWD/other:$PATH
  in_zsh 'sockcat frob' 'nicate:'
  in_zsh 'sockcat frob:x,kn' 'ob='
}

@test "zsh: what does not fit is not completed" {
  command -v zsh >/dev/null || skip "zsh is not installed"
  zsh -f -c 'zmodload zsh/zpty' || skip "zsh has no zpty"
  make_objects
  # The bell is all that comes back.
  in_zsh "ipcdel $prefix.f" $'\a'
  touch afile
  in_zsh 'mkfifo-pipe -r af' $'\a'
}
