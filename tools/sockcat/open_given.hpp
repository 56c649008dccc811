// The families of addresses without a socket of their own.
#pragma once

#include "opener.hpp"

namespace ipcutils::sockcat {

// stdio, stdin, stdout, stderr, fd.
std::unique_ptr<Opener> make_given_opener(const AddressSpec& spec, Use use, const Context& context);

// pipe with a path, and what gopen finds to be a FIFO.
std::unique_ptr<Opener> make_fifo_opener(const AddressSpec& spec, Use use, const Context& context);

// pipe without a path, socketpair, text, stall: what is here alone.
std::unique_ptr<Opener> make_loop_opener(const AddressSpec& spec, Use use, const Context& context);

}  // namespace ipcutils::sockcat
