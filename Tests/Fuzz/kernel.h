// Included before each source under test: its system calls become calls of `kernel.c`, which answers as the input says and
// reads all the memory that the kernel would read. Everything else of the sources is what is shipped.
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// By kind of answer: nothing but success, a descriptor, or more.
int kernel_plain(void);
int kernel_descriptor(void);
int kernel_path(const char *path);
int kernel_two_paths(const char *path, const char *other);
int kernel_open(const char *path);
int kernel_option(unsigned int command, const char *key, const char *value);
int kernel_mount(const char *source, const char *target, const char *type, const char *data);
int kernel_bytes(const void *bytes, size_t size);
ssize_t kernel_read(void *bytes, size_t size);
ssize_t kernel_receive(int flags, void *bytes, size_t size);
ssize_t kernel_write(const void *bytes, size_t size);
ssize_t kernel_write_parts(const struct iovec *parts, int count);
ssize_t kernel_send_message(const struct msghdr *message);
ssize_t kernel_receive_message(struct msghdr *message);
int kernel_two_descriptors(int descriptors[2]);
int kernel_accept(void);
int kernel_peer(void *bytes, socklen_t *size);
int kernel_status(int descriptor, struct stat *status);
int kernel_control(unsigned long request);
int kernel_flags(int descriptor, int command);
int kernel_copy(int descriptor, int number);
int kernel_limit(struct rlimit *now);
int kernel_time(struct timespec *now);
int kernel_poll(struct pollfd *descriptors, nfds_t count);
int kernel_wait(siginfo_t *info);
int kernel_signal(siginfo_t *info);
int kernel_execute(const char *path, char *const *arguments, char *const *environment);
long kernel_call(long number, ...);
void *kernel_map(void);
void kernel_exit(void) __attribute__((noreturn));

#define _exit(code) kernel_exit()
#define accept4(socket, address, size, flags) kernel_accept()
#define chdir(path) kernel_path(path)
#define chroot(path) kernel_path(path)
#define clock_gettime(clock, now) kernel_time(now)
#define close(descriptor) kernel_plain()
#define dup2(from, to) kernel_copy(from, to)
#define dup3(from, to, flags) kernel_copy(from, to)
#define execve(path, arguments, environment) kernel_execute(path, arguments, environment)
#define fallocate(file, mode, offset, size) kernel_plain()
#define fchdir(directory) kernel_plain()
#define fchmodat(directory, path, mode, flags) kernel_path(path)
#define fchown(file, user, group) kernel_plain()
#define fchownat(directory, path, user, group, flags) kernel_path(path)
#define fcntl(descriptor, command, ...) kernel_flags(descriptor, command)
#define fsconfig(fs, command, key, value, number) kernel_option(command, key, value)
#define fsmount(fs, flags, attributes) kernel_descriptor()
#define fsopen(name, flags) kernel_open(name)
#define fstat(file, status) kernel_status(file, status)
#define fsync(file) kernel_plain()
#define ftruncate(file, size) kernel_plain()
#define geteuid() 0
#define getpid() 7
#define getrlimit(resource, limit) kernel_limit(limit)
#define getsockopt(socket, level, name, value, size) kernel_peer(value, size)
#define ioctl(file, request, ...) kernel_control(request)
#define isatty(file) (kernel_plain() == 0)
#define kill(process, number) kernel_plain()
#define lseek(file, offset, whence) kernel_plain()
#define mkdirat(directory, path, mode) kernel_path(path)
#define mknodat(directory, path, mode, device) kernel_path(path)
#define mmap(address, size, protection, flags, file, offset) kernel_map()
#define mount(source, target, type, flags, data) kernel_mount(source, target, type, data)
#define mount_setattr(directory, path, flags, attributes, size) (kernel_path(path) ? -1 : kernel_bytes(attributes, size))
#define move_mount(from, path, to, target, flags) kernel_two_paths(path, target)
#define mprotect(address, size, protection) kernel_plain()
#define open(path, ...) kernel_open(path)
#define open_tree(directory, path, flags) kernel_open(path)
#define openat(directory, path, ...) kernel_open(path)
#define pipe2(ends, flags) kernel_two_descriptors(ends)
#define poll(descriptors, count, milliseconds) kernel_poll(descriptors, count)
#define prctl(...) kernel_plain()
#define pread(file, bytes, size, offset) kernel_read(bytes, size)
#define prlimit(process, resource, limit, old) kernel_limit(old)
#define pwrite(file, bytes, size, offset) kernel_write(bytes, size)
#define read(file, bytes, size) kernel_read(bytes, size)
#define recv(socket, bytes, size, flags) kernel_receive(flags, bytes, size)
#define recvmsg(socket, message, flags) kernel_receive_message(message)
#define rmdir(path) kernel_path(path)
#define sendmsg(socket, message, flags) kernel_send_message(message)
#define setdomainname(name, size) kernel_bytes(name, size)
#define sethostname(name, size) kernel_bytes(name, size)
#define setns(descriptor, type) kernel_plain()
#define setpgid(process, group) kernel_plain()
#define setrlimit(resource, limit) kernel_bytes(limit, sizeof *(limit))
#define setsid() kernel_plain()
#define sigprocmask(how, set, old) (void)0
#define sigwaitinfo(set, info) kernel_signal(info)
#define socket(family, type, protocol) kernel_descriptor()
#define socketpair(family, type, protocol, sockets) kernel_two_descriptors(sockets)
#define symlinkat(content, directory, path) kernel_two_paths(content, path)
#define syscall(...) kernel_call(__VA_ARGS__)
#define umask(mask) ((mode_t)(mask))
#define umount2(path, flags) kernel_path(path)
#define unshare(flags) kernel_plain()
#define waitid(type, process, info, flags) kernel_wait(info)
#define write(file, bytes, size) kernel_write(bytes, size)
#define writev(file, parts, count) kernel_write_parts(parts, count)

// What the shim keeps between calls lies in one section, so that each input finds it as a new process would.
#pragma clang section bss = ".shim.bss" data = ".shim.data"

#endif
