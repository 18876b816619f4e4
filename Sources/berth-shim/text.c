#include "shim.h"

#include <time.h>

uint32_t text_length(const char *s) {
    uint32_t n = 0;
    while (s[n]) n++;
    return n;
}

void text_copy(char *to, const char *from, uint32_t size) {
    uint32_t i = 0;
    for (; from[i] && i + 1 < size; i++) to[i] = from[i];
    to[i] = 0;
}

// `to` has room for 21 bytes.
void text_decimal(char *to, uint64_t number) {
    char digits[20];
    int n = 0;
    do digits[n++] = (char)('0' + number % 10);
    while (number /= 10);
    while (n) *to++ = digits[--n];
    *to = 0;
}

static uint64_t clock_nanoseconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

struct berth_moment moment_now(void) {
    return (struct berth_moment){clock_nanoseconds(CLOCK_REALTIME), clock_nanoseconds(CLOCK_BOOTTIME)};
}
