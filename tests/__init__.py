"""The tests mirror the project: a folder a room. `measure/` holds what is measured, not tested."""
