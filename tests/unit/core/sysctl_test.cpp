#include "core/sysctl.hpp"

#include "catch.hpp"
#include "scratch.hpp"

using namespace ipcutils;

TEST_CASE("sysctl: the number in its file") {
  CHECK(sysctl("kernel.msgmax") == std::stoull(read_file("/proc/sys/kernel/msgmax")));
  CHECK(sysctl("fs.mqueue.msg_max") == std::stoull(read_file("/proc/sys/fs/mqueue/msg_max")));
}

TEST_CASE("sysctl: the first of several numbers") {
  CHECK(sysctl("kernel.sem") == std::stoull(read_file("/proc/sys/kernel/sem")));
}

TEST_CASE("sysctl: what is missing or no number is nothing") {
  for (const char* name : {"kernel.nonesuch", "", "kernel", "kernel.ostype", "kernel.msgmax.more"})
    CHECK_FALSE(sysctl(name));
}

TEST_CASE("sysctl: for hints its name with the value, or without") {
  CHECK(sysctl_with_value("kernel.msgmax") ==
        "kernel.msgmax (" + std::to_string(*sysctl("kernel.msgmax")) + ")");
  CHECK(sysctl_with_value("kernel.nonesuch") == "kernel.nonesuch");
}
