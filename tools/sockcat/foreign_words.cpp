#include "foreign_words.hpp"

#include <algorithm>

#include "spelling.hpp"

namespace ipcutils::sockcat {

namespace {

// All of socat 1.7.4 that sockcat does not have, and what socat 1.8 added.
constexpr std::string_view keywords_of_socat =
    "accept accept-fd datagram dccp dccp-connect dccp-l dccp-listen dccp4 dccp4-connect dccp4-l "
    "dccp4-listen dccp6 dccp6-connect dccp6-l dccp6-listen dgram dtls dtls-c dtls-client dtls-connect "
    "dtls-l dtls-listen dtls-server if interface ip ip-datagram ip-dgram ip-recv ip-recvfrom ip-send "
    "ip-sendto ip4 ip4-datagram ip4-dgram ip4-recv ip4-recvfrom ip4-send ip4-sendto ip6 ip6-datagram "
    "ip6-dgram ip6-recv ip6-recvfrom ip6-send ip6-sendto openssl openssl-connect openssl-dtls-client "
    "openssl-dtls-connect openssl-dtls-listen openssl-dtls-server openssl-listen posixmq posixmq-bidir "
    "posixmq-bidirectional posixmq-read posixmq-receive posixmq-recv posixmq-send posixmq-write proxy "
    "proxy-connect pty readline sctp sctp-connect sctp-l sctp-listen sctp4 sctp4-connect sctp4-l "
    "sctp4-listen sctp6 sctp6-connect sctp6-l sctp6-listen sendto socket-connect socket-datagram "
    "socket-listen socket-recv socket-recvfrom socket-sendto socks socks4 socks4a socks5 socks5-connect "
    "socks5-listen ssl ssl-l tun udplite udplite-connect udplite-datagram udplite-dgram udplite-l "
    "udplite-listen udplite-recv udplite-recvfrom udplite-send udplite-sendto udplite4 udplite4-connect "
    "udplite4-listen udplite4-recv udplite4-recvfrom udplite4-sendto udplite6 udplite6-connect "
    "udplite6-listen udplite6-recv udplite6-recvfrom udplite6-sendto vsock vsock-connect vsock-l "
    "vsock-listen";

constexpr std::string_view options_of_socat =
    "acceptconn ai-addrconfig ai-all ai-passive ai-v4mapped allmulti allow-table async attach-filter "
    "attachfilter authhdr automedia b0 b1000000 b110 b115200 b1152000 b1200 b134 b150 b1500000 b1800 "
    "b19200 b200 b2000000 b230400 b2400 b2500000 b300 b3000000 b3500000 b38400 b4000000 b460800 b4800 b50 "
    "b500000 b57600 b576000 b600 b75 b921600 b9600 brkint bs0 bs1 bsdcompat bsdly cafile capath cert "
    "certificate cfmakeraw children-shutdown chroot chroot-early cipher cipherlist ciphers clocal cloexec "
    "cn commonname compr compress cool-write coolwrite cork cr0 cr1 cr2 cr3 crdly cread crterase crtkill "
    "crtscts cs5 cs6 cs7 cs8 csize cstopb ctlecho debug defer-accept defnames deny-table detach-filter "
    "detachfilter dh dhparam dhparams direct directory dirsync discard dnsrch dontroute dstopts dsync "
    "echo echoctl echoe echok echoke echonl echoprt egd eof eol eol2 erase error ext2-append ext2-compr "
    "ext2-dirsync ext2-immutable ext2-journal-data ext2-noatime ext2-nodump ext2-notail ext2-secrm "
    "ext2-sync ext2-topdir ext2-unrm ext3-append ext3-compr ext3-dirsync ext3-immutable ext3-journal-data "
    "ext3-noatime ext3-nodump ext3-notail ext3-secrm ext3-sync ext3-topdir ext3-unrm f-setlk f-setlk-rd "
    "f-setlk-wr f-setlkw f-setlkw-rd f-setlkw-wr ff0 ff1 ffdly fiosetown flock flock-ex flock-ex-nb "
    "flock-nb flock-sh flock-sh-nb flusho freebind fs-append fs-compr fs-dirsync fs-immutable "
    "fs-journal-data fs-noatime fs-nodump fs-notail fs-secrm fs-sync fs-topdir fs-unrm ftruncate "
    "ftruncate32 ftruncate64 gid-e gid-l group-early group-late hdrincl history history-file hoplimit "
    "hopopts hosts-allow hosts-deny hup hupcl icanon icrnl iexten iff-allmulti iff-automedia "
    "iff-broadcast iff-debug iff-loopback iff-master iff-multicast iff-no-pi iff-noarp iff-notrailers "
    "iff-pointopoint iff-portsel iff-promisc iff-running iff-slave iff-up ignbrk igncr ignorecr ignpar "
    "igntc imaxbel immutable info inlcr inpck intr ioctl ioctl-bin ioctl-int ioctl-intp ioctl-string "
    "ioctl-void ip-freebind ip-hdrincl ip-mtu ip-mtu-discover ip-options ip-pktinfo ip-pktoptions "
    "ip-recverr ip-recvopts ip-recvtos ip-recvttl ip-retopts ip-router-alert ip-transparent ipfreebind "
    "iphdrincl ipmtu ipmtudiscover ipoptions ippktinfo ippktoptions iprecverr iprecvopts iprecvtos "
    "iprecvttl ipretopts iprouteralert ipv6-authhdr ipv6-dstopts ipv6-hoplimit ipv6-hopopts ipv6-pktinfo "
    "ipv6-recvdstopts ipv6-recverr ipv6-recvhoplimit ipv6-recvhopopts ipv6-recvpathmtu ipv6-recvpktinfo "
    "ipv6-recvrthdr ipv6-recvtclass ipv6-rthdr ipv6-tclass isig ispeed istrip iuclc ixany ixoff ixon "
    "journal journal-data key kill largefile libwrap linger2 link lnext lock lockfile lockw loopback "
    "lseek lseek32 lseek32-cur lseek32-end lseek32-set lseek64 lseek64-cur lseek64-end lseek64-set master "
    "max-version maxseg maxseg-late min min-version mss mss-late mtu mtudiscover multicast netns nl0 nl1 "
    "nldly no-check no-pi no-sni noarp noatime nocheck noctty nodump noecho noflsh noprompt nosni "
    "notrailers o-async o-direct o-directory o-dsync o-largefile o-noatime o-noctty o-rsync o-sync "
    "o_direct o_directory o_dsync o_largefile o_noctty o_rsync o_sync ocrnl ofdel ofill olcuc onlcr "
    "onlret onocr oobinline openpty openssl-cafile openssl-capath openssl-certificate openssl-cipherlist "
    "openssl-commonname openssl-compress openssl-dhparam openssl-dhparams openssl-egd openssl-key "
    "openssl-max-proto-version openssl-min-proto-version openssl-no-sni openssl-pseudo openssl-snihost "
    "openssl-verify opost ospeed parenb parmrk parodd passcred peercred pendin perm-early perm-late pgid "
    "pktinfo pktoptions pktopts pointopoint portsel posixmq-flush posixmq-maxmsg posixmq-msgsize "
    "posixmq-priority priority promisc prompt proxy-auth proxy-authorization proxy-authorization-file "
    "proxy-resolve proxyauth proxyauthfile proxyport prterase pseudo ptmx pty-interval pty-intervall "
    "pty-wait-slave quickack quit raw rawer rcvbuf-late rcvlowat recurse recvdstopts recverr recvhoplimit "
    "recvhopopts recvopts recvpktinfo recvrthdr recvtos recvttl reprint res-debug res-defnames res-dnsrch "
    "res-igntc res-maxdname res-nsaddr res-recurse res-retrans res-retry res-stayopen res-usevc resolv "
    "resolve retopts routeralert rprnt rsync rthdr running sane secrm security-authentication "
    "security-encryption-network security-encryption-transport securityauthentication "
    "securityencryptionnetwork securityencryptiontransport seek seek-cur seek-end seek-set setgid "
    "setgid-early setlk setlk-rd setlk-wr setlkw setlkw-rd setlkw-wr setpgid setsockopt-bin setuid "
    "setuid-early sighup sigint sigquit siocspgrp slave sndbuf-late sndlowat snihost so-acceptconn "
    "so-attach-filter so-bsdcompat so-debug so-detach-filter so-dontroute so-error so-no-check "
    "so-oobinline so-passcred so-peercred so-priority so-rcvbuf-late so-rcvlowat "
    "so-security-authentication so-security-encryption-network so-security-encryption-transport "
    "so-sndbuf-late so-sndlowat so-timestamp sockopt-bin socksport socksuser socksver start stayopen stop "
    "su su-d su-e substuser substuser-delayed substuser-early susp swtc swtch symbolic-link sync syncnt "
    "tab0 tab1 tab2 tab3 tabdly tandem tcp-cork tcp-defer-accept tcp-info tcp-linger2 tcp-maxseg "
    "tcp-maxseg-late tcp-md5sig tcp-quickack tcp-syncnt tcp-window-clamp tcpwrap tcpwrap-dir tcpwrap-etc "
    "tcpwrap-hosts-allow-table tcpwrap-hosts-deny-table tcpwrapper tcpwrappers termios-cfmakeraw "
    "termios-rawer tightsocklen time timestamp topdir tostop transparent truncate tun-device tun-name "
    "tun-no-pi tun-type uid-e uid-l unix-tightsocklen unlink-late unrm up user-early user-late usevc "
    "vdiscard veof veol veol2 verase verify vintr vkill vlnext vmin vquit vreprint vstart vstop vsusp "
    "vswtc vt0 vt1 vtdly vtime vwerase wait-slave waitlock waitslave werase window-clamp wrap xcase xtabs";

bool has_word(std::string_view text, std::string_view name) {
  const auto words = words_of(text);
  return std::ranges::find(words, folded(name)) != words.end();
}

}  // namespace

bool is_foreign_keyword(std::string_view name) { return has_word(keywords_of_socat, name); }

bool is_foreign_option(std::string_view name) { return has_word(options_of_socat, name); }

}  // namespace ipcutils::sockcat
