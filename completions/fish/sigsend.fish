# Completion of sigsend(1) in fish.

# The names of signals, with what is given before each.
function __ipcutils_sigsend_signals
    for signal in HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU \
            URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS RTMIN RTMIN+(seq 15) RTMAX-(seq 14 -1 1) RTMAX
        echo "$argv$signal"
    end
end

# DURATION:SIGNAL.
function __ipcutils_sigsend_steps
    set -l duration (commandline -ct | string replace -r '^--then=' '' | string match -r '^.*:')
    if test -n "$duration"
        __ipcutils_sigsend_signals $duration
    else
        printf '%s\n' 1s:KILL 5s:KILL 10s:KILL 30s:KILL
    end
end

complete -c sigsend -f
complete -c sigsend -a '(__fish_complete_pids)'
complete -c sigsend -s s -l signal -x -a '(__ipcutils_sigsend_signals)' -d 'Send this signal'
complete -c sigsend -l value -x -d 'Send this number with it'
complete -c sigsend -l then -x -a '(__ipcutils_sigsend_steps)' -d 'Send another signal to those that have not ended'
complete -c sigsend -l wait -d 'Wait until they have ended, and print how'
complete -c sigsend -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait at most this long'
complete -c sigsend -l nonblock -d 'Never wait'
complete -c sigsend -l print-ref -d 'Print PID:STARTTIME, and send nothing'
complete -c sigsend -s h -l help -d 'Print help'
complete -c sigsend -s V -l version -d 'Print the version'
