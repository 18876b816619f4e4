#include "launch.h"

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

int open_of_process(int64_t process, const char *name, int flags) {
    char path[64] = "/proc/";
    text_decimal(path + 6, (uint64_t)process);
    uint32_t n = text_length(path);
    text_copy(path + n, name, (uint32_t)sizeof path - n);
    return open(path, flags | O_CLOEXEC);
}

int fail(struct berth_failure *f, uint32_t code, const char *subject) {
    f->error = errno;
    f->code = code;
    text_copy(f->subject, subject, sizeof f->subject);
    return -1;
}

// With the text that tells an operation from its like in an error.
int fail_operation(struct berth_failure *f, const struct berth_operation *o) {
    const char *subject = "";
    switch (o->code) {
    case BERTH_CHILD_EXECUTE: subject = plan_list(o->list)[0]; break;
    case BERTH_CHILD_HOOK:
    case BERTH_CHILD_MOUNT:
    case BERTH_CHILD_BIND:
    case BERTH_CHILD_LINK: subject = plan_text(o->text[1]); break;
    case BERTH_CHILD_USER:
    case BERTH_CHILD_SECCOMP: break;
    default: subject = o->text[0] ? plan_text(o->text[0]) : "";
    }
    return fail(f, o->code, subject);
}
