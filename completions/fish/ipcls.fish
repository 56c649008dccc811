# Completion of ipcls(1) in fish.

function __ipcutils_ipcls_objects
    type -q ipcls; and ipcls $argv[1] --refs 2>/dev/null
end

# Paths behind "shm:file:" and "ftok:".
function __ipcutils_ipcls_paths
    string match -rq '^(?<form>(shm:file|(shm|mq|sem):ftok):)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

# The names of columns, behind those of the list that is there.
function __ipcutils_ipcls_columns
    set -l list (commandline -ct | string replace -r '^(--output=|-o)' '')
    set -l before (string match -r '^(?:.*,|\+)' -- $list)
    for column in REF KIND API NAME KEY ID OWNER GROUP UID GID CUID CGID MODE SIZE NATTCH STATUS REMOVED LOCKED RSS \
            SWAP CPID LPID ATIME DTIME MSGS MAXMSGS MSGSIZE QBYTES LSPID LRPID STIME RTIME NSEMS VALUES \
            OTIME CTIME MTIME
        echo "$before$column"
    end
end

complete -c ipcls -f
complete -c ipcls -a '(__ipcutils_ipcls_objects -m)' -d 'Shared memory'
complete -c ipcls -a '(__ipcutils_ipcls_objects -q)' -d 'Message queue'
complete -c ipcls -a '(__ipcutils_ipcls_objects -s)' -d Semaphore
complete -c ipcls -a '(__ipcutils_ipcls_paths)'
complete -c ipcls -s m -l shmems -d 'List shared memory'
complete -c ipcls -s q -l queues -d 'List message queues'
complete -c ipcls -s s -l semaphores -d 'List semaphores'
complete -c ipcls -l sysv -d 'List System V objects only'
complete -c ipcls -l posix -d 'List POSIX objects only'
complete -c ipcls -s o -l output -x -a '(__ipcutils_ipcls_columns)' -d 'Print these columns'
complete -c ipcls -s j -s J -l json -d 'Print one JSON object a line'
complete -c ipcls -s r -l raw -d 'Print columns without alignment'
complete -c ipcls -l refs -d 'Print references alone'
complete -c ipcls -s 0 -l null -d 'End references in NUL'
complete -c ipcls -l noheadings -d 'Print no headings'
complete -c ipcls -s h -l help -d 'Print help'
complete -c ipcls -s V -l version -d 'Print the version'
