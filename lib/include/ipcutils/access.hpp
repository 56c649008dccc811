// What an object is opened for, and whose objects may be.
#pragma once

namespace ipcutils {

enum class Access { read, write };

// Whose objects are taken. A program that would create an object, and finds one already there, must not use
// what somebody may have planted. For System V owner and creator count, since an owner can give an object
// away.
enum class Trust { anybody, self_and_root };

}  // namespace ipcutils
