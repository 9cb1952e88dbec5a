"""What the server's processes cost: processor time, memory, threads."""

from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class Cost:
    """Of all processes of a server together."""

    seconds: float  # of processor time since they began
    rss: float  # MB
    threads: int


def cost(pid: int) -> Cost:
    """Of a process and of those that it started."""
    first = psutil.Process(pid)
    seconds, rss, threads = 0.0, 0.0, 0
    for process in [first, *first.children(recursive=True)]:
        try:
            times = process.cpu_times()
            seconds += times.user + times.system
            rss += process.memory_info().rss / 1e6
            threads += process.num_threads()
        except psutil.NoSuchProcess:
            continue
    return Cost(seconds, rss, threads)
