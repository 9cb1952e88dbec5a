"""A film: one slider and a frame for each of its stops, computed by xai_core and moved in the browser. docs/film.md."""
