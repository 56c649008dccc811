#include "sockcat/grammar.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cctype>
#include <set>
#include <span>

#include "catch.hpp"
#include "error_of.hpp"
#include "sockcat/address_help.hpp"
#include "sockcat/foreign_words.hpp"
#include "sockcat/spelling.hpp"
#include "sockcat/values.hpp"

using namespace ipcutils;
using namespace std::chrono_literals;
using sockcat::AddressSpec;
using sockcat::Family;
using sockcat::Groups;
using sockcat::Option;
using sockcat::parse_end;
using sockcat::ValueKind;
using Id = sockcat::Keyword::Id;

namespace {

AddressSpec parse(std::string_view text) {
  auto end = parse_end(text);
  CHECK_FALSE(end.write);
  return end.read;
}

// What the user reads.
std::string refusal(std::string_view text) {
  const auto error = error_of([text] { parse_end(text); });
  CHECK(error.code() == std::errc::invalid_argument);
  return error.hint().empty() ? error.what() : std::string{error.what()} + " (" + error.hint() + ")";
}

template <typename Rows>
void check_names(const Rows& rows) {
  std::set<std::string_view> seen;
  for (const auto spelling : sockcat::spellings_of(rows)) {
    CAPTURE(spelling);
    CHECK_FALSE(spelling.empty());
    CHECK(spelling == sockcat::folded(spelling));
    CHECK(seen.insert(spelling).second);
  }
  for (const auto& row : rows) {
    CAPTURE(row.name);
    CHECK_FALSE(row.help.empty());
    CHECK(row.help.find('\n') == row.help.npos);
    CHECK(row.help.back() != '.');
    CHECK(row.groups != 0);
  }
}

Groups groups_of_all(const auto& rows) {
  Groups groups = 0;
  for (const auto& row : rows) groups |= row.groups;
  return groups;
}

// Some value that an option takes.
std::string some_value(const Option& option) {
  switch (option.kind) {
    case ValueKind::none:
      return "";
    case ValueKind::mode:
    case ValueKind::octal:
      return "=600";
    case ValueKind::family:
      return "=ip4";
    case ValueKind::range:
      return "=10.0.0.0/8";
    case ValueKind::membership:
      return "=224.1.1.1:lo";
    case ValueKind::socket_option:
      return "=6:1:1";
    default:
      return "=1";
  }
}

// The options without which it counts for nothing.
std::string needed_by(const Option& option) {
  switch (option.id) {
    case Option::max_children:
      return ",fork";
    case Option::ctty:
      return ",pty";
    case Option::interval:
      return ",retry=1";
    case Option::umask:
      return ",creat";
    default:
      return "";
  }
}

// Some parameters that an address takes.
std::string some_parameters(const sockcat::Keyword& keyword) {
  std::string text;
  for (std::size_t i = 0; i < keyword.parameter_count(); ++i) text += ":1";
  return text;
}

}  // namespace

TEST_CASE("sockcat tables: names are unique, and each row has help") {
  check_names(sockcat::keywords());
  check_names(sockcat::options());
}

TEST_CASE("sockcat tables: groups have names, addresses and options") {
  Groups named = 0;
  for (const auto& [group, name] : sockcat::group_names()) {
    CAPTURE(name);
    CHECK(std::has_single_bit(group));
    CHECK_FALSE(name.empty());
    named |= group;
  }
  CHECK(named == groups_of_all(sockcat::keywords()));
  CHECK(named == groups_of_all(sockcat::options()));
}

TEST_CASE("sockcat tables: every option is taken by some address, and parses there") {
  for (const auto& option : sockcat::options()) {
    CAPTURE(option.name);
    const auto taker =
        std::ranges::find_if(sockcat::keywords(), [&](const auto& keyword) { return option.fits(keyword); });
    REQUIRE(taker != sockcat::keywords().end());
    CHECK(option.minimum < option.maximum);
    CHECK(&sockcat::option(option.id) == &option);
    const auto address = std::string{taker->name} + some_parameters(*taker) + ",";
    const auto rest = needed_by(option);
    for (const auto name : sockcat::spellings_of(std::span{&option, 1})) {
      const auto spec = parse(address + std::string{name} + some_value(option) + rest);
      CHECK(spec.has(option.id));
    }
    const bool is_bare = option.kind == ValueKind::none || option.kind == ValueKind::flag;
    if (is_bare)
      CHECK(parse(address + std::string{option.name} + rest).flag(option.id) == true);
    else
      CHECK_FALSE(refusal(address + std::string{option.name}).empty());
  }
}

