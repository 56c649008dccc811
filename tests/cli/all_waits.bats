# Every wait of every tool ends when a signal comes or its time is up.
# shellcheck disable=SC2154,SC2016,SC2034  # what setup() and run set, and what they use; texts for an inner shell

load helpers
load partners/mb_helpers

# What each tool can wait for, as waits.py takes it.
waits='
shmget: a missing POSIX object           | shmget WAIT $n.missing
shmget: a missing System V segment       | shmget WAIT $key1
shmget: a missing file                   | shmget WAIT file:$t/missing
shmget: a change                         | shmget WAIT -f $n.large
shmget: a reader of a version            | shmget -f $n.held >$fed
shmget: a change of a file               | shmget WAIT -f file:$t/data
shmget: a reader of the output           | shmget $n.large >$full
shmput: input for a POSIX object         | shmput $n.new <$silent
shmput: input for what exists            | shmput --existing $n.large <$silent
shmput: input for a System V segment     | shmput $key2 <$silent
shmput: input for a file                 | shmput file:$t/new <$silent
shmput: the end of input of a given size | shmput --size 3 $n.sized < <(printf abc; exec sleep 60)
mqsend: room in a POSIX queue            | mqsend WAIT ${n}b x
mqsend: room in a System V queue         | mqsend WAIT $key4 x
mqsend: a line of input                  | mqsend ${n}c <$silent
mqsend: all of the input                 | mqsend --whole ${n}c <$silent
mqrecv: a message of a POSIX queue       | mqrecv WAIT ${n}c
mqrecv: a message of a System V queue    | mqrecv WAIT $key3
mqrecv: a type                           | mqrecv WAIT -t 77 $key4
mqrecv: any number of messages           | mqrecv WAIT -f ${n}c
mqrecv: any number of System V messages  | mqrecv WAIT -f $key3
mqrecv: a reader of the output           | mqrecv ${n}b >$full
mqrecv: a reader, System V               | mqrecv $key4 >$full
mqrecv: COMMAND                          | mqrecv ${n}b -- sleep 60
mqrecv: COMMAND, System V                | mqrecv $key4 -- sleep 60
mbsend: room                             | mbsend WAIT $n.full 0123456789abcdef
mbsend: receivers                        | mbsend WAIT --min-receivers 200 $n.mail x
mbsend: a line of input                  | mbsend $n.mail <$silent
mbrecv: a message                        | mbrecv WAIT $n.mail
mbrecv: any number of messages           | mbrecv WAIT -f $n.mail
mbrecv: a reader of the output           | mbrecv --from=oldest $n.full >$full
mbrecv: COMMAND                          | mbrecv --from=oldest $n.full -- sleep 60
semop: a POSIX semaphore                 | semop WAIT ${n}.taken -1
semop: a System V semaphore              | semop WAIT $key5 -1
semop: zero                              | semop WAIT $key6 0
semop: a POSIX semaphore for COMMAND     | semop WAIT ${n}.taken -- true
semop: a System V semaphore for COMMAND  | semop WAIT $key5 -- true
semop: a lock on a file for COMMAND      | semop WAIT file:$locked -- true
semop: COMMAND with a POSIX semaphore    | semop $n.free -- sleep 60
semop: COMMAND with a System V semaphore | semop $key6 -- sleep 60
semop: COMMAND with a lock on a file     | semop file:$t/data -- sleep 60
semop: a set in the making               | semop --create $key7 -1
ipcwait: exists                          | ipcwait WAIT shm:$n.missing exists
ipcwait: exists, System V                | ipcwait WAIT shm:$key1 exists
ipcwait: a file                          | ipcwait WAIT shm:file:$t/missing exists
ipcwait: gone                            | ipcwait WAIT shm:$n.large gone
ipcwait: a queue gone                    | ipcwait WAIT mq:${n}b gone
ipcwait: a set gone                      | ipcwait WAIT sem:$key5 gone
ipcwait: empty                           | ipcwait WAIT mq:${n}b empty
ipcwait: empty, System V                 | ipcwait WAIT mq:$key4 empty
ipcwait: nonempty                        | ipcwait WAIT mq:${n}c nonempty
ipcwait: nonempty, System V              | ipcwait WAIT mq:$key3 nonempty
ipcwait: zero                            | ipcwait WAIT sem:$n.free zero
ipcwait: zero, System V                  | ipcwait WAIT sem:$key6 zero
ipcwait: value                           | ipcwait WAIT sem:$n.taken value:5
ipcwait: value, System V                 | ipcwait WAIT sem:$key6 value:5
ipcwait: a lock on a file                | ipcwait WAIT sem:file:$locked value:1
ipcwait: unattached                      | ipcwait WAIT shm:$n.held unattached
ipcwait: changed                         | ipcwait WAIT shm:$n.large changed
ipcwait: readers                         | ipcwait WAIT fifo:$t/nobody readers
ipcwait: writers                         | ipcwait WAIT fifo:$t/nobody writers
ipcwait: a FIFO to fill                  | ipcwait WAIT fifo:$silent nonempty
ipcwait: a FIFO to empty                 | ipcwait WAIT fifo:$full empty
ipcls: a change                          | ipcls --watch
ipcls: a change that the kernel tells    | ipcls --watch=inf -m --posix
ipcrun: COMMAND                          | ipcrun -- sleep 60
ipcrun: COMMAND with an object           | ipcrun --make X=shm:private,size=1 -- sleep 60
mkfifo-pipe: a writer                    | mkfifo-pipe WAIT -r $t/nobody
mkfifo-pipe: the next writer             | mkfifo-pipe WAIT -r --keep-open $t/nobody
mkfifo-pipe: what a writer says          | mkfifo-pipe -r $silent
mkfifo-pipe: a reader of the output      | mkfifo-pipe -r $fed >$full
mkfifo-pipe: a reader                    | mkfifo-pipe WAIT -s $t/nobody </dev/null
mkfifo-pipe: a reader for lines          | mkfifo-pipe WAIT --records -s $t/nobody <<<x
mkfifo-pipe: input                       | mkfifo-pipe -s $full <$silent
mkfifo-pipe: room                        | mkfifo-pipe WAIT -s $full <$t/data
mkfifo-pipe: room for a line             | mkfifo-pipe WAIT --records -s $full <<<x
mkfifo-pipe: room for what is left       | mkfifo-pipe WAIT --records --on-full drop -s $full <<<x
mkfifo-pipe: the end of a reader         | mkfifo-pipe WAIT -s $silent <<<x
mkfifo-pipe: clients                     | mkfifo-pipe --duplex $t/request $t/reply -- cat
mkfifo-pipe: COMMAND                     | mkfifo-pipe --private -- sleep 60
sigsend: the end of a process            | sigsend WAIT -s 0 --wait $PPID
sigsend: the time of a step              | sigsend -s 0 --then 60s:CONT $PPID
sigrecv: a signal                        | sigrecv WAIT
sigrecv: any number of signals           | sigrecv WAIT -f
rpcserve: clients                        | rpcserve --dir $t unix:$t/rpc
rpcserve: a client over TCP              | rpcserve --dir $t tcp:0
rpcserve: what its client says           | rpcserve --dir $t - <$silent
rpccall: an answer                       | rpccall WAIT unix:$deaf m
rpccall: a server                        | rpccall WAIT unix:$t/missing m
rpccall: an answer of a program          | rpccall WAIT "exec:sleep 60" m
rpccall: params                          | rpccall unix:$deaf m - <$silent
sockcat: a client over TCP               | sockcat WAIT tcp-listen:0 -
sockcat: clients over TCP                | sockcat WAIT tcp-listen:0,fork -
sockcat: a client over UNIX              | sockcat WAIT unix-listen:$t/listen -
sockcat: clients over UNIX               | sockcat WAIT unix-listen:$t/listen,fork -
sockcat: a client of an abstract name    | sockcat WAIT abstract-listen:$n -
sockcat: a packet client                 | sockcat WAIT unix-seqpacket-listen:$t/listen -
sockcat: a peer over UDP                 | sockcat WAIT udp-listen:0 -
sockcat: a datagram over UDP             | sockcat -u udp-recv:0 -
sockcat: one datagram over UDP           | sockcat udp-recvfrom:0 -
sockcat: datagrams over UDP              | sockcat udp-recvfrom:0,fork -
sockcat: a datagram over UNIX            | sockcat -u unix-recv:$t/listen -
sockcat: one datagram over UNIX          | sockcat unix-recvfrom:$t/listen -
sockcat: an answer over UDP              | sockcat -t 60 - udp-sendto:$tcp_full
sockcat: a full backlog of TCP           | sockcat WAIT - tcp:$tcp_full
sockcat: a full backlog of UNIX          | sockcat WAIT - unix-connect:$unix_full
sockcat: a server over UNIX              | sockcat WAIT - unix-connect:$t/missing
sockcat: a server over TCP               | sockcat WAIT - tcp:127.0.0.1:1
sockcat: a server, at times              | sockcat - unix-connect:$t/missing,forever,interval=60
sockcat: its turn to listen              | sockcat unix-listen:$deaf,forever,interval=60 -
sockcat: an answer over UNIX             | sockcat - unix-connect:$deaf
sockcat: room at a peer                  | sockcat -u /dev/zero unix-connect:$deaf
sockcat: a peer that does not read       | sockcat -u open:$t/data unix-connect:$deaf
sockcat: an answer to a time             | sockcat -t 60 - unix-connect:$deaf
sockcat: silence                         | sockcat -T 60 - unix-connect:$deaf
sockcat: input                           | sockcat -u - - <$silent
sockcat: a reader of the output          | sockcat -u /dev/zero - >$full
sockcat: the other side of a FIFO        | sockcat -u pipe:$t/nobody -
sockcat: a reader of a FIFO              | sockcat -u - pipe:$t/nobody
sockcat: the other side of a file        | sockcat -u open:$t/nobody -
sockcat: what a FIFO gets                | sockcat pipe:$silent -
sockcat: COMMAND                         | sockcat - -- sleep 60
sockcat: a program                       | sockcat - "exec:sleep 60"
sockcat: a program with pipes            | sockcat - "exec:sleep 60,pipes"
sockcat: a program with a terminal       | sockcat - "exec:sleep 60,pty"
sockcat: one that answers nothing        | sockcat -t 60 - "exec:sleep 60"
sockcat: one that takes nothing          | sockcat -u /dev/zero "exec:sleep 60"
sockcat: two programs                    | sockcat - "exec:sleep 60!!exec:sleep 60"
sockcat: nothing                         | sockcat stall stall
sockcat: a file that grows               | sockcat -u open:$t/data,ignoreeof -
sockcat: itself                          | sockcat -T 60 - pipe <$silent
'

