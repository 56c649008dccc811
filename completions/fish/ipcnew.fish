# Completion of ipcnew(1) in fish.

# Paths behind "shm:file:" and "shm:ftok:".
function __ipcutils_ipcnew_paths
    string match -rq '^(?<form>shm:(file|ftok):)(?<path>.*)' -- (commandline -ct)
    or return
    string replace -r '^' "$form" -- (__fish_complete_path "$path")
end

complete -c ipcnew -f
complete -c ipcnew -a 'shm:/ shm:private shm:file: shm:ftok:' -d 'New object'
complete -c ipcnew -a '(__ipcutils_ipcnew_paths)'
complete -c ipcnew -s M -l shmem -x -a '4K 64K 1M 16M 1G' -d 'Make a private System V segment'
complete -c ipcnew -l size -x -a '4K 64K 1M 16M 1G' -d 'Size of each object'
complete -c ipcnew -s m -l mode -x -a '600 640 644 660 664 666' -d Permissions
complete -c ipcnew -s h -l help -d 'Print help'
complete -c ipcnew -s V -l version -d 'Print the version'
