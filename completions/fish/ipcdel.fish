# Completion of ipcdel(1) in fish.

function __ipcutils_ipcdel_objects
    type -q ipcls; and ipcls $argv[1] --refs 2>/dev/null
end

# Paths behind "file:" and "ftok:".
function __ipcutils_ipcdel_paths
    string match -rq '^(?<form>((shm|sem):file|(shm|mq|sem):ftok):)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

complete -c ipcdel -f
complete -c ipcdel -a '(__ipcutils_ipcdel_objects -m)' -d 'Shared memory'
complete -c ipcdel -a '(__ipcutils_ipcdel_objects -q)' -d 'Message queue'
complete -c ipcdel -a '(__ipcutils_ipcdel_objects -s)' -d Semaphore
complete -c ipcdel -a '(__ipcutils_ipcdel_objects --mb)' -d Mailbox
complete -c ipcdel -a '(__ipcutils_ipcdel_paths)'
complete -c ipcdel -s m -l shmems -d 'Remove shared memory'
complete -c ipcdel -s q -l queues -d 'Remove message queues'
complete -c ipcdel -s s -l semaphores -d 'Remove semaphores'
complete -c ipcdel -l mb -d 'Remove mailboxes'
complete -c ipcdel -l sysv -d 'Remove System V objects only'
complete -c ipcdel -l posix -d 'Remove POSIX objects only'
complete -c ipcdel -l owner -x -a '(__fish_complete_users)' -d 'Only objects of this user'
complete -c ipcdel -l mine -d 'Only your own objects'
complete -c ipcdel -l name -x -d 'Only POSIX objects whose name matches, or with !GLOB does not'
complete -c ipcdel -l pid -x -a '(__fish_complete_pids)' -d 'Only System V objects that this process made or used last'
complete -c ipcdel -l larger-than -x -a '4K 1M 16M 1G' -d 'Only objects of more bytes than this'
complete -c ipcdel -l full -f -a '75 90' -d 'Only queues and mailboxes that are full, or filled to PERCENT of their limit'
complete -c ipcdel -l older-than -x -a '1h 1d 7d 30d' -d 'Only objects not used or changed for this long'
complete -c ipcdel -l unused -d 'Only objects that nobody holds'
complete -c ipcdel -l orphaned -d 'Only objects whose makers and users are dead'
complete -c ipcdel -l with-messages -d 'Filters also take queues and mailboxes that hold messages'
complete -c ipcdel -l dry-run -d 'Print what would be removed, and remove nothing'
complete -c ipcdel -l force -d 'A missing object is no error'
complete -c ipcdel -l quiet -d 'Do not say what stays'
complete -c ipcdel -s v -l verbose -d 'Say what has been removed'
complete -c ipcdel -s 0 -l null -d 'References end in NUL'
complete -c ipcdel -s h -l help -d 'Print help'
complete -c ipcdel -s V -l version -d 'Print the version'
