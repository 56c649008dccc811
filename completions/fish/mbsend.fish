# Completion of mbsend(1) in fish.

# The mailboxes there are, with their kind where one is begun with it.
function __ipcutils_mbsend_objects
    type -q ipcls; or return
    if string match -q 'mb:*' -- (commandline -ct)
        ipcls --mb --refs 2>/dev/null
    else
        ipcls --mb --refs 2>/dev/null | string replace -r '^mb:' ''
    end
end

complete -c mbsend -f
complete -c mbsend -a '(__ipcutils_mbsend_objects)' -d Mailbox
complete -c mbsend -s 0 -l null -d 'Records end in NUL'
complete -c mbsend -l whole -d 'All of standard input is one message'
complete -c mbsend -l raw -d 'All of standard input is one message'
complete -c mbsend -l len32 -d 'Records follow their length'
complete -c mbsend -s j -l json -d 'Records are JSON objects'
complete -c mbsend -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait so long for room'
complete -c mbsend -l nonblock -d 'Never wait'
complete -c mbsend -l min-receivers -x -d 'Wait for so many receivers'
complete -c mbsend -l strict -d 'Exit 1 if a message was dropped'
complete -c mbsend -s v -l verbose -d 'Say how many were sent and dropped'
complete -c mbsend -l create -d 'Make the mailbox if it is missing'
complete -c mbsend -s x -l exclusive -d 'Fail if the mailbox exists'
complete -c mbsend -s m -l mode -x -a '600 660 666' -d 'Permissions of a new mailbox'
complete -c mbsend -l size -x -a '4K 64K 1M 16M 1G' -d 'Bytes of messages that a new mailbox holds'
complete -c mbsend -l on-full -x -a 'block drop overwrite' -d 'What senders do when a new mailbox is full'
complete -c mbsend -s h -l help -d 'Print help'
complete -c mbsend -s V -l version -d 'Print the version'
