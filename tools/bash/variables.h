/* The variables of bash, for tools that assign to them. */
#pragma once

#include "../environment.h"

extern const struct ipcutils_variables bash_variables;
