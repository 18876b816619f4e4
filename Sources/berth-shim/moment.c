#include "shim.h"

#include <time.h>

static uint64_t clock_nanoseconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct berth_moment moment_now(void) {
    return (struct berth_moment){clock_nanoseconds(CLOCK_REALTIME), clock_nanoseconds(CLOCK_BOOTTIME)};
}
