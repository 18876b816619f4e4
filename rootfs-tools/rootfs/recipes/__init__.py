"""One module an image. `build(out, cache)` brings the layout at `out` up to date and says whether there was work to do."""
