// Why filters leave an object that they are about.
#pragma once

#include <ipcutils/filter.hpp>
#include <ipcutils/inventory.hpp>
#include <optional>
#include <string>

namespace ipcutils::ipcdel {

enum class WithMessages { no, yes };

// Why --unused or --orphaned keep an object. Nothing where they do not apply to it, as --orphaned alone does
// not apply to a POSIX object in use.
std::optional<std::string> reason_it_is_held(const Object& object, const Filter& filter);

// Why an object stays that the filters choose: a queue that may hold messages, a mailbox that a receiver may
// have messages to read in, or a segment that has been removed. Nothing when it is to be removed.
std::optional<std::string> reason_to_keep(const Object& object, WithMessages with_messages);

// Why a System V segment is still listed after its removal; nothing when it is not.
std::optional<std::string> reason_it_remains(const Object& object);

}  // namespace ipcutils::ipcdel
