# Completion of shmget(1) in fish.

# The objects there are, with their kind where one is begun with it.
function __ipcutils_shmget_objects
    type -q ipcls; or return
    if string match -q 'shm:*' -- (commandline -ct)
        ipcls -m --refs 2>/dev/null
    else
        ipcls -m --refs 2>/dev/null | string replace -r '^shm:' ''
    end
end

# Paths behind "file:" and "ftok:".
function __ipcutils_shmget_paths
    string match -rq '^(?<form>(shm:)?(file|ftok):)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

complete -c shmget -f
complete -c shmget -a '(__ipcutils_shmget_objects)' -d 'Shared memory'
complete -c shmget -a '(__ipcutils_shmget_paths)'
complete -c shmget -s o -l offset -x -a '4K 64K 1M 16M 1G' -d 'Begin there'
complete -c shmget -s l -l length -x -a '4K 64K 1M 16M 1G' -d 'Write so many bytes at most'
complete -c shmget -s z -l until-nul -d 'End before the first NUL'
complete -c shmget -s f -l follow -d 'Write the content again each time it has changed'
complete -c shmget -s n -l count -x -d 'Stop after so many versions'
complete -c shmget -s 0 -l null -d 'End each version in NUL'
complete -c shmget -l zero-copy -d 'Pass pages by reference'
complete -c shmget -l remove -d 'Remove the object when all has been written'
complete -c shmget -s w -l timeout -x -a '0 100ms 1s 10s 1m inf' -d 'Wait so long for the object to appear or to change'
complete -c shmget -l nonblock -d 'Never wait'
complete -c shmget -s q -l quiet -d 'Say nothing when time is up'
complete -c shmget -l progress -f -a 'auto always never' -d 'Show progress'
complete -c shmget -l into -x -d 'Assign to this variable of the shell'
complete -c shmget -s h -l help -d 'Print help'
complete -c shmget -s V -l version -d 'Print the version'
