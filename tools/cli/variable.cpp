#include "variable.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>

#include "command_line.hpp"
#include "environment.hpp"

namespace ipcutils::cli {

namespace {

const ipcutils_variables& variables() { return Environment::current().variables(); }

}  // namespace

Variable::Variable(std::string name) : m_name{std::move(name)} {
  if (Environment::current().is_process())
    throw UsageError{"--into is for the builtin of bash, which '. ipcutils.bash' makes"};
  if (const char* const refusal = variables().check(m_name.c_str()))
    throw UsageError{fmt::format("cannot assign to {}: {}", quote(m_name), refusal)};
}

void Variable::require(const char* refusal) const {
  if (refusal != nullptr) throw Error::invalid(fmt::format("cannot assign to {}", quote(m_name)), refusal);
}

void Variable::require_text(const std::string& value) const {
  if (value.find('\0') != value.npos)
    throw Error::because(EILSEQ, fmt::format("cannot assign to {}", quote(m_name)),
                         "the value has a NUL, which no variable can hold");
}

void Variable::assign(const std::string& value) const {
  require_text(value);
  require(variables().assign(m_name.c_str(), value.c_str()));
}

void Variable::clear() const { require(variables().clear(m_name.c_str())); }

void Variable::append(const std::string& value) const {
  require_text(value);
  require(variables().append(m_name.c_str(), value.c_str()));
}

void add_into_option(CommandLine& command_line, std::optional<Variable>& target, std::string_view excluded) {
  command_line
      .option("into", "NAME", "into the variable NAME of the shell, instead of standard output (builtin)",
              [&](auto name) { target.emplace(std::string{name}); })
      .excludes(excluded);
}

}  // namespace ipcutils::cli
