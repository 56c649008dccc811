# Completion of mqsend(1) in fish.

# The queues there are, with their kind where one is begun with it.
function __ipcutils_mqsend_objects
    type -q ipcls; or return
    if string match -q 'mq:*' -- (commandline -ct)
        ipcls -q --refs 2>/dev/null
    else
        ipcls -q --refs 2>/dev/null | string replace -r '^mq:' ''
    end
end

# Paths behind "ftok:".
function __ipcutils_mqsend_paths
    string match -rq '^(?<form>(mq:)?ftok:)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

complete -c mqsend -f
complete -c mqsend -a '(__ipcutils_mqsend_objects)' -d 'Message queue'
complete -c mqsend -a '(__ipcutils_mqsend_paths)'
complete -c mqsend -s p -l priority -x -d 'Priority, higher is received first'
complete -c mqsend -s t -l type -x -d Type
complete -c mqsend -l lifo -d 'Make it the first to be received'
complete -c mqsend -s 0 -l null -d 'Records end in NUL'
complete -c mqsend -l whole -d 'All of standard input is one message'
complete -c mqsend -l raw -d 'All of standard input is one message'
complete -c mqsend -l len32 -d 'Records follow their length'
complete -c mqsend -s j -l json -d 'Records are JSON objects'
complete -c mqsend -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait so long for room'
complete -c mqsend -l nonblock -d 'Never wait'
complete -c mqsend -l create -d 'Make the queue if it is missing'
complete -c mqsend -s x -l exclusive -d 'Fail if the queue exists'
complete -c mqsend -s m -l mode -x -a '600 620 640 660 666' -d 'Permissions of a new queue'
complete -c mqsend -l max-messages -x -d 'Messages a new queue holds'
complete -c mqsend -l max-size -x -a '1K 4K 8K 64K 1M' -d 'Bytes of its longest message'
complete -c mqsend -l qbytes -x -a '4K 16K 64K 1M' -d 'Bytes that a new queue holds'
complete -c mqsend -s h -l help -d 'Print help'
complete -c mqsend -s V -l version -d 'Print the version'
