# Completion of semop(1) in fish.

# The semaphores there are, with their kind where one is begun with it.
function __ipcutils_semop_objects
    type -q ipcls; or return
    if string match -q 'sem:*' -- (commandline -ct)
        ipcls -s --refs 2>/dev/null
    else
        ipcls -s --refs 2>/dev/null | string replace -r '^sem:' ''
    end
end

# Paths behind "file:" and "ftok:".
function __ipcutils_semop_paths
    string match -rq '^(?<form>(sem:)?(file|ftok):)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

# Whether the cursor is behind the first "--", where a command line of its own stands.
function __ipcutils_semop_has_command
    contains -- -- (commandline -opc)
end

function __ipcutils_semop_command
    set -l words (commandline -opc)
    set -e words[1..(contains -i -- -- $words)]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

# Whether the semaphores have been given, so that operations follow.
function __ipcutils_semop_has_semaphores
    set -l words (commandline -opc)[2..]
    argparse -i w/timeout= E/timeout-status= m/mode= sems= init= into= -- $words 2>/dev/null
    set -l operands (string match -v -- '-*' $argv)
    test (count $operands) -gt 0
end

function __ipcutils_semop_takes_semaphores
    not __ipcutils_semop_has_command; and not __ipcutils_semop_has_semaphores
end

function __ipcutils_semop_takes_operations
    not __ipcutils_semop_has_command; and __ipcutils_semop_has_semaphores
end

complete -c semop -f
complete -c semop -n __ipcutils_semop_has_command -a '(__ipcutils_semop_command)'
complete -c semop -n __ipcutils_semop_takes_semaphores -a '(__ipcutils_semop_objects)' -d Semaphore
complete -c semop -n __ipcutils_semop_takes_semaphores -a '(__ipcutils_semop_paths)'
complete -c semop -n __ipcutils_semop_takes_operations -a '-1 +1 0 =0 =1' -d Operation
complete -c semop -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait so long'
complete -c semop -l nonblock -d 'Never wait'
complete -c semop -s q -l quiet -d 'Say nothing when time is up'
complete -c semop -s E -l timeout-status -x -d 'Exit status when time is up'
complete -c semop -l create -d 'Make the semaphores if they are missing'
complete -c semop -s x -l exclusive -d 'Fail if they exist'
complete -c semop -s v -l verbose -d 'Say where those that exist differ'
complete -c semop -s m -l mode -x -a '600 640 644 660 664 666' -d 'Permissions of new semaphores'
complete -c semop -l sems -x -d 'Number of semaphores in a new set'
complete -c semop -l init -x -d 'Their first value'
complete -c semop -s j -l json -d 'Print one JSON object a semaphore'
complete -c semop -l hold -d 'Hold what is taken until the shell ends'
complete -c semop -l into -x -d 'Assign to this variable of the shell'
complete -c semop -s h -l help -d 'Print help'
complete -c semop -s V -l version -d 'Print the version'
