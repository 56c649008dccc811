#include "answer.hpp"

#include <fmt/format.h>

#include <ipcutils/quote.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include "../cli/diagnostic.hpp"
#include "../cli/exit_status.hpp"
#include "../cli/json_line.hpp"
#include "../cli/output.hpp"
#include "call.hpp"

namespace ipcutils::rpccall {

namespace {

// What a terminal would take for a command is escaped.
std::string shown_json(const std::string& json) {
  return cli::json_line(nlohmann::ordered_json::parse(json));
}

// A newline in JSON stands between values, where a blank means the same.
void print_line(std::string_view json) {
  for (auto newline = json.find('\n'); newline != json.npos; newline = json.find('\n')) {
    cli::write_output(json.substr(0, newline));
    cli::write_output(" ");
    json.remove_prefix(newline + 1);
  }
  cli::write_output(json);
  cli::write_output("\n");
}

void print_string(std::string_view string) {
  if (auto& into = cli::Environment::current().destination()) into->shape = cli::Shape::exact;
  cli::write_output(string);
}

void print_json_result(std::string_view json, AnswerForm::Result form) {
  const auto string = form == AnswerForm::Result::raw ? string_in_json(json) : std::nullopt;
  string ? print_string(*string) : print_line(json);
}

void print_passed_result(const PassedResult& result, AnswerForm::Result form) {
  if (!result.is_string) return print_json_result(result.bytes(), form);
  if (form == AnswerForm::Result::raw)
    print_string(result.bytes());
  else
    print_line(json_string(result.bytes()));
}

}  // namespace

void print_error(const RpcError& error, AnswerForm::Error form) {
  if (form == AnswerForm::Error::json)
    return cli::write_diagnostic(fmt::format("{}\n", shown_json(to_json(error))));
  auto text = fmt::format("{}: {} (code {})\n", tool, escape(error.message), error.code);
  if (!error.data.empty()) text += fmt::format("{}: data: {}\n", tool, shown_json(error.data));
  cli::write_diagnostic(text);
}

int print_answer(const Answer& answer, const AnswerForm& form) {
  if (const auto* error = std::get_if<RpcError>(&answer)) {
    print_error(*error, form.error);
    return cli::exit_failure;
  }
  if (const auto* passed = std::get_if<PassedResult>(&answer))
    print_passed_result(*passed, form.result);
  else
    print_json_result(std::get<std::string>(answer), form.result);
  return cli::exit_success;
}

}  // namespace ipcutils::rpccall
