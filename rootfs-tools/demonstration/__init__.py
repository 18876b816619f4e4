"""The demonstration that `rootfs-tools/demo` runs."""
