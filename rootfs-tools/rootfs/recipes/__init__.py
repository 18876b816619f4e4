"""One module an image. `build(out, cache)` brings the layout at `out` up to date; false: there was nothing to do."""
