# semop(1).

load helpers
