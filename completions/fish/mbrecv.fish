# Completion of mbrecv(1) in fish.

# The mailboxes there are, with their kind where one is begun with it.
function __ipcutils_mbrecv_objects
    type -q ipcls; or return
    if string match -q 'mb:*' -- (commandline -ct)
        ipcls --mb --refs 2>/dev/null
    else
        ipcls --mb --refs 2>/dev/null | string replace -r '^mb:' ''
    end
end

# Whether the cursor is behind the first "--", where a command line of its own stands.
function __ipcutils_mbrecv_has_command
    contains -- -- (commandline -opc)
end

function __ipcutils_mbrecv_command
    set -l words (commandline -opc)
    set -e words[1..(contains -i -- -- $words)]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c mbrecv -f
complete -c mbrecv -n __ipcutils_mbrecv_has_command -a '(__ipcutils_mbrecv_command)'
complete -c mbrecv -n 'not __ipcutils_mbrecv_has_command' -a '(__ipcutils_mbrecv_objects)' -d Mailbox
complete -c mbrecv -s n -l count -x -d 'Receive so many messages'
complete -c mbrecv -s f -l follow -d 'Go on until interrupted'
complete -c mbrecv -l drain -d 'Go on until no message is left'
complete -c mbrecv -l from -x -a 'now oldest last' -d 'Message to begin with'
complete -c mbrecv -l ready-fd -x -d 'Tell this descriptor when ready'
complete -c mbrecv -l strict -d 'Exit 1 if messages were lost'
complete -c mbrecv -s 0 -l null -d 'Messages end in NUL'
complete -c mbrecv -l no-terminator -d 'Nothing follows a message'
complete -c mbrecv -l raw -d 'Nothing follows a message'
complete -c mbrecv -l len32 -d 'Messages follow their length'
complete -c mbrecv -s F -l format -x -d 'Print this for each message'
complete -c mbrecv -s j -l json -d 'Print one JSON object a line'
complete -c mbrecv -l retries -x -d 'Run COMMAND so often again when it fails'
complete -c mbrecv -l on-failure -x -a 'stop skip' -d 'What to do when COMMAND fails'
complete -c mbrecv -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait so long for each message'
complete -c mbrecv -l nonblock -d 'Never wait'
complete -c mbrecv -s q -l quiet -d 'Say nothing when time is up'
complete -c mbrecv -s E -l timeout-status -x -d 'Exit status when time is up'
complete -c mbrecv -l into -x -d 'Assign to this variable of the shell'
complete -c mbrecv -l create -d 'Make the mailbox if it is missing'
complete -c mbrecv -s x -l exclusive -d 'Fail if the mailbox exists'
complete -c mbrecv -s m -l mode -x -a '600 660 666' -d 'Permissions of a new mailbox'
complete -c mbrecv -l size -x -a '4K 64K 1M 16M 1G' -d 'Bytes of messages that a new mailbox holds'
complete -c mbrecv -l on-full -x -a 'block drop overwrite' -d 'What senders do when a new mailbox is full'
complete -c mbrecv -s h -l help -d 'Print help'
complete -c mbrecv -s V -l version -d 'Print the version'
