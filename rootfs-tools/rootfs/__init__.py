"""Builds OCI images out of Debian packages and files, without root, without a container, the same bytes every time."""
