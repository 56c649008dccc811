# Completion of mqrecv(1) in fish.

# The queues there are, with their kind where one is begun with it.
function __ipcutils_mqrecv_objects
    type -q ipcls; or return
    if string match -q 'mq:*' -- (commandline -ct)
        ipcls -q --refs 2>/dev/null
    else
        ipcls -q --refs 2>/dev/null | string replace -r '^mq:' ''
    end
end

# Paths behind "ftok:".
function __ipcutils_mqrecv_paths
    string match -rq '^(?<form>(mq:)?ftok:)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

# Whether the cursor is behind the first "--", where a command line of its own stands.
function __ipcutils_mqrecv_has_command
    contains -- -- (commandline -opc)
end

function __ipcutils_mqrecv_command
    set -l words (commandline -opc)
    set -e words[1..(contains -i -- -- $words)]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c mqrecv -f
complete -c mqrecv -n __ipcutils_mqrecv_has_command -a '(__ipcutils_mqrecv_command)'
complete -c mqrecv -n 'not __ipcutils_mqrecv_has_command' -a '(__ipcutils_mqrecv_objects)' -d 'Message queue'
complete -c mqrecv -n 'not __ipcutils_mqrecv_has_command' -a '(__ipcutils_mqrecv_paths)'
complete -c mqrecv -s n -l count -x -d 'Take so many messages'
complete -c mqrecv -s f -l follow -d 'Go on until interrupted'
complete -c mqrecv -l drain -d 'Go on until the queue is empty'
complete -c mqrecv -s t -l type -x -d 'Take only messages of this type'
complete -c mqrecv -l except -d 'All but this type'
complete -c mqrecv -l lifo -d 'Take what mqsend --lifo has sent last'
complete -c mqrecv -l peek -d 'Copy messages and leave them in the queue'
complete -c mqrecv -s 0 -l null -d 'Messages end in NUL'
complete -c mqrecv -l no-terminator -d 'Nothing follows a message'
complete -c mqrecv -l raw -d 'Nothing follows a message'
complete -c mqrecv -l len32 -d 'Messages follow their length'
complete -c mqrecv -s F -l format -x -d 'Print this for each message'
complete -c mqrecv -s j -l json -d 'Print one JSON object a line'
complete -c mqrecv -l retries -x -d 'Run COMMAND so often again when it fails'
complete -c mqrecv -l failed-to -x -a '(__ipcutils_mqrecv_objects) (__ipcutils_mqrecv_paths)' -d 'Queue for messages whose COMMAND failed'
complete -c mqrecv -l on-failure -x -a 'stop skip' -d 'What to do when COMMAND fails'
complete -c mqrecv -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait so long for each message'
complete -c mqrecv -l nonblock -d 'Never wait'
complete -c mqrecv -s q -l quiet -d 'Say nothing when time is up'
complete -c mqrecv -s E -l timeout-status -x -d 'Exit status when time is up'
complete -c mqrecv -l into -x -d 'Assign to this variable of the shell'
complete -c mqrecv -l create -d 'Make the queue if it is missing'
complete -c mqrecv -s x -l exclusive -d 'Fail if the queue exists'
complete -c mqrecv -s m -l mode -x -a '600 620 640 660 666' -d 'Permissions of a new queue'
complete -c mqrecv -l max-messages -x -d 'Messages a new queue holds'
complete -c mqrecv -l max-size -x -a '1K 4K 8K 64K 1M' -d 'Bytes of its longest message'
complete -c mqrecv -l qbytes -x -a '4K 16K 64K 1M' -d 'Bytes that a new queue holds'
complete -c mqrecv -s h -l help -d 'Print help'
complete -c mqrecv -s V -l version -d 'Print the version'
