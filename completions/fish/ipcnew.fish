# Completion of ipcnew(1) in fish.

# Paths behind "file:" and "ftok:".
function __ipcutils_ipcnew_paths
    string match -rq '^(?<form>((shm|sem):file|(shm|mq|sem):ftok):)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

complete -c ipcnew -f
complete -c ipcnew -a 'shm:/ shm:private shm:file: shm:ftok:' -d 'New shared memory'
complete -c ipcnew -a 'mq:/ mq:private mq:ftok:' -d 'New message queue'
complete -c ipcnew -a 'sem:/ sem:private sem:file: sem:ftok:' -d 'New semaphores'
complete -c ipcnew -a mb:/ -d 'New mailbox'
complete -c ipcnew -a '(__ipcutils_ipcnew_paths)'
complete -c ipcnew -s M -l shmem -x -a '4K 64K 1M 16M 1G' -d 'Make a private System V segment'
complete -c ipcnew -s Q -l queue -d 'Make a private System V message queue'
complete -c ipcnew -s S -l semaphore -x -d 'Make a private System V set of semaphores'
complete -c ipcnew -l size -x -a '4K 64K 1M 16M 1G' -d 'Size of shared memory or a mailbox'
complete -c ipcnew -l on-full -x -a 'block drop overwrite' -d 'What senders do when a mailbox is full'
complete -c ipcnew -l max-messages -x -d 'Messages a POSIX queue holds'
complete -c ipcnew -l max-size -x -a '1K 4K 8K 64K 1M' -d 'Bytes of its longest message'
complete -c ipcnew -l qbytes -x -a '4K 16K 64K 1M' -d 'Bytes that a System V queue holds'
complete -c ipcnew -l sems -x -d 'Number of semaphores in a System V set'
complete -c ipcnew -l init -x -d 'First value of semaphores'
complete -c ipcnew -s m -l mode -x -a '600 640 644 660 664 666' -d Permissions
complete -c ipcnew -l into -x -d 'Assign to this variable of the shell'
complete -c ipcnew -s h -l help -d 'Print help'
complete -c ipcnew -s V -l version -d 'Print the version'
