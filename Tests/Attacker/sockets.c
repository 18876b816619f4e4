// Sockets that would let a task speak for others, or change its network.
#include "attacker.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

// Asks for the firewall's tables; what the kernel answers, as a system call's result.
static long ask_netfilter(void) {
    struct {
        struct nlmsghdr header;
        struct nfgenmsg family;
    } request = {
        .header = {sizeof request, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, NLM_F_REQUEST | NLM_F_ACK, 1, 0}};
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char rest[512];
    } answer;
    int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    if (s < 0 || send(s, &request, sizeof request, 0) < 0 || recv(s, &answer, sizeof answer, 0) < 0) return -1;
    close(s);
    if (answer.header.nlmsg_type != NLMSG_ERROR || answer.error.error == 0) return 0;
    errno = -answer.error.error;
    return -1;
}

int attack_sockets(char **arguments) {
    (void)arguments;
    report("raw IPv4", socket(AF_INET, SOCK_RAW, IPPROTO_RAW));
    report("raw IPv6", socket(AF_INET6, SOCK_RAW, IPPROTO_RAW));
    report("packet", socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
    report("netfilter", ask_netfilter());
    return 0;
}
