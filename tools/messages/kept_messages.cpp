#include "kept_messages.hpp"

namespace ipcutils::messages {

namespace {

template <typename T>
void reserve_more(std::vector<T>& vector, std::size_t count) {
  if (vector.capacity() - vector.size() < count)
    vector.reserve(std::max(2 * vector.size(), vector.size() + count));
}

}  // namespace

void KeptMessages::reserve(std::size_t size) {
  if (m_keep == Keep::nothing) return;
  reserve_more(m_data, size);
  reserve_more(m_entries, 1);
  m_views.reserve(m_entries.capacity());
}

void KeptMessages::add(const Message& message) noexcept {
  if (m_keep == Keep::nothing) return;
  m_data.insert(m_data.end(), message.data.begin(), message.data.end());
  m_entries.push_back({m_data.size(), message.properties});
}

void KeptMessages::drop_last() noexcept {
  if (m_keep == Keep::nothing) return;
  m_entries.pop_back();
  m_data.resize(m_entries.empty() ? 0 : m_entries.back().end);
}

void KeptMessages::clear() noexcept {
  m_data.clear();
  m_entries.clear();
}

std::span<const Message> KeptMessages::from(std::size_t index) noexcept {
  m_views.clear();
  for (; index < m_entries.size(); ++index) {
    const auto begin = begin_of(index);
    const auto data = std::span<const std::byte>{m_data}.subspan(begin, m_entries[index].end - begin);
    m_views.push_back({data, m_entries[index].properties});
  }
  return m_views;
}

}  // namespace ipcutils::messages
