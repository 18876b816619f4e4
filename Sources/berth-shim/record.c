// The record exists from the shim's first step, so that a daemon can tell a task that never began from one that was lost;
// it is written once more, whole, when the task is over and before its cgroup is removed. Against a killed daemon that is
// enough; against a power failure it is synced, unless a daemon commits the end to its own store first.
#include "shim.h"

static char buffer[BERTH_RECORD_LIMIT];

static uint64_t fnv1a(const char *bytes, uint64_t count) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (uint64_t i = 0; i < count; i++) hash = (hash ^ (uint8_t)bytes[i]) * 0x100000001b3u;
    return hash;
}

static int store(int file, struct berth_record *r) {
    const uint32_t head = offsetof(struct berth_record, size);
    r->checksum = fnv1a(buffer + head, r->size - head);
    for (uint32_t done = 0; done < r->size;) {
        ssize_t n = pwrite(file, buffer + done, r->size - done, done);
        if (n < 0 && errno != EINTR) return -1;
        if (n > 0) done += (uint32_t)n;
    }
    return 0;
}

int record_create(int directory) {
    struct berth_record *r = (void *)buffer;
    *r = (struct berth_record){.magic = BERTH_RECORD_MAGIC, .version = BERTH_RECORD_VERSION, .size = sizeof *r};
    int file = openat(directory, "record", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    // Room for the end is taken now, so that a disk that fills up later cannot lose the exit code.
    if (file < 0 || (fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 32768) && errno == ENOSPC)) return -1;
    return store(file, r) ? -1 : file;
}

// The counter's content exactly as the kernel shows it; the daemon knows what it means.
static uint32_t add_counter(uint32_t at, const struct berth_counter *counter) {
    struct berth_record_counter *entry = (void *)(buffer + at);
    char *content = buffer + at + sizeof *entry;
    if (at + sizeof *entry + BERTH_COUNTER_LIMIT > sizeof buffer) return at;
    int file = open(plan_text(counter->path), O_RDONLY | O_CLOEXEC);
    if (file < 0) return at;
    uint32_t n = 0;
    for (ssize_t got; n < BERTH_COUNTER_LIMIT && (got = read(file, content + n, BERTH_COUNTER_LIMIT - n)) > 0;) n += (uint32_t)got;
    close(file);
    // Cut, if at all, between lines: half a number would be a wrong one.
    if (n == BERTH_COUNTER_LIMIT)
        while (n > 0 && content[n - 1] != '\n') n--;
    text_copy(entry->name, plan_text(counter->name), sizeof entry->name);
    entry->container = counter->container;
    entry->length = n;
    return at + (uint32_t)sizeof *entry + ((n + 7) & ~7u);
}

int record_finish(int file, struct berth_moment end) {
    struct berth_record *r = (void *)buffer;
    r->finished = 1;
    r->end = end;
    r->container_count = current_plan->container_count;
    r->counter_count = 0;
    uint32_t at = sizeof *r;
    for (uint32_t i = 0; i < current_plan->container_count; i++, at += (uint32_t)sizeof(struct berth_container_record))
        *(struct berth_container_record *)(void *)(buffer + at) = containers[i].record;
    const struct berth_counter *counters = (const void *)plan_text(current_plan->counters);
    for (uint32_t i = 0, next; i < current_plan->counter_count; i++, at = next) {
        next = add_counter(at, &counters[i]);
        r->counter_count += next > at;
    }
    r->size = at;
    return store(file, r);
}

// Written again first: what a sync could not write the kernel may have taken for clean.
int record_sync(int file) { return store(file, (void *)buffer) || fsync(file) ? -1 : 0; }
