# Completion of shmput(1) in fish.

# The objects there are, with their kind where one is begun with it.
function __ipcutils_shmput_objects
    type -q ipcls; or return
    if string match -q 'shm:*' -- (commandline -ct)
        ipcls -m --refs 2>/dev/null
        echo shm:private
    else
        ipcls -m --refs 2>/dev/null | string replace -r '^shm:' ''
        echo private
    end
end

# Paths behind "file:" and "ftok:".
function __ipcutils_shmput_paths
    string match -rq '^(?<form>(shm:)?(file|ftok):)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

# Whether the object has been given, so that a file follows.
function __ipcutils_shmput_has_object
    set -l words (commandline -opc)[2..]
    argparse -i m/mode= o/offset= size= -- $words 2>/dev/null
    set -l operands (string match -v -- '-*' $argv)
    test (count $operands) -gt 0
end

complete -c shmput -n 'not __ipcutils_shmput_has_object' -f
complete -c shmput -n 'not __ipcutils_shmput_has_object' -a '(__ipcutils_shmput_objects)' -d 'Shared memory'
complete -c shmput -n 'not __ipcutils_shmput_has_object' -a '(__ipcutils_shmput_paths)'
complete -c shmput -n __ipcutils_shmput_has_object -F
complete -c shmput -s m -l mode -x -a '600 640 644 660 664 666' -d 'Permissions of a new object'
complete -c shmput -s x -l exclusive -d 'Fail if the object exists'
complete -c shmput -l existing -d 'Fail if it does not, and take it whoever owns it'
complete -c shmput -l size -x -a '4K 64K 1M 16M 1G' -d 'Size of a new object'
complete -c shmput -s o -l offset -x -a '4K 64K 1M 16M 1G' -d 'Write there, and leave the rest'
complete -c shmput -l in-place -d 'Write into an existing object itself'
complete -c shmput -l truncate -d 'The same, and shorten it'
complete -c shmput -l replace -d 'Replace it also with --existing or --size'
complete -c shmput -l print-ref -d 'Print the reference'
complete -c shmput -l progress -f -a 'auto always never' -d 'Show progress'
complete -c shmput -s h -l help -d 'Print help'
complete -c shmput -s V -l version -d 'Print the version'
