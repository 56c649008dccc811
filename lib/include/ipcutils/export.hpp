// Marks what libipcutils.so exports; everything else in it is hidden.
#pragma once

#define IPCUTILS_EXPORT __attribute__((visibility("default")))
