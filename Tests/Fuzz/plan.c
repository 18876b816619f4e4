// libFuzzer's target: a launch plan of any bytes, then what the kernel answers to those who carry it out.
//
// What berth_plan_check lets pass must be safe to carry out, whatever the kernel answers. Every operation of every container
// is carried out once, then the shim's whole life, from main() to the record.
#include <stdlib.h>
#include <string.h>

#include "../../Sources/CBerthLaunch/launch.h"
#include "world.h"

int shim_main(int count, char **arguments);

// Around the shim's variables (state.ld).
extern uint64_t shim_state_begin[], shim_state_end[];
static uint64_t *first_state;

// Word by word: a memcpy(3) would be checked, and the section holds red zones too.
__attribute__((no_sanitize("address", "undefined"), no_builtin)) static void copy_state(uint64_t *to, const uint64_t *from, size_t count) {
    for (size_t i = 0; i < count; i++) to[i] = from[i];
}

static void begin(const uint8_t *data, size_t size, size_t plan_size) {
    size_t state_size = (size_t)(shim_state_end - shim_state_begin);
    if (first_state == NULL) {
        first_state = malloc(state_size * sizeof *first_state);
        copy_state(first_state, shim_state_begin, state_size);
    }
    copy_state(shim_state_begin, first_state, state_size);
    free(world.plan);
    // A block of just this size: one byte past its end is a finding.
    world.plan = malloc(plan_size ? plan_size : 1);
    memcpy(world.plan, data, plan_size);
    world.plan_size = plan_size;
    world.script = data + plan_size;
    world.script_size = size - plan_size;
    world.fuel = 4096;
    world.next_descriptor = 100;
    world.nanoseconds = 0;
    world.messages = 0;
}

static void carry_out_each(void) {
    if (berth_plan_load(world.plan, world.plan_size)) return;
    const struct berth_container *containers = (const void *)plan_text(current_plan->containers);
    for (uint32_t i = 0; i < current_plan->container_count; i++) {
        struct berth_launch launch = {.container = &containers[i], .mounts = -1, .stdio = {-1, -1, -1}, .gate = 50, .state = 51};
        struct child child = {.launch = &launch, .socket = 52, .root = 53, .mounts = {53, 54, 56, 57}, .terminal = -1};
        struct berth_failure failure;
        int mounts[BERTH_MOUNTS] = {-1, -1, -1, -1};
        const struct berth_operation *host = (const void *)plan_text(containers[i].host_operations);
        for (uint32_t k = 0; k < containers[i].host_operation_count; k++)
            if (host_operation(&host[k], 55, mounts)) fail_operation(&failure, &host[k]);
        const struct berth_operation *operations = (const void *)plan_text(containers[i].operations);
        for (uint32_t k = 0; k < containers[i].operation_count; k++)
            // An init has a life of its own: the shim's run comes to it.
            if (operations[k].code != BERTH_CHILD_INIT && child_operation(&operations[k], &child))
                fail_operation(&failure, &operations[k]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct berth_plan header;
    size_t plan_size = size;
    if (size >= sizeof header) {
        memcpy(&header, data, sizeof header);
        if (header.size < size) plan_size = header.size;
    }
    begin(data, size, plan_size);
    world.executes = 0;
    if (setjmp(world.end) == 0) carry_out_each();
    begin(data, size, plan_size);
    world.executes = 1;
    world.next_descriptor = BERTH_FD_PLAN;
    char title[BERTH_TITLE + 1] = {0};
    memset(title, '-', BERTH_TITLE);
    if (setjmp(world.end) == 0) shim_main(2, (char *[]){"berth-shim", title, NULL});
    return 0;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

static size_t below(size_t limit) { return limit ? (size_t)rand() % limit : 0; }

// One of the plan's numbers: near where it was, an offset of the plan, of its end, or small.
static void change_number(uint8_t *plan, size_t size) {
    size_t at = below(size / 4) * 4;
    uint32_t value;
    memcpy(&value, plan + at, 4);
    switch (below(5)) {
    case 0: value += (uint32_t)below(33) - 16; break;
    case 1: value = (uint32_t)below(size); break;
    case 2: value = (uint32_t)below(size) & ~7u; break;
    case 3: value = (uint32_t)(size - 1 - below(16)); break;
    default: value = (uint32_t)below(64); break;
    }
    memcpy(plan + at, &value, 4);
}

// Texts without an end: they run into the next, or out of the plan.
static void join_texts(uint8_t *plan, size_t size) {
    size_t at = below(4) ? below(size) : size - 1 - below(16), end = at + 1 + below(64);
    for (; at < size && at < end; at++)
        if (plan[at] == 0) plan[at] = below(2) ? 'x' : '/';
}

// What the kernel answers to one call; all before it, that have no answer yet, go as usual.
static size_t change_answer(uint8_t *script, size_t size, size_t max) {
    size_t at = below(size + 64);
    if (at >= max) return size;
    if (at >= size) memset(script + size, 0, at + 1 - size);
    script[at] = below(2) ? 1 : (uint8_t)rand();
    return at >= size ? at + 1 : size;
}

// A plan keeps its size, so that the script behind it stays one, and its first words, or nothing behind the first check would
// ever be tried; those are for libFuzzer's own changes, now and then.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed) {
    struct berth_plan header;
    srand(seed);
    if (size >= sizeof header) memcpy(&header, data, sizeof header);
    if (size < sizeof header || header.size < sizeof header || header.size > size || below(32) == 0)
        return LLVMFuzzerMutate(data, size, max);
    size_t plan = header.size, script = size - plan;
    switch (below(5)) {
    case 0: return plan + change_answer(data + plan, script, max - plan);
    case 1:
        if (script) return plan + LLVMFuzzerMutate(data + plan, script, max - plan);
        // fall through
    case 2: change_number(data, plan); break;
    case 3: join_texts(data, plan); break;
    default: {
        size_t at = below(plan), count = 1 + below(plan - at);
        LLVMFuzzerMutate(data + at, count, count);
    }
    }
    memcpy(data, &header, offsetof(struct berth_plan, directory));
    return size;
}
