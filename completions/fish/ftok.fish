# Completion of ftok(1) in fish.

complete -c ftok -F
complete -c ftok -s d -l decimal -d 'Print it as a decimal number'
complete -c ftok -s h -l help -d 'Print help'
complete -c ftok -s V -l version -d 'Print the version'
