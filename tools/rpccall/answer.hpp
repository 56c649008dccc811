// What a call gives.
#pragma once

#include <ipcutils/rpc_message.hpp>
#include <ipcutils/sealed_memory.hpp>
#include <string>
#include <string_view>
#include <variant>

namespace ipcutils::rpccall {

// A result that came as a descriptor.
struct PassedResult {
  SealedMemory memory;
  bool is_string;  // the bytes of a string; otherwise JSON text

  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(memory.data().data()), memory.data().size()};
  }
};

using Answer = std::variant<std::string, PassedResult, RpcError>;  // the first: JSON text

struct AnswerForm {
  enum class Result { json, raw };  // raw: a string as its bytes
  enum class Error { text, json };
  Result result = Result::json;
  Error error = Error::text;
};

// Prints a result on standard output or an error on standard error, and returns the exit status.
int print_answer(const Answer& answer, const AnswerForm& form);

// Prints an error on standard error.
void print_error(const RpcError& error, AnswerForm::Error form);

}  // namespace ipcutils::rpccall
