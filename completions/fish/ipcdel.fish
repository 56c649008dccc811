# Completion of ipcdel(1) in fish.

function __ipcutils_ipcdel_objects
    type -q ipcls; and ipcls $argv[1] --refs 2>/dev/null
end

# Paths behind "shm:file:" and "ftok:".
function __ipcutils_ipcdel_paths
    string match -rq '^(?<form>(shm:file|(shm|mq|sem):ftok):)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

complete -c ipcdel -f
complete -c ipcdel -a '(__ipcutils_ipcdel_objects -m)' -d 'Shared memory'
complete -c ipcdel -a '(__ipcutils_ipcdel_objects -q)' -d 'Message queue'
complete -c ipcdel -a '(__ipcutils_ipcdel_objects -s)' -d Semaphore
complete -c ipcdel -a '(__ipcutils_ipcdel_paths)'
complete -c ipcdel -l dry-run -d 'Print what would be removed, and remove nothing'
complete -c ipcdel -l force -d 'A missing object is no error'
complete -c ipcdel -s 0 -l null -d 'References end in NUL'
complete -c ipcdel -s h -l help -d 'Print help'
complete -c ipcdel -s V -l version -d 'Print the version'
