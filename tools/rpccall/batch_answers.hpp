// What comes back for a batch.
#pragma once

#include <ipcutils/rpc_message.hpp>
#include <string>
#include <vector>

#include "answer.hpp"

namespace ipcutils::rpccall {

// Prints the responses on standard output, one a line in the order of the requests' ids; an error of the
// whole batch, and what is missing or too much, on standard error. Returns the exit status: whether all have
// results.
int print_batch_answers(const std::vector<std::string>& ids, const std::vector<RpcResponse>& responses,
                        AnswerForm::Error form);

}  // namespace ipcutils::rpccall
