// Pipes and pairs of sockets.
#pragma once

#include <ipcutils/file_descriptor.hpp>

namespace ipcutils::cli {

// A pipe, both ends in blocking mode. Throws Error.
struct Pipe {
  Pipe();
  FileDescriptor out;  // for reading
  FileDescriptor in;   // for writing
};

// Two UNIX sockets that are connected with each other. Throws Error.
struct SocketPair {
  explicit SocketPair(int type);
  FileDescriptor first;
  FileDescriptor second;
};

}  // namespace ipcutils::cli
