#include "berth_plan.h"
#include "berth_record.h"

// The buffer under check.
struct view {
    const char *bytes;
    uint64_t size;
    const struct berth_plan *plan;
};

// Everything but header and pointers lies behind the pointer area: the shim writes into that after this check.
static uint64_t begin(const struct view *v) { return sizeof *v->plan + (uint64_t)v->plan->pointer_count * 8; }

static int is_array(const struct view *v, uint64_t offset, uint64_t count, uint64_t element, uint64_t alignment) {
    return offset % alignment == 0 && offset >= begin(v) && offset <= v->size && count <= v->size
        && count * element <= v->size - offset;
}

static int is_text(const struct view *v, uint64_t offset) {
    return offset == 0 || (offset >= begin(v) && offset < v->size);
}

static int is_needed_text(const struct view *v, uint64_t offset) { return offset != 0 && is_text(v, offset); }

// A list begins in the pointer area, whose last entry is 0, and so ends in it.
static int is_list(const struct view *v, uint64_t offset) {
    if (offset == 0) return 1;
    return offset % 8 == 0 && offset >= sizeof *v->plan && offset < begin(v);
}

// The calls that need nothing but numbers and change nothing but the process itself.
static int is_plain_call(uint64_t number) {
    return number == SYS_umask || number == SYS_personality || number == SYS_ioprio_set;
}

static int is_groups(const struct view *v, uint32_t offset) {
    if (!is_array(v, offset, 1, 4, 4)) return 0;
    return is_array(v, offset, 1 + (uint64_t) * (const uint32_t *)(const void *)(v->bytes + offset), 4, 4);
}

// A list that is not empty: it names a program.
static int is_command(const struct view *v, uint32_t offset) {
    return offset != 0 && *(const uint64_t *)(const void *)(v->bytes + offset) != 0;
}

static int is_operation(const struct view *v, const struct berth_operation *o) {
    if (!is_list(v, o->list)) return 0;
    // Lists stand where others have a text: of the environment, of paths to try.
    int lists = o->code == BERTH_CHILD_EXECUTE ? 2 : o->code == BERTH_CHILD_HOOK;
    if (lists && !is_command(v, o->list)) return 0;
    for (int i = 0; i < 3; i++)
        if (i < lists ? !o->text[i] || !is_list(v, o->text[i]) : !is_text(v, o->text[i])) return 0;
    switch (o->code) {
    case BERTH_HOST_OVERLAY:
    case BERTH_CHILD_MOUNT: return o->list && o->text[0] && o->text[1];
    case BERTH_CHILD_MASK:
    case BERTH_CHILD_RESTRICT:
    case BERTH_CHILD_SYSCTL: return o->list != 0;
    case BERTH_CHILD_ROOT: return o->text[0] && (o->text[1] || !o->number[2]);
    case BERTH_HOST_SYSFS: return 1;
    case BERTH_HOST_DEVICES:
    case BERTH_CHILD_SOURCE:
    case BERTH_CHILD_DEVICE:
    case BERTH_CHILD_NAME:
    case BERTH_CHILD_DIRECTORY: return o->text[0] != 0;
    case BERTH_CHILD_ATTACH: return o->text[0] && o->number[0] - 1 < BERTH_MOUNTS - 1;
    case BERTH_CHILD_LINK: return o->text[0] && o->text[1];
    case BERTH_CHILD_HOOK: return o->text[1] && o->number[0] <= BERTH_HOOK_SECONDS;
    case BERTH_CHILD_BIND: return o->text[1] && (o->number[4] < BERTH_MAX_SOURCES || o->number[4] == BERTH_SOURCE_MOUNTED);
    case BERTH_CHILD_CALL: return o->text[0] && is_plain_call(o->number[0]);
    case BERTH_CHILD_USER: return is_groups(v, o->text[0]);
    case BERTH_CHILD_SECCOMP: return o->number[0] > 0 && o->number[0] <= 4096 && is_array(v, o->text[0], o->number[0], 8, 8);
    default: return o->code >= BERTH_CHILD_ROOT && o->code <= BERTH_CHILD_EXECUTE;
    }
}

