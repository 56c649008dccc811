// A tool's entry: the one symbol by which its binary finds it in the tools' private library.
#pragma once

#include "../environment.h"

#define IPCUTILS_ENTRY extern "C" __attribute__((visibility("default"))) int
