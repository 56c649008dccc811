# Completion of sigrecv(1) in fish.

# The names of signals of a list, behind what is there of it.
function __ipcutils_sigrecv_signals
    set -l list (commandline -ct | string replace -r '^(--signal=|-s)' '' | string match -r '^.*,')
    for signal in HUP INT QUIT ILL TRAP ABRT BUS FPE USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT TSTP TTIN TTOU \
            URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS RTMIN RTMIN+(seq 15) RTMAX-(seq 14 -1 1) RTMAX
        echo "$list$signal"
    end
end

# Whether the cursor is behind the first "--", where a command line of its own stands.
function __ipcutils_sigrecv_has_command
    contains -- -- (commandline -opc)
end

function __ipcutils_sigrecv_command
    set -l words (commandline -opc)
    set -e words[1..(contains -i -- -- $words)]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c sigrecv -f
complete -c sigrecv -n __ipcutils_sigrecv_has_command -a '(__ipcutils_sigrecv_command)'
complete -c sigrecv -s s -l signal -x -a '(__ipcutils_sigrecv_signals)' -d 'Receive these signals'
complete -c sigrecv -s n -l count -x -d 'Receive so many signals'
complete -c sigrecv -s f -l follow -d 'Go on until interrupted'
complete -c sigrecv -s F -l format -x -d 'Print this for each signal'
complete -c sigrecv -s j -l json -d 'Print one JSON object a line'
complete -c sigrecv -l pidfile -r -F -d 'Write the number of this process to a file'
complete -c sigrecv -l ready-fd -x -d 'Tell this descriptor when ready'
complete -c sigrecv -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait so long for each signal'
complete -c sigrecv -l nonblock -d 'Never wait'
complete -c sigrecv -s q -l quiet -d 'Say nothing when time is up'
complete -c sigrecv -s E -l timeout-status -x -d 'Exit status when time is up'
complete -c sigrecv -s h -l help -d 'Print help'
complete -c sigrecv -s V -l version -d 'Print the version'