static int are_operations(const struct view *v, uint32_t offset, uint32_t count, int host) {
    if (!is_array(v, offset, count, sizeof(struct berth_operation), 8)) return 0;
    const struct berth_operation *o = (const void *)(v->bytes + offset);
    unsigned char attached[BERTH_MAX_SOURCES + BERTH_MOUNTS] = {0};
    for (uint32_t i = 0; i < count; i++) {
        if (!is_operation(v, &o[i]) || (o[i].code < BERTH_CHILD_ROOT) != host) return 0;
        // A mount is closed when it is attached: a second time its number would be some other descriptor's.
        if (o[i].code == BERTH_CHILD_ATTACH && attached[BERTH_MAX_SOURCES + o[i].number[0]]++) return 0;
        if (o[i].code == BERTH_CHILD_BIND && o[i].number[4] != BERTH_SOURCE_MOUNTED && attached[o[i].number[4]]++) return 0;
    }
    return 1;
}

// `waits` becomes the set of containers that it depends on.
static int is_container(const struct view *v, const struct berth_container *c, uint32_t *waits) {
    if (!is_text(v, c->lifecycle) || !is_text(v, c->log) || !is_text(v, c->score) || !is_list(v, c->joins)) return 0;
    if (c->preserved > 65536 || (c->namespaces & ~BERTH_NAMESPACES)) return 0;
    if (c->stop_signal < 1 || c->stop_signal > 64) return 0;
    if (!are_operations(v, c->host_operations, c->host_operation_count, 1)) return 0;
    if (c->operation_count == 0 || !are_operations(v, c->operations, c->operation_count, 0)) return 0;
    if (!is_array(v, c->dependencies, c->dependency_count, sizeof(struct berth_dependency), 4)) return 0;
    const struct berth_dependency *d = (const void *)(v->bytes + c->dependencies);
    for (uint32_t i = 0; i < c->dependency_count; i++) {
        if (d[i].container >= v->plan->container_count || d[i].condition - 1 > 2) return 0;
        *waits |= 1u << d[i].container;
    }
    return 1;
}

int berth_plan_check(const void *buffer, size_t size) {
    const struct berth_plan *p = buffer;
    if (size < sizeof *p + 8 || size > UINT32_MAX || p->magic != BERTH_PLAN_MAGIC || p->version != BERTH_PLAN_VERSION) return 0;
    struct view v = {buffer, size, p};
    if (p->size != size || v.bytes[size - 1] != 0) return 0;
    if (p->pointers != sizeof *p || p->pointer_count == 0 || begin(&v) > size) return 0;
    const uint64_t *pointers = (const void *)(v.bytes + p->pointers);
    for (uint32_t i = 0; i < p->pointer_count; i++)
        if (!is_text(&v, pointers[i])) return 0;
    if (pointers[p->pointer_count - 1] != 0) return 0;
    if (!is_needed_text(&v, p->directory) || !p->removals || !is_list(&v, p->removals)) return 0;
    if (!is_text(&v, p->uid_map) || !is_text(&v, p->gid_map) || !p->uid_map != !p->gid_map) return 0;
    if (!is_array(&v, p->counters, p->counter_count, sizeof(struct berth_counter), 4)) return 0;
    const struct berth_counter *counters = (const void *)(v.bytes + p->counters);
    for (uint32_t i = 0; i < p->counter_count; i++)
        if (!is_needed_text(&v, counters[i].name) || !is_needed_text(&v, counters[i].path)) return 0;
    if (p->container_count == 0 || p->container_count > BERTH_MAX_CONTAINERS) return 0;
    if (!is_array(&v, p->containers, p->container_count, sizeof(struct berth_container), 8)) return 0;
    const struct berth_container *containers = (const void *)(v.bytes + p->containers);
    uint32_t waits[BERTH_MAX_CONTAINERS] = {0}, able = 0;
    for (uint32_t i = 0; i < p->container_count; i++)
        if (!is_container(&v, &containers[i], &waits[i])) return 0;
    // One that waits for itself, however far around, would wait for ever: each round finds a container that can start.
    for (uint32_t round = 0; round < p->container_count; round++)
        for (uint32_t i = 0; i < p->container_count; i++)
            if (!(waits[i] & ~able)) able |= 1u << i;
    return able == (1u << p->container_count) - 1;
}
