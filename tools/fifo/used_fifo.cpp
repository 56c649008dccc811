#include "used_fifo.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/quote.hpp>

#include "../cli/diagnostic.hpp"
#include "../cli/foreign.hpp"
#include "../cli/guarded_main.hpp"

namespace ipcutils::fifo {

namespace {

Fifo find_or_make(const Options& options, const std::string& path) {
  if (options.is_exclusive) return make_new(path, options.mode);
  for (;;) {
    const auto trust = options.is_existing ? Trust::anybody : Trust::self_and_root;
    const auto open = [&] { return Fifo::open_if_exists(path, trust); };
    if (auto fifo = cli::tell_way_to_take("--existing", open)) return std::move(*fifo);
    if (options.is_existing) throw Error{ENOENT, fmt::format("cannot open FIFO {}", quote(path))};
    if (auto fifo = Fifo::create(path, options.mode)) return std::move(*fifo);
  }
}

}  // namespace

Fifo make_new(const std::string& path, mode_t mode) {
  auto fifo = Fifo::create(path, mode);
  if (!fifo) throw Error{EEXIST, fmt::format("cannot create FIFO {}", quote(path))};
  return std::move(*fifo);
}

UsedFifo::UsedFifo(const Options& options, const std::string& path)
    : m_options{options}, m_fifo{find_or_make(options, path)} {}

UsedFifo::~UsedFifo() {
  if (!m_options.removes) return;
  try {
    m_fifo.remove_if_same();
  } catch (const Error& error) {
    cli::report(tool, error);
  }
}

void UsedFifo::set_capacity(int end) const {
  if (!m_options.capacity) return;
  const auto given = set_pipe_capacity(end, *m_options.capacity, name());
  if (m_options.is_verbose)
    cli::write_diagnostic(fmt::format("{}: {} holds {} bytes\n", tool, name(), given));
}

}  // namespace ipcutils::fifo
