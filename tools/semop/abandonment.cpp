#include "abandonment.hpp"

#include <fmt/format.h>

#include <ipcutils/quote.hpp>

#include "../cli/diagnostic.hpp"

namespace ipcutils::semop {

bool Abandonment::look() {
  if (m_is_silent) return false;
  if (const auto is_open = m_set.is_open_elsewhere(); is_open != false) return is_open.has_value();
  m_is_silent = true;
  const auto& reference = m_set.reference();
  const auto remedy = quote(fmt::format("semop {} =1", reference.to_string()));
  cli::write_diagnostic(fmt::format(
      "semop: hint: nobody else has {} open: if the process that took it has died, {} gives it back\n",
      reference.description(), remedy));
  return false;
}

}  // namespace ipcutils::semop
