// The little text that the kernel wants from us, the texts of a plan, and the words for what failed.
#ifndef BERTH_TEXT_H
#define BERTH_TEXT_H

#include "berth_launch.h"

static inline const char *plan_text(uint32_t offset) { return (const char *)current_plan + offset; }
static inline char *const *plan_list(uint32_t offset) { return (char *const *)(const void *)plan_text(offset); }

uint32_t text_length(const char *s);
void text_copy(char *to, const char *from, uint32_t size);
void text_decimal(char *to, uint64_t number);

// Opens /proc/PROCESS followed by `name`.
int open_of_process(int64_t process, const char *name, int flags);

// Notes errno and what it was about; -1.
int fail(struct berth_failure *f, uint32_t code, const char *subject);
int fail_operation(struct berth_failure *f, const struct berth_operation *o);

// host.c: detached mounts, made by host root for a container whose namespaces exist; `user_namespace` -1 for none.
// 0, or -1 with errno.
int host_operation(const struct berth_operation *o, int user_namespace, int mounts[BERTH_MOUNTS]);

#endif
