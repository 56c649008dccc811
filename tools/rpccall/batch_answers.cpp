#include "batch_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ipcutils/quote.hpp>
#include <map>
#include <string_view>

#include "../cli/diagnostic.hpp"
#include "../cli/exit_status.hpp"
#include "../cli/output.hpp"
#include "call.hpp"

namespace ipcutils::rpccall {

int print_batch_answers(const std::vector<std::string>& ids, const std::vector<RpcResponse>& responses,
                        AnswerForm::Error form) {
  // A server that can make nothing of the batch answers so.
  const auto& first = responses.at(0);
  if (first.id == "null" && first.error() != nullptr && std::ranges::find(ids, first.id) == ids.end()) {
    print_error(*first.error(), form);
    return cli::exit_failure;
  }
  int status = cli::exit_success;
  const auto fail = [&](std::string_view what) {
    cli::write_diagnostic(fmt::format("{}: {}\n", tool, what));
    status = cli::exit_failure;
  };
  std::map<std::string_view, const RpcResponse*> by_id;
  for (const auto& response : responses) by_id.emplace(response.id, &response);
  for (const auto& id : ids) {
    const auto found = by_id.extract(id);
    if (!found) {
      fail(fmt::format("the server did not answer the request with the id {}", escape(id)));
      continue;
    }
    const auto& response = *found.mapped();
    if (response.error() != nullptr) status = cli::exit_failure;
    cli::print("{}\n", to_json(response));
  }
  for (const auto& [id, response] : by_id)
    fail(fmt::format("the server answered with the id {}, which no request has", escape(id)));
  return status;
}

}  // namespace ipcutils::rpccall