TEST_CASE("sockcat tables: every spelling of an address parses, in any case") {
  for (const auto& keyword : sockcat::keywords()) {
    const auto parameters = some_parameters(keyword);
    for (const auto name : sockcat::spellings_of(std::span{&keyword, 1})) {
      CAPTURE(name);
      CHECK(parse(std::string{name} + parameters).keyword == &keyword);
      std::string upper{name};
      std::ranges::transform(upper, upper.begin(),
                             [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      CHECK(parse(upper + parameters).keyword == &keyword);
    }
    CAPTURE(keyword.name);
    CHECK_THROWS_AS(parse_end(std::string{keyword.name} + parameters + ":1"), Error);
    if (keyword.parameter_count() > 0 && keyword.needs_parameters)
      CHECK_THROWS_AS(parse_end(keyword.name), Error);
  }
}

TEST_CASE("sockcat tables: help has every row") {
  const auto help = sockcat::address_help();
  for (const auto& keyword : sockcat::keywords()) {
    CAPTURE(keyword.name);
    CHECK(help.find("\n  " + keyword.synopsis() + "\n") != help.npos);
  }
  for (const auto& option : sockcat::options()) {
    CAPTURE(option.name);
    CHECK(help.find("\n  " + option.synopsis() + "\n") != help.npos);
  }
  CHECK(sockcat::keyword("pipe").synopsis() == "pipe[:PATH]");
  CHECK(sockcat::keyword("TCP").synopsis() == "tcp-connect:HOST:PORT");
  CHECK(sockcat::option(Option::fork).synopsis() == "fork[=0|1]");
}

TEST_CASE("sockcat grammar: addresses as socat's manual shows them") {
  for (const char* text : {
           "-",
           "TCP4:www.domain.org:80",
           "TCP4-LISTEN:www",
           "TCP4-LISTEN:5555,fork,tcp-nodelay,range=10.0.0.0/8",
           "TCP-LISTEN:80,bind=[::1]:80,reuseaddr,fork,max-children=10,backlog=128",
           "TCP6-L:80,ipv6only=1,reuseport",
           "tcp:[::1]:80,connect-timeout=0.5,retry=3,interval=1,forever",
           "tcp:host:22,sp=22,lowport,keepalive,sndbuf=64K,rcvbuf=0x10000,pf=ip4",
           "UDP4-DATAGRAM:224.255.0.1:6666,bind=:6666,ip-add-membership=224.255.0.1:eth0,broadcast",
           "UDP4-RECVFROM:6666,ip-add-membership=224.1.0.1:192.168.10.2,fork",
           "UDP6-RECV:6666,ipv6-join-group=[ff02::2]:lo,range=[fe80::]/10",
           "udp-multicast:239.0.0.1:5000,if=lo,ip-multicast-ttl=2,ip-multicast-loop=0",
           "udp6-multicast:[ff02::1]:5000,if=lo",
           "UNIX-LISTEN:/tmp/s,unlink-early,unlink-close=0,mode=0660,user=0,group=0,umask=0077,fork",
           "unix-sendto:/tmp/s,bind-tempname,mode=0660",
           "ABSTRACT-CONNECT:name",
           "GOPEN:/tmp/x,append,creat,excl,nonblock",
           "OPEN:/tmp/x,rdonly,ignoreeof",
           "FILE:/tmp/x,trunc,wronly,creat=1,chdir=/tmp",
           "CREATE:/tmp/x,perm=u=rw",
           "PIPE:/tmp/x,f-setpipe-sz=65536",
           "pipe",
           "EXEC:'ssh -l user host',pty,setsid,ctty,stderr",
           "EXEC:\"cat -\",fdin=3,fdout=4,pipes",
           "EXEC:\"cat -\",fdin=3,fdout=4,nofork",
           "SYSTEM:'echo \"a,b\" | sed s:a:b:'",
           "SHELL:true,end-close",
           "SOCKETPAIR,socktype=2,type=5,so-type=5,protocol=0",
           "text:hello",
           "stall",
           "stdin,readbytes=100,escape=0x03,null-eof",
           "stdout,crnl",
           "stderr,cr",
           "tcp:a:1,setsockopt=6:1:i1,setsockopt-int=1:2:-3",
           "tcp:a:1,shut-none,shut-down,shut-close,shut-null,ttl=3,nodelay",
       }) {
    CAPTURE(text);
    CHECK_NOTHROW(parse_end(text));
  }
}

TEST_CASE("sockcat grammar: keyword, parameters and options") {
  const auto spec =
      parse("TCP4-L:8080,,fork,backlog=0x10,accept-timeout=250ms,bind=localhost,reuseaddr=0,backlog=7,");
  CHECK(spec.keyword->id == Id::tcp_listen);
  CHECK(spec.keyword->family == Family::ip4);
  CHECK(spec.parameters == std::vector<std::string>{"8080"});
  CHECK(spec.options.size() == 6);
  CHECK(spec.has(Option::fork));
  CHECK(spec.number(Option::backlog) == 7u);
  CHECK(spec.duration(Option::accept_timeout) == Duration{250ms});
  CHECK(spec.text(Option::bind) == "localhost");
  CHECK(spec.flag(Option::reuseaddr) == false);
  CHECK_FALSE(spec.has(Option::reuseaddr));
  CHECK_FALSE(spec.flag(Option::reuseport));
  CHECK_FALSE(spec.find(Option::reuseport));
}

TEST_CASE("sockcat grammar: numbers are those of C, sizes have units, modes are permissions") {
  CHECK(parse("tcp-l:1,backlog=010").number(Option::backlog) == 8u);
  CHECK(parse("tcp-l:1,backlog=0").number(Option::backlog) == 0u);
  CHECK(parse("tcp-l:1,sndbuf=64K").number(Option::sndbuf) == 65536u);
  CHECK(parse("tcp-l:1,sndbuf=0x100").number(Option::sndbuf) == 256u);
  CHECK(parse("open:/x,mode=u=rw").number(Option::mode) == 0600u);
  CHECK(parse("open:/x,mode=\"u=rw,g=r\"").number(Option::mode) == 0640u);
  CHECK(parse("create:/x,umask=27").number(Option::umask) == 027u);
  CHECK(parse("open:/x,user=root").number(Option::user) == 0u);
  CHECK(parse("tcp-l:1,pf=IPV6").number(Option::pf) == static_cast<unsigned>(AF_INET6));
}

TEST_CASE("sockcat grammar: two addresses, one for each direction") {
  const auto end = parse_end("stdin,readbytes=3!!open:'/x!!y',append");
  CHECK(end.read.keyword->id == Id::standard_input);
  CHECK(end.read.number(Option::readbytes) == 3u);
  REQUIRE(end.write);
  CHECK(end.write->parameters == std::vector<std::string>{"/x!!y"});
  CHECK(end.write->has(Option::append));
  CHECK(parse("open:/a!b").parameters == std::vector<std::string>{"/a!b"});
  CHECK(refusal("-!!-!!-") == "invalid address '-!!-!!-': it has more than two parts with '!!' between them");
  CHECK(refusal("-!!") == "invalid address: its keyword is missing");
}

TEST_CASE("sockcat grammar: keywords that may be left out") {
  const auto is = [](std::string_view text, Id id, const char* parameter) {
    const auto spec = parse(text);
    return spec.keyword->id == id && spec.parameters == std::vector<std::string>{parameter};
  };
  CHECK(is("7", Id::descriptor, "7"));
  CHECK(is("7,ignoreeof", Id::descriptor, "7"));
  CHECK(is("/x", Id::gopen, "/x"));
  CHECK(is("./x,append", Id::gopen, "./x"));
  CHECK(is("'/a:b'", Id::gopen, "/a:b"));
  CHECK(is("/a\\:b", Id::gopen, "/a:b"));
  CHECK(is("open:x/y", Id::open, "x/y"));
  CHECK(refusal("12") == "invalid address '12': there is no such keyword (did you mean 'fd:12'?)");
  CHECK(
      refusal("/a:b") ==
      "invalid address 'gopen': it is written gopen:PATH, and 'b' is too much (a ':' that belongs to a name "
      "or command is written '\\:')");
}

TEST_CASE("sockcat grammar: hosts with colons stand in brackets") {
  CHECK(parse("tcp:[::1]:80").parameters == std::vector<std::string>{"::1", "80"});
  const auto split = [](std::string_view text) {
    const auto [host, port] = sockcat::parse_host_and_port(text);
    return host + " " + port;
  };
  CHECK(split("[::1]:80") == "::1 80");
  CHECK(split("[::1]") == "::1 ");
  CHECK(split("a") == "a ");
  CHECK(split("a:http") == "a http");
  CHECK(split(":80") == " 80");
  for (const char* text : {"", "a:", "::1", "a:b:c", "[::1", "[::1]80"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(sockcat::parse_host_and_port(text), Error);
  }
}

TEST_CASE("sockcat grammar: what is wrong is named, with what is near") {
  CHECK(refusal("tpc:a:1") == "invalid address 'tpc': there is no such keyword (did you mean 'tcp'?)");
  CHECK(refusal("unix-lisen:/x") ==
        "invalid address 'unix-lisen': there is no such keyword (did you mean 'unix-listen'?)");
  CHECK(refusal("bogus") == "invalid address 'bogus': there is no such keyword");
  CHECK(refusal("") == "invalid address: its keyword is missing");
  CHECK(refusal("tcp-l:1,frok") == "invalid option 'frok': there is no such option (did you mean 'fork'?)");
  CHECK(refusal("tcp-l:1, fork ") ==
        "invalid option ' fork ': there is no such option (did you mean 'fork'?)");
  CHECK(refusal("tcp:a:1,backlog=3") == "invalid option 'backlog': tcp-connect does not take it");
  CHECK(refusal("tcp:a:1,=3") == "invalid option '': there is no such option");
  CHECK(refusal("tcp:a") ==
        "invalid address 'tcp-connect': PORT is missing (it is written tcp-connect:HOST:PORT)");
  CHECK(refusal("stdin:x") == "invalid address 'stdin': it is written stdin, and 'x' is too much");
  CHECK(refusal("tcp::80") == "invalid address 'tcp-connect:HOST:PORT': HOST is empty");
  CHECK(refusal("tcp-l:70000") == "invalid PORT '70000': it must be at most 65535");
  CHECK(refusal("fd:x") == "invalid FD 'x': it does not begin with a digit");
  CHECK(refusal("open:/a\\0b") == "invalid PATH '/a\\000b': it contains a NUL");
  CHECK(refusal("exec:' '") == "invalid COMMAND ' ': no program is named");
  CHECK(refusal("tcp-l:1,max-children=3") ==
        "invalid option 'max-children': it counts for nothing without fork");
}

TEST_CASE("sockcat grammar: what a host or port without keyword means is told") {
  const auto hint = [](std::string_view text) { return error_of([text] { parse_end(text); }).hint(); };
  CHECK(hint("127.0.0.1:80") == "did you mean 'tcp:127.0.0.1:80'?");
  CHECK(hint("localhost:8080,retry=3") == "did you mean 'tcp:localhost:8080'?");
  CHECK(hint("[::1]:80") == "did you mean 'tcp:[::1]:80'?");
  CHECK(hint("somewhere:80") == "did you mean 'tcp:somewhere:80'?");
  CHECK(hint(":80") == "did you mean 'tcp-listen:80'?");
  CHECK(hint("*:80") == "did you mean 'tcp-listen:80,bind=*'?");
  CHECK(hint("unix-lisen:80") == "did you mean 'unix-listen'?");
  CHECK(hint("somewhere:http").empty());
  CHECK(hint("somewhere").empty());
}

TEST_CASE("sockcat grammar: IPv6 addresses need brackets, and listeners take their host in bind") {
  const auto hint = [](std::string_view text) { return error_of([text] { parse_end(text); }).hint(); };
  CHECK(hint("tcp:::1:80") == "an IPv6 address needs brackets: 'tcp-connect:[::1]:80'");
  CHECK(hint("tcp:::1") == "an IPv6 address needs brackets: 'tcp-connect:[::1]:PORT'");
  CHECK(hint("udp-multicast:ff02::1:5000") ==
        "an IPv6 address needs brackets: 'udp-multicast:[ff02::1]:5000'");
  CHECK(hint("tcp-listen:localhost:8080") == "did you mean 'tcp-listen:8080,bind=localhost'?");
  CHECK(hint("udp-l:[::1]:8080") == "did you mean 'udp-listen:8080,bind=[::1]'?");
  CHECK(hint("tcp-l:::1:8080") == "did you mean 'tcp-listen:8080,bind=[::1]'?");
  CHECK(hint("tcp:a:b:c") == "a ':' that belongs to a name or command is written '\\:'");
}

TEST_CASE("sockcat grammar: words of socat that there are not are told from misspelt ones") {
  for (const char* text :
       {"openssl:a:1", "SSL:a:1", "socks4a:a:b:1", "socks5:x", "proxy:a:b:1", "pty", "vsock:1:2", "sctp:a:1",
        "udplite:a:1", "ip-sendto:a:1", "interface:lo", "tun:10.0.0.1/8", "posixmq-send:/q", "accept-fd:3"}) {
    CAPTURE(text);
    CHECK(refusal(text).ends_with(": it is an address of socat that sockcat does not have"));
  }
  for (const char* option : {"verify=0", "cafile=x", "CERT=x", "link=/x", "raw", "echo=0", "b9600", "netns=x",
                             "su=x", "lockfile=x", "cool-write"}) {
    CAPTURE(option);
    CHECK(refusal(std::string{"tcp:a:1,"} + option)
              .ends_with(": it is an option of socat that sockcat does not have"));
  }
  for (const auto spelling : sockcat::keyword_spellings()) CHECK_FALSE(sockcat::is_foreign_keyword(spelling));
  for (const auto spelling : sockcat::spellings_of(sockcat::options()))
    CHECK_FALSE(sockcat::is_foreign_option(spelling));
}

TEST_CASE("sockcat grammar: options that count for nothing are refused") {
  const auto refuses = [](std::string_view text, std::string_view reason) {
    CAPTURE(text);
    CHECK(refusal(text).ends_with(reason));
  };
  for (const char* text : {"tcp:a:1,mode=600",
                           "tcp:a:1,user=0",
                           "tcp-l:1,group=0",
                           "text:x,mode=600",
                           "stall,user=0",
                           "exec:cat,mode=600",
                           "abstract-listen:x,mode=600",
                           "tcp:a:1,chdir=/",
                           "stdin,chdir=/",
                           "abstract-connect:x,umask=077",
                           "tcp-l:1,umask=077",
                           "text:x,umask=077",
                           "tcp:a:1,append",
                           "stdout,append",
                           "pipe:/x,append",
                           "unix:/x,append",
                           "tcp:a:1,nonblock",
                           "pipe:/x,rdonly",
                           "create:/x,excl",
                           "tcp:a:1,setsid",
                           "stdin,setsid",
                           "unix-listen:/x,bind=/y",
                           "socketpair,bind=x",
                           "exec:cat,bind=x",
                           "stdin,bind=x",
                           "udp-multicast:239.1.1.1:1,bind=x",
                           "udp-multicast:239.1.1.1:1,sp=1",
                           "udp-sendto:a:1,lowport",
                           "unix-listen:/x,bind-tempname",
                           "exec:cat,bind-tempname",
                           "unix:/x,unlink",
                           "unix-sendto:/x,unlink-early",
                           "tcp:a:1,broadcast",
                           "unix:/x,broadcast",
                           "tcp:a:1,ip-multicast-ttl=1",
                           "unix:/x,pf=ip4",
                           "stdin,socktype=1",
                           "udp-l:1,backlog=1",
                           "unix-recv:/x,retry=1",
                           "abstract-recvfrom:x,forever"})
    refuses(text, " does not take it");
  for (const char* text :
       {"unix:/x,mode=600", "unix-sendto:/x,umask=077", "unix:/x,unlink-close", "unix:/x,user=0"})
    refuses(text, "it counts for nothing without bind or bind-tempname");
  CHECK_NOTHROW(parse("unix:/x,mode=600,umask=077,unlink-close=0,bind=/y"));
  CHECK_NOTHROW(parse("gopen:/x,mode=600,umask=077"));
  refuses("exec:cat,ctty", "it counts for nothing without pty");
  refuses("tcp:a:1,interval=1", "it counts for nothing without retry or forever or fork");
  refuses("exec:cat,nofork,pipes", "it counts for nothing with nofork");
  refuses("exec:cat,pty,nofork", "it counts for nothing with nofork");
  refuses("exec:cat,pty,pipes", "it counts for nothing with pty");
  refuses("pipe,unlink-close", "it counts for nothing without PATH");
  refuses("pipe,mode=600", "it counts for nothing without PATH");
  CHECK_NOTHROW(parse("pipe,f-setpipe-sz=4096"));
}

TEST_CASE("sockcat grammar: bad values are named with their option") {
  CHECK(refusal("tcp-l:1,backlog=1x") == "invalid backlog '1x': 'x' is no digit");
  CHECK(refusal("tcp-l:1,backlog=-1") == "invalid backlog '-1': it does not begin with a digit");
  CHECK(refusal("tcp-l:1,backlog=") == "invalid backlog '': it is empty");
  CHECK(refusal("tcp-l:1,backlog") ==
        "invalid option 'backlog': its value is missing (it is written backlog=N)");
  CHECK(refusal("tcp-l:1,backlog=0x") == "invalid backlog '0x': it is not hexadecimal");
  CHECK(refusal("tcp-l:1,backlog=08") == "invalid backlog '08': it is not octal");
  CHECK(refusal("tcp-l:1,backlog=0xffffffffffffffffff") ==
        "invalid backlog '0xffffffffffffffffff': the number is too large");
  CHECK(refusal("tcp-l:1,sp=70000") == "invalid sourceport '70000': it must be at most 65535");
  CHECK(refusal("tcp-l:1,fork=no") == "invalid fork 'no': it does not begin with a digit");
  CHECK(refusal("tcp-l:1,accept-timeout=1x") == "invalid accept-timeout '1x': unknown unit 'x'");
  CHECK(refusal("tcp-l:1,crnl=1") == "invalid crnl '1': the option takes none");
  CHECK(refusal("tcp-l:1,bind=") == "invalid bind '': it is empty");
  CHECK(refusal("tcp-l:1,range=10.0.0.0") == "invalid range '10.0.0.0': it is not HOST/BITS");
  CHECK(refusal("udp-recv:1,ip-add-membership=224.1.1.1") ==
        "invalid ip-add-membership '224.1.1.1': it is not GROUP:INTERFACE");
  CHECK(refusal("tcp-l:1,pf=ip5") == "invalid pf 'ip5': it is neither ip4 nor ip6");
  CHECK(refusal("open:/x,umask=888") == "invalid umask '888': they are up to four octal digits");
  CHECK(refusal("open:/x,user=no/body") == "invalid user 'no/body': there is none of that name");
  CHECK(refusal("tcp:a:1,setsockopt=6:1") == "invalid setsockopt '6:1': it is not LEVEL:NAME:VALUE");
  CHECK(refusal("tcp-l:1,readbytes=0") == "invalid readbytes '0': it must be at least 1");
}
