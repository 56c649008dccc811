// The params of a call, as people write them.
#pragma once

#include <span>
#include <string>

namespace ipcutils::rpccall {

// JSON text of the params that the operands mean; empty for none. NAME=TEXT and NAME:=JSON give an object;
// TEXT and :=JSON, in their order, an array. NAME begins with a letter or '_', and goes on with these,
// digits,
// '.' and '-'; any other text is TEXT. Throws UsageError for a mixture of both, a name given twice and what
// is no JSON.
std::string params_of(std::span<const std::string> operands);

}  // namespace ipcutils::rpccall
