// All that a process can see of others: sockets, keyrings, processes, the kernel's log.
#include "attacker.h"

#include <dirent.h>
#include <net/if.h>
#include <sys/ipc.h>
#include <sys/klog.h>
#include <sys/socket.h>
#include <sys/syscall.h>

void view_sockets(void) {
    static const struct {
        int type;
        const char *name;
    } types[] = {{SOCK_STREAM, "stream"}, {SOCK_DGRAM, "datagram"}, {SOCK_RAW, "raw"}, {SOCK_SEQPACKET, "packets"}};
    for (int family = 0; family < 64; family++)
        for (size_t t = 0; t < sizeof types / sizeof *types; t++)
            // A protocol of netlink is a door of its own; of another family the first that opens is enough. More tries
            // than these would only make the kernel look for modules.
            for (int protocol = 0; protocol < (family == AF_NETLINK ? 32 : 2); protocol++) {
                int s = socket(family, types[t].type | SOCK_CLOEXEC, protocol);
                if (s < 0) continue;
                close(s);
                if (family == AF_NETLINK) printf("socket netlink %s %d\n", types[t].name, protocol);
                else printf("socket %d %s\n", family, types[t].name), protocol = 2;
            }
}

static void view_names(const char *path, const char *name) {
    char line[1024];
    FILE *file = fopen(path, "re");
    for (int n = 0; file && fgets(line, sizeof line, file); n++) {
        char *word = strtok(line, " \t\n:");
        if (n >= 1 && word) printf("%s %s\n", name, word);
    }
    if (file) fclose(file);
}

void view_neighbours(void) {
    struct if_nameindex *interfaces = if_nameindex();
    for (struct if_nameindex *i = interfaces; i && i->if_index; i++) printf("interface %s\n", i->if_name);
    DIR *entries = opendir("/proc");
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9') printf("process %s\n", entry->d_name);
    if (entries) closedir(entries);
    view_names("/proc/net/unix", "unix socket");
    view_names("/proc/net/tcp", "tcp socket");
    view_names("/proc/net/udp", "udp socket");
    view_names("/proc/net/route", "route");
    view_names("/proc/sysvipc/shm", "shared memory");
    view_names("/proc/keys", "key");
    report("keyctl get session keyring", syscall(SYS_keyctl, 0, -3, 0));
    report("add_key", syscall(SYS_add_key, "user", "name", "content", 7, -3));
    report("kernel log", klogctl(3, (char[64]){0}, 64));
}