# Everything of which the table speaks.
make_surroundings() {
  local i
  mkdir "$tmp/waits"
  export n=$name t=$tmp/waits
  for i in {1..7}; do export "key$i=$(key_at "$i")"; done
  content "$t/data" 3000000
  mkfifo -m 600 "$t/nobody"
  shmput "$n.large" "$t/data"
  shmput "$n.held" <<<text
  # shellcheck disable=SC2016  # $1 is the inner shell's
  start bash -c 'exec sleep 60 <"$1"' bash "/dev/shm$n.held"
  mqsend --create --max-messages 1 "${n}b" "full"
  ipcnew mq:"${n}c" >/dev/null
  mqsend --create --qbytes 16 "$key4" "0123456789abcdef"
  ipcnew "mq:$key3" >/dev/null
  mbsend --create "$n.mail" </dev/null
  mbsend --create --size 4K "$n.full" </dev/null
  start_stopped_receiver "$tmp/received" "$n.full"
  yes 0123456789abcdef | mbsend --nonblock "$n.full" 2>/dev/null || true
  semop --create --init 0 "$n.taken" >/dev/null
  semop --create --init 0 "$key5" >/dev/null
  semop --create --init 1 "$n.free" >/dev/null
  semop --create --init 1 "$key6" >/dev/null
  start "$python" "$partners/scope_process.py" set "$key7" >"$tmp/set"
  wait_until "there is a set without values" test -s "$tmp/set"
}

# assert_waits MODE [OPTION]...: none of them was wrong.
assert_waits() {
  limit=300
  expect 0 "$python" "$partners/waits.py" "$1" "$t" "${@:2}" <<<"$waits"
  echo "${lines[-1]}" >&3
  assert_equal "waits that did not end as they should" "$(grep -v '^#' <<<"$output" || true)" ""
}

@test "SIGTERM ends every wait of every tool" {
  make_surroundings
  assert_waits signal -w inf
}

@test "SIGTERM ends every wait that has a deadline" {
  make_surroundings
  waits=$(grep WAIT <<<"$waits")
  assert_waits signal -w 60
}

@test "every wait that can have a deadline ends then with 124" {
  make_surroundings
  assert_waits deadline -w 0.2
}
