# Completion of ipcwait(1) in fish.

function __ipcutils_ipcwait_objects
    type -q ipcls; and ipcls $argv[1] --refs 2>/dev/null
end

# Paths behind "file:" and "ftok:".
function __ipcutils_ipcwait_paths
    string match -rq '^(?<form>((shm|sem):file|(shm|mq|sem):ftok):)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

# The operands that have been given.
function __ipcutils_ipcwait_operands
    set -l words (commandline -opc)[2..]
    argparse -i w/timeout= -- $words 2>/dev/null
    string match -v -- '-*' $argv
end

function __ipcutils_ipcwait_takes_reference
    test (count (__ipcutils_ipcwait_operands)) -eq 0
end

# What can be waited for of the object that is given.
function __ipcutils_ipcwait_conditions
    set -l operands (__ipcutils_ipcwait_operands)
    test (count $operands) -eq 1; or return
    printf '%s\n' exists gone
    switch $operands[1]
        case 'shm:*'
            printf '%s\n' unattached changed
        case 'mb:*'
            printf '%s\n' empty nonempty unattached readers writers
        case 'mq:*'
            printf '%s\n' empty nonempty
        case 'sem:*'
            printf '%s\n' zero value:1
        case 'fifo:*'
            printf '%s\n' empty nonempty readers writers
    end
end

complete -c ipcwait -f
complete -c ipcwait -n __ipcutils_ipcwait_takes_reference -a '(__ipcutils_ipcwait_objects -m)' -d 'Shared memory'
complete -c ipcwait -n __ipcutils_ipcwait_takes_reference -a '(__ipcutils_ipcwait_objects -q)' -d 'Message queue'
complete -c ipcwait -n __ipcutils_ipcwait_takes_reference -a '(__ipcutils_ipcwait_objects -s)' -d Semaphore
complete -c ipcwait -n __ipcutils_ipcwait_takes_reference -a '(__ipcutils_ipcwait_objects --mb)' -d Mailbox
complete -c ipcwait -n __ipcutils_ipcwait_takes_reference -a '(__ipcutils_ipcwait_paths)'
complete -c ipcwait -a '(__ipcutils_ipcwait_conditions)' -d Condition
complete -c ipcwait -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait so long'
complete -c ipcwait -l nonblock -d 'Never wait'
complete -c ipcwait -s q -l quiet -d 'Say nothing when time is up'
complete -c ipcwait -s h -l help -d 'Print help'
complete -c ipcwait -s V -l version -d 'Print the version'
