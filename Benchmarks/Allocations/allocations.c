// The C library's allocator with a count before it. What a program defines itself stands before what its libraries define, so
// Swift's runtime, SQLite and all others come through here.
#include "allocations.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>

// The C library's own names for them (glibc, malloc/malloc.c).
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_ulong taken;

static void count_one(void) { atomic_fetch_add_explicit(&taken, 1, memory_order_relaxed); }

unsigned long allocations_count(void) { return atomic_load_explicit(&taken, memory_order_relaxed); }

void *malloc(size_t size)
{
    count_one();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    count_one();
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    count_one();
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
    count_one();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **place, size_t alignment, size_t size)
{
    if (alignment % sizeof(void *) != 0 || (alignment & (alignment - 1)) != 0) {
        return EINVAL;
    }
    void *block = memalign(alignment, size);
    if (block == NULL) {
        return ENOMEM;
    }
    *place = block;
    return 0;
}
