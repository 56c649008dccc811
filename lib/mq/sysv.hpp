// System V message queues; msgop(2). Internal.
#pragma once

#include <memory>

#include "backend.hpp"

namespace ipcutils::mq_sysv {

std::unique_ptr<MessageQueue::Backend> open_if_exists(const Reference& reference, MessageQueue::Use use,
                                                      Trust trust);
std::optional<Reference> create(const Reference& reference, const MessageQueue::CreateOptions& options);
bool remove_if_exists(const Reference& reference);

}  // namespace ipcutils::mq_sysv
