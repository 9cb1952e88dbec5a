"""`python -m xai_core.evaluate` is the benchmark's command, as it always was; `xai_core.benchmark` is its room."""

import runpy

runpy.run_module("xai_core.benchmark", run_name="__main__", alter_sys=True)
