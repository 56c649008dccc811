#include "watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ipcutils/error.hpp>
#include <ipcutils/object_watch.hpp>
#include <ipcutils/terminal.hpp>
#include <ipcutils/wait.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "../cli/output.hpp"
#include "object_json.hpp"
#include "object_table.hpp"

namespace ipcutils::ipcls {

namespace {

class Display {
 public:
  virtual ~Display() = default;
  virtual void show(const std::vector<Object>& objects) = 0;
};

class TableDisplay final : public Display {
 public:
  explicit TableDisplay(const Watching& watching) : m_watching{watching} {}

  void show(const std::vector<Object>& objects) override {
    auto table = table_of_objects(objects, m_watching.columns, m_watching.style);
    if (m_rows == table.rows) return;
    const bool is_first = !m_rows;
    m_rows = table.rows;
    if (is_terminal(STDOUT_FILENO)) return draw(std::move(table));
    if (!is_first) cli::print("\n");
    print(table);
  }

 private:
  void print(const Table& table) const {
    m_watching.form == Watching::Form::raw ? print_raw(table) : print_aligned(table);
  }

  // Over the last one, whose lines must not have scrolled away or be broken by the terminal (mode 7).
  void draw(Table table) {
    const std::size_t headings = table.has_headings ? 1 : 0;
    if (const auto lines = terminal_lines(STDOUT_FILENO))
      table.rows.resize(
          std::min<std::size_t>(table.rows.size(), *lines - std::min<std::size_t>(*lines, 1 + headings)));
    if (m_lines > 0) cli::print("\033[{}A\033[J", m_lines);
    m_lines = table.rows.size() + headings;
    cli::print("\033[?7l");
    print(table);
    cli::print("\033[?7h");
  }

  const Watching& m_watching;
  std::optional<std::vector<std::vector<std::string>>> m_rows;
  std::size_t m_lines = 0;
};

// A name that another object has got is that one's removal and this one's addition.
class ChangeLog final : public Display {
 public:
  explicit ChangeLog(const ObjectColumns& columns) : m_columns{columns} {}

  void show(const std::vector<Object>& objects) override {
    Lines lines;
    for (const auto& object : objects)
      lines[{object.reference.to_string(), object.file}] = object_as_json(object, m_columns);
    for (const auto& [key, line] : m_lines)
      if (!lines.contains(key)) print("removed", line);
    for (const auto& [key, line] : lines) {
      const auto old = m_lines.find(key);
      if (old == m_lines.end())
        print(m_is_first ? "present" : "added", line);
      else if (old->second != line)
        print("changed", line);
    }
    m_lines = std::move(lines);
    m_is_first = false;
  }

 private:
  using Lines = std::map<std::pair<std::string, std::optional<FileIdentity>>, std::string>;

  static void print(std::string_view change, std::string_view line) {
    cli::print("{{\"change\":\"{}\",{}\n", change, line.substr(1));
  }

  const ObjectColumns& m_columns;
  Lines m_lines;
  bool m_is_first = true;
};

std::unique_ptr<Display> make_display(const Watching& watching) {
  if (watching.form == Watching::Form::changes) return std::make_unique<ChangeLog>(watching.columns);
  return std::make_unique<TableDisplay>(watching);
}

// Whether a column changes only when the kernel tells something of the file of an object. It tells everything
// of shared memory but what is written through a mapping, and little of queues and semaphores.
bool is_told(const ObjectColumn& column, bool is_memory_alone) {
  constexpr std::array<std::string_view, 4> untold{"RSS", "HOLDERS", "OTHERS", "WAITERS"};
  if (std::ranges::find(untold, column.name) != untold.end()) return false;
  return is_memory_alone || (column.source == ObjectColumn::Source::list && column.name != "MTIME");
}

bool must_be_polled(const Watching& watching, const ObjectWatch& told) {
  const bool is_memory_alone = watching.selection.kinds == std::set{Kind::shm};
  return !told.is_complete || watching.has_other_sources ||
         std::ranges::any_of(watching.followed,
                             [&](const ObjectColumn* column) { return !is_told(*column, is_memory_alone); });
}

// Until something may have changed. What happens together is looked at once.
void wait(const ObjectWatch& told, const Deadline& deadline) {
  constexpr std::chrono::milliseconds together{50};
  std::array<pollfd, 2> entries{{{told.files.descriptor(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}}};
  wait_for_events(entries, deadline);
  if (entries[1].revents != 0) throw Error{EPIPE, "cannot write to standard output"};
  if (entries[0].revents == 0) return;
  pause_until(Deadline::after(together));
  told.files.drain();
}

}  // namespace

void watch(const Watching& watching, const std::function<std::vector<Object>()>& look) {
  const auto told = watch_objects(watching.selection);  // from before the first look
  const bool is_polled = must_be_polled(watching, told);
  const auto display = make_display(watching);
  for (;;) {
    display->show(look());
    cli::flush_output();
    wait(told, is_polled ? Deadline::after(watching.interval) : Deadline::never());
  }
}

}  // namespace ipcutils::ipcls
