#include "ipcs_formats.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <limits>

#include "../cli/account.hpp"
#include "../cli/human_size.hpp"

namespace ipcutils::compat {

namespace {

constexpr Section sections[] = {
    {Format::objects, Kind::mq,
     "------ Message Queues --------\n"
     "key        msqid      owner      perms      {used-bytes|used-bytes|size:<12} messages    \n",
     "{key:<10} {id:<10} {owner:<10.10} {perms:<10} {size:<12} {messages:<12}\n"},
    {Format::objects, Kind::shm,
     "------ Shared Memory Segments --------\n"
     "key        shmid      owner      perms      {bytes|bytes|size:<10} nattch     status      \n",
     "{key:<10} {id:<10} {owner:<10.10} {perms:<10} {size:<10} {attached:<10} {removed:<6} {locked:<6}\n"},
    {Format::objects, Kind::sem,
     "------ Semaphore Arrays --------\n"
     "key        semid      owner      perms      nsems     \n",
     "{key:<10} {id:<10} {owner:<10.10} {perms:<10} {semaphores:<10}\n"},

    {Format::times, Kind::mq,
     "------ Message Queues Send/Recv/Change Times --------\n"
     "msqid    owner      send                 recv                 change              \n",
     "{id:<8} {owner:<10.10} {sent:<20.16} {received:<20.16} {changed:<20.16}\n"},
    {Format::times, Kind::shm,
     "------ Shared Memory Attach/Detach/Change Times --------\n"
     "shmid      owner      attached             detached             changed             \n",
     "{id:<10} {owner:<10.10} {attach:<20.16} {detach:<20.16} {changed:<20.16}\n"},
    {Format::times, Kind::sem,
     "------ Semaphore Operation/Change Times --------\n"
     "semid    owner      last-op                    last-changed              \n",
     "{id:<8} {owner:<10.10}  {full operated:<26.24} {full changed:<26.24}\n"},

    {Format::processes, Kind::mq,
     "------ Message Queues PIDs --------\n"
     "msqid      owner      lspid      lrpid     \n",
     "{id:<8} {owner:<10.10}  {sender:>5}     {receiver:>5}\n"},
    {Format::processes, Kind::shm,
     "------ Shared Memory Creator/Last-op PIDs --------\n"
     "shmid      owner      cpid       lpid      \n",
     "{id:<10} {owner:<10.10} {creator:<10} {last:<10}\n"},

    {Format::owners, Kind::mq,
     "------ Message Queues Creators/Owners --------\n"
     "msqid      perms      cuid       cgid       uid        gid       \n",
     "{id:<10} {perms:<10} {made by:<10} {made by group:<10} {owner:<10} {group:<10}\n"},
    {Format::owners, Kind::shm,
     "------ Shared Memory Segment Creators/Owners --------\n"
     "shmid      perms      cuid       cgid       uid        gid       \n",
     "{id:<10} {perms:<10} {made by:<10} {made by group:<10} {owner:<10} {group:<10}\n"},
    {Format::owners, Kind::sem,
     "------ Semaphore Arrays Creators/Owners --------\n"
     "semid      perms      cuid       cgid       uid        gid       \n",
     "{id:<10} {perms:<10} {made by:<10} {made by group:<10} {owner:<10} {group:<10}\n"},

    {Format::limits, Kind::mq,
     "------ Messages Limits --------\n"
     "max queues system wide = {kernel.msgmni}\n"
     "max size of message{ (bytes)| (bytes)|} = {kernel.msgmax}\n"
     "default max size of queue{ (bytes)| (bytes)|} = {kernel.msgmnb}\n",
     ""},
    {Format::limits, Kind::shm,
     "------ Shared Memory Limits --------\n"
     "max number of segments = {kernel.shmmni}\n"
     "max seg size{ (kbytes)| (bytes)|} = {kernel.shmmax}\n"
     "max total shared memory{ (kbytes)| (bytes)|} = {kernel.shmall}\n"
     "min seg size{ (bytes)| (bytes)|} = {SHMMIN}\n",
     ""},
    {Format::limits, Kind::sem,
     "------ Semaphore Limits --------\n"
     "max number of arrays = {kernel.sem.SEMMNI}\n"
     "max semaphores per array = {kernel.sem.SEMMSL}\n"
     "max semaphores system wide = {kernel.sem.SEMMNS}\n"
     "max ops per semop call = {kernel.sem.SEMOPM}\n"
     "semaphore max value = {SEMVMX}\n",
     ""},

    {Format::usage, Kind::mq,
     "------ Messages Status --------\n"
     "allocated queues = {queues}\n"
     "used headers = {messages}\n"
     "used space{| (bytes)|} = {bytes}{ bytes||}\n",
     ""},
    {Format::usage, Kind::shm,
     "------ Shared Memory Status --------\n"
     "segments allocated {segments}\n"
     "pages allocated {pages}\n"
     "pages resident  {resident}\n"
     "pages swapped   {swapped}\n"
     "Swap performance: {attempts} attempts\t {successes} successes\n",
     ""},
    {Format::usage, Kind::sem,
     "------ Semaphore Status --------\n"
     "used arrays = {sets}\n"
     "allocated semaphores = {semaphores}\n",
     ""},

    {Format::details, Kind::mq, "",
     "\nMessage Queue msqid={id}\n"
     "uid={uid}\tgid={gid}\tcuid={cuid}\tcgid={cgid}\tmode={mode}\n"
     "{cbytes|cbytes|csize}={bytes}\t{qbytes|qbytes|qsize}={max bytes}\tqnum={messages}\t"
     "lspid={sender}\tlrpid={receiver}\n"
     "send_time={full sent:<26.24}\n"
     "rcv_time={full received:<26.24}\n"
     "change_time={full changed:<26.24}\n\n"},
    {Format::details, Kind::shm, "",
     "\nShared memory Segment shmid={id}\n"
     "uid={uid}\tgid={gid}\tcuid={cuid}\tcgid={cgid}\n"
     "mode={mode}\taccess_perms={access}\n"
     "{bytes|bytes|size}={bytes}\tlpid={last}\tcpid={creator}\tnattch={attached}\n"
     "att_time={full attach:<26.24}\n"
     "det_time={full detach:<26.24}\n"
     "change_time={full changed:<26.24}\n\n"},
    // The rows are its semaphores.
    {Format::details, Kind::sem,
     "\nSemaphore Array semid={id}\n"
     "uid={uid}\t gid={gid}\t cuid={cuid}\t cgid={cgid}\n"
     "mode={mode}, access_perms={access}\n"
     "nsems = {semaphores}\n"
     "otime = {full operated:<26.24}\n"
     "ctime = {full changed:<26.24}\n"
     "semnum     value      ncount     zcount     pid       \n",
     "{number:<10} {value:<10} {ncount:<10} {zcount:<10} {pid:<10}\n"},
};

const SharedMemoryStatus& segment(const Object& object) {
  return std::get<SharedMemoryStatus>(object.status);
}
const MessageQueueStatus& queue(const Object& object) { return std::get<MessageQueueStatus>(object.status); }
const SemaphoreStatus& set(const Object& object) { return std::get<SemaphoreStatus>(object.status); }

std::string number(std::uint64_t value) { return fmt::format("{}", value); }

template <typename Number>
std::string number(const std::optional<Number>& value) {
  return fmt::format("{}", value.value_or(0));
}

std::string size(std::uint64_t bytes, Unit unit) {
  return unit == Unit::human ? cli::human_size(bytes) : number(bytes);
}

std::uint64_t bytes_of(const Object& object) {
  return object.reference.kind == Kind::shm ? segment(object).size : queue(object).bytes.value_or(0);
}

// In a column. One for people has six places and blanks behind them, however long it is.
std::string column_size(const Object& object, Unit unit) {
  const auto text = size(bytes_of(object), unit);
  if (unit != Unit::human) return text;
  return fmt::format("{:>6}{:{}}", text, "", object.reference.kind == Kind::shm ? 4 : 6);
}

// With the bits that the kernel adds.
mode_t whole_mode(const Object& object) {
  const auto* status = std::get_if<SharedMemoryStatus>(&object.status);
  if (status == nullptr) return object.mode;
  return object.mode | (status->removed ? 01000u : 0u) | (status->locked ? 02000u : 0u);
}

// As ctime(3) has it; the year and the day of the week only in full.
std::string time_text(std::time_t time, bool in_full) {
  if (time == 0) return "Not set";
  char text[64] = "";
  ::ctime_r(&time, text);
  return text + (in_full ? 0 : 4);
}

struct ObjectField {
  std::string_view name;
  std::string (*cell)(const Object& object, Unit unit);
};

constexpr ObjectField object_fields[] = {
    {"key", [](const Object& o, Unit) { return fmt::format("0x{:08x}", o.key.value_or(0)); }},
    {"id", [](const Object& o, Unit) { return number(o.id); }},
    {"owner", [](const Object& o, Unit) { return cli::user_name(o.uid); }},
    {"group", [](const Object& o, Unit) { return cli::group_name(o.gid); }},
    {"made by", [](const Object& o, Unit) { return cli::user_name(o.creator_uid.value_or(0)); }},
    {"made by group", [](const Object& o, Unit) { return cli::group_name(o.creator_gid.value_or(0)); }},
    {"uid", [](const Object& o, Unit) { return number(o.uid); }},
    {"gid", [](const Object& o, Unit) { return number(o.gid); }},
    {"cuid", [](const Object& o, Unit) { return number(o.creator_uid); }},
    {"cgid", [](const Object& o, Unit) { return number(o.creator_gid); }},
    {"perms", [](const Object& o, Unit) { return fmt::format("{:o}", o.mode); }},
    {"access", [](const Object& o, Unit) { return fmt::format("{:04o}", o.mode); }},
    {"mode", [](const Object& o, Unit) { return fmt::format("{:#o}", whole_mode(o)); }},
    {"bytes", [](const Object& o, Unit unit) { return size(bytes_of(o), unit); }},
    {"size", [](const Object& o, Unit unit) { return column_size(o, unit); }},
    {"attached", [](const Object& o, Unit) { return number(segment(o).attached); }},
    {"removed", [](const Object& o, Unit) { return std::string{segment(o).removed ? "dest" : ""}; }},
    {"locked", [](const Object& o, Unit) { return std::string{segment(o).locked ? "locked" : ""}; }},
    {"creator", [](const Object& o, Unit) { return number(segment(o).creator); }},
    {"last", [](const Object& o, Unit) { return number(segment(o).last_user); }},
    {"messages", [](const Object& o, Unit) { return number(queue(o).messages); }},
    {"max bytes", [](const Object& o, Unit unit) { return size(queue(o).max_bytes.value_or(0), unit); }},
    {"sender", [](const Object& o, Unit) { return number(queue(o).last_sender); }},
    {"receiver", [](const Object& o, Unit) { return number(queue(o).last_receiver); }},
    {"semaphores", [](const Object& o, Unit) { return number(set(o).count); }},
};

struct TimeField {
  std::string_view name;  // "full " may stand before it
  std::optional<std::time_t> (*time)(const Object& object);
};

constexpr TimeField time_fields[] = {
    {"changed", [](const Object& o) { return o.change_time; }},
    {"attach", [](const Object& o) { return segment(o).attach_time; }},
    {"detach", [](const Object& o) { return segment(o).detach_time; }},
    {"sent", [](const Object& o) { return queue(o).send_time; }},
    {"received", [](const Object& o) { return queue(o).receive_time; }},
    {"operated", [](const Object& o) { return set(o).operation_time; }},
};

// The place of a name that no table has: patterns are ours, so this is a mistake of ours.
std::string unknown(std::string_view name) { return fmt::format("<{}?>", name); }

// Pages as bytes, or as kilobytes; what is more than a number holds, as whole pages that it does hold.
std::uint64_t in_units(std::uint64_t pages, std::uint64_t units_per_page) {
  return std::min(pages, std::numeric_limits<std::uint64_t>::max() / units_per_page) * units_per_page;
}

}  // namespace

const Section* find_section(Format format, Kind kind) noexcept {
  for (const auto& section : sections)
    if (section.format == format && section.kind == kind) return &section;
  return nullptr;
}

std::string object_cell(const Object& object, std::string_view name, Unit unit) {
  for (const auto& field : object_fields)
    if (field.name == name) return field.cell(object, unit);
  constexpr std::string_view full = "full ";
  const bool in_full = name.starts_with(full);
  if (in_full) name.remove_prefix(full.size());
  for (const auto& field : time_fields)
    if (field.name == name) return time_text(field.time(object).value_or(0), in_full);
  return unknown(name);
}

std::string semaphore_cell(const SemaphoreState& state, unsigned semaphore, std::string_view name) {
  if (name == "number") return number(semaphore);
  if (name == "value") return number(state.value);
  if (name == "ncount") return number(state.waiting_to_take);
  if (name == "zcount") return number(state.waiting_for_zero);
  if (name == "pid") return number(state.last_user);
  return unknown(name);
}

// The two that are about the size of shared memory are in kilobytes, unless told otherwise.
std::string limit_cell(const std::vector<Limit>& limits, std::string_view name, Unit unit) {
  const auto* limit = find_limit(limits, name);
  const auto value = limit != nullptr ? limit->value.value_or(0) : 0;
  const bool in_kilobytes = unit == Unit::usual;
  if (name == "kernel.shmall") {
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return size(in_units(value, in_kilobytes ? page / 1024 : page), unit);
  }
  if (name == "kernel.shmmax") return size(in_kilobytes ? value / 1024 : value, unit);
  const bool is_size = limit != nullptr && limit->unit == LimitUnit::bytes;
  return is_size ? size(value, unit) : number(value);
}

std::string usage_cell(const SegmentUsage& usage, std::string_view name, Unit) {
  if (name == "segments") return number(usage.segments);
  if (name == "pages") return number(usage.pages);
  if (name == "resident") return number(usage.resident_pages);
  if (name == "swapped") return number(usage.swapped_pages);
  if (name == "attempts") return number(usage.swap_attempts);
  if (name == "successes") return number(usage.swap_successes);
  return unknown(name);
}

std::string usage_cell(const QueueUsage& usage, std::string_view name, Unit unit) {
  if (name == "queues") return number(usage.queues);
  if (name == "messages") return number(usage.messages);
  if (name == "bytes") return size(usage.bytes, unit);
  return unknown(name);
}

std::string usage_cell(const SemaphoreUsage& usage, std::string_view name, Unit) {
  if (name == "sets") return number(usage.sets);
  if (name == "semaphores") return number(usage.semaphores);
  return unknown(name);
}

}  // namespace ipcutils::compat
