#include "attacker.h"

#include <dirent.h>

void report(const char *name, long result) {
    printf("%s: %s\n", name, result >= 0 ? "ok" : strerrorname_np(errno));
}

int can_open(const char *path, int flags) {
    int file = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) return -1;
    close(file);
    return 0;
}

void walk(const char *directory, void (*visit)(const char *, unsigned char)) {
    DIR *entries = opendir(directory);
    if (!entries) return;
    for (struct dirent *entry; (entry = readdir(entries));) {
        char path[4096];
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
        int length = snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        if (length < 0 || (size_t)length >= sizeof path || entry->d_type == DT_LNK) continue;
        visit(path, entry->d_type);
        if (entry->d_type == DT_DIR) walk(path, visit);
    }
    closedir(entries);
}

static const struct {
    const char *name;
    int (*run)(char **arguments);
} attacks[] = {
    {"view", attack_view},       {"calls", attack_calls},           {"foreign-calls", attack_foreign_calls},
    {"cgroups", attack_cgroups}, {"executables", attack_executables}, {"trace", attack_trace},
    {"sockets", attack_sockets}, {"roots", attack_roots},           {"beneath", attack_beneath},
};

// On the host some of these would succeed, and do what they say.
static int is_contained(void) {
    unsigned int inside, outside = 0;
    FILE *map = fopen("/proc/self/uid_map", "re");
    if (map && fscanf(map, "%u %u", &inside, &outside) != 2) outside = 0;
    if (map) fclose(map);
    return outside != 0;
}

int main(int count, char **arguments) {
    if (!is_contained()) {
        fprintf(stderr, "attacker: runs only in a user namespace with ids of its own\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; count > 1 && i < sizeof attacks / sizeof *attacks; i++)
        if (!strcmp(arguments[1], attacks[i].name)) return attacks[i].run(arguments + 2);
    fprintf(stderr, "attacker: no such attack\n");
    return 2;
}
