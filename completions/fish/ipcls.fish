# Completion of ipcls(1) in fish.

function __ipcutils_ipcls_objects
    type -q ipcls; and ipcls $argv[1] --refs 2>/dev/null
end

# Paths behind "file:" and "ftok:".
function __ipcutils_ipcls_paths
    string match -rq '^(?<form>((shm|sem):file|(shm|mq|sem):ftok):)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

# The names of columns, with what is given before each.
function __ipcutils_ipcls_columns_behind
    for column in REF KIND API NAME KEY ID OWNER GROUP UID GID CUID CGID MODE SIZE NATTCH STATUS REMOVED LOCKED RSS \
            SWAP CPID LPID ATIME DTIME MSGS MAXMSGS MSGSIZE QBYTES FILL LSPID LRPID STIME RTIME NSEMS VALUES \
            SEMAPHORES OTIME READERS WRITERS ONFULL RECEIVERS LOST DROPPED SENT CTIME MTIME HOLDERS OTHERS WAITERS
        echo "$argv$column"
    end
end

# Those of a list, behind what is there of it.
function __ipcutils_ipcls_columns
    set -l list (commandline -ct | string replace -r '^(--output=|-o)' '')
    __ipcutils_ipcls_columns_behind (string match -r '^(?:.*,|\+)' -- $list)
end

# One, perhaps behind a '-'.
function __ipcutils_ipcls_column
    set -l list (commandline -ct | string replace -r '^--sort=' '')
    __ipcutils_ipcls_columns_behind (string match -r '^-' -- $list)
end

# Whether processes are listed, not objects.
function __ipcutils_ipcls_lists_processes
    contains -- --signals (commandline -opc)
end

complete -c ipcls -f
complete -c ipcls -n __ipcutils_ipcls_lists_processes -a '(__fish_complete_pids)'
complete -c ipcls -n 'not __ipcutils_ipcls_lists_processes' -a '(__ipcutils_ipcls_objects -m)' -d 'Shared memory'
complete -c ipcls -n 'not __ipcutils_ipcls_lists_processes' -a '(__ipcutils_ipcls_objects -q)' -d 'Message queue'
complete -c ipcls -n 'not __ipcutils_ipcls_lists_processes' -a '(__ipcutils_ipcls_objects -s)' -d Semaphore
complete -c ipcls -n 'not __ipcutils_ipcls_lists_processes' -a '(__ipcutils_ipcls_objects --mb)' -d Mailbox
complete -c ipcls -n 'not __ipcutils_ipcls_lists_processes' -a '(__ipcutils_ipcls_paths)'
complete -c ipcls -s m -l shmems -d 'List shared memory'
complete -c ipcls -s q -l queues -d 'List message queues'
complete -c ipcls -s s -l semaphores -d 'List semaphores'
complete -c ipcls -l mb -d 'List mailboxes'
complete -c ipcls -l sysv -d 'List System V objects only'
complete -c ipcls -l posix -d 'List POSIX objects only'
complete -c ipcls -l owner -x -a '(__fish_complete_users)' -d 'Only objects of this user'
complete -c ipcls -l mine -d 'Only your own objects'
complete -c ipcls -l name -x -d 'Only POSIX objects whose name matches, or with !GLOB does not'
complete -c ipcls -l pid -x -a '(__fish_complete_pids)' -d 'Only System V objects that this process made or used last'
complete -c ipcls -l larger-than -x -a '4K 1M 16M 1G' -d 'Only objects of more bytes than this'
complete -c ipcls -l full -f -a '75 90' -d 'Only queues and mailboxes that are full, or filled to PERCENT of their limit'
complete -c ipcls -l older-than -x -a '1h 1d 7d 30d' -d 'Only objects not used or changed for this long'
complete -c ipcls -l unused -d 'Only objects that nobody holds'
complete -c ipcls -l orphaned -d 'Only objects whose makers and users are dead'
complete -c ipcls -s l -l limits -d 'List limits of the system instead'
complete -c ipcls -s u -l usage -d 'List how much of them is used'
complete -c ipcls -l signals -d 'List what processes do with signals'
complete -c ipcls -l holders -d 'Also the processes that hold each object, or wait for it'
complete -c ipcls -s o -l output -x -a '(__ipcutils_ipcls_columns)' -d 'Print these columns'
complete -c ipcls -l sort -x -a '(__ipcutils_ipcls_column)' -d 'Sort by this column'
complete -c ipcls -s j -s J -l json -d 'Print one JSON object a line'
complete -c ipcls -s r -l raw -d 'Print columns without alignment'
complete -c ipcls -l human -d 'Print sizes with units of 1024, as 1.5M'
complete -c ipcls -l refs -d 'Print references alone'
complete -c ipcls -l dump -d 'Print commands that make the same objects'
complete -c ipcls -s 0 -l null -d 'End references in NUL'
complete -c ipcls -l noheadings -d 'Print no headings'
complete -c ipcls -l watch -f -a '500ms 1s 2s 10s 1m inf' -d 'Print again when something changes'
complete -c ipcls -l into -x -d 'Assign to this variable of the shell'
complete -c ipcls -s h -l help -d 'Print help'
complete -c ipcls -s V -l version -d 'Print the version'
