# Completion of ipcset(1) in fish.

function __ipcutils_ipcset_objects
    type -q ipcls; and ipcls $argv[1] --refs 2>/dev/null
end

# Paths behind "file:" and "ftok:".
function __ipcutils_ipcset_paths
    string match -rq '^(?<form>((shm|sem):file|(shm|mq|sem):ftok):)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

complete -c ipcset -f
complete -c ipcset -a '(__ipcutils_ipcset_objects -m)' -d 'Shared memory'
complete -c ipcset -a '(__ipcutils_ipcset_objects -q)' -d 'Message queue'
complete -c ipcset -a '(__ipcutils_ipcset_objects -s)' -d Semaphore
complete -c ipcset -a '(__ipcutils_ipcset_objects --mb)' -d Mailbox
complete -c ipcset -a '(__ipcutils_ipcset_paths)'
complete -c ipcset -s m -l mode -x -a '600 640 644 660 664 666' -d Permissions
complete -c ipcset -l owner -x -a '(__fish_complete_users)' -d 'User who owns it'
complete -c ipcset -l group -x -a '(__fish_complete_groups)' -d 'Group that owns it'
complete -c ipcset -l size -x -a '4K 64K 1M 16M 1G' -d 'Size of POSIX shared memory or of a mapped file'
complete -c ipcset -l qbytes -x -a '4K 16K 64K 1M' -d 'Bytes that a System V queue holds'
complete -c ipcset -l lock -d 'Keep a System V segment out of swap'
complete -c ipcset -l unlock -d 'Let it go there again'
complete -c ipcset -s h -l help -d 'Print help'
complete -c ipcset -s V -l version -d 'Print the version'
