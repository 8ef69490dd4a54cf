"""Workers: this process, more processes of this machine, or a Dask cluster.

An engine applies a function to items, several at a time, and gives the results in the items'
order. It takes no more items than it needs to keep its workers busy, so that what is read
ahead stays small.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from enum import Enum
from functools import partial
from importlib.util import find_spec
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from claimclf.errors import EngineError, NotConfiguredError
from claimclf.logs import carried

if TYPE_CHECKING:
    from distributed import Client

Item = TypeVar("Item")
Result = TypeVar("Result")

#: Items under way for each worker: one at work, one that waits for it.
_AHEAD = 2
_CONNECT_SECONDS = 10
#: Dask samples its processes up to a hundred times a second for a dashboard, unused here.
_UNWATCHED = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.worker.memory.monitor-interval": "1s",
}
# Of malloc.h: blocks below the first size come from the heap, which keeps up to the second
# size of freed memory.
_M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -3, -1
_MMAP_BYTES, _KEPT_BYTES = 2**25, 2**26


class _Promise(Protocol):
    def result(self) -> Any: ...


class Distance(Enum):
    """Where workers are, which decides how content reaches them."""

    #: In this process: as it is in memory.
    IN_PROCESS = "in process"
    #: On this machine: with the item.
    SAME_HOST = "same host"
    #: Anywhere: by a file.
    REMOTE = "remote"


class Engine(ABC):
    """Applies functions to items.

    Attributes
    ----------
    n_workers : int
        How many items are worked on at the same time.
    distance : Distance
        Where they are worked on.
    """

    n_workers: int
    distance: Distance

    @abstractmethod
    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the function's results in the order of the items.

        Raises
        ------
        EngineError
            A worker is gone and no other could do its work.
        """


class InThisProcess(Engine):
    """One item after the other, here: for what is too little to share."""

    n_workers, distance = 1, Distance.IN_PROCESS

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the function's results in the order of the items."""
        return map(function, items)


class _Sharing(Engine):
    """Gives each item to a worker, and waits for the oldest."""

    def __init__(self, submit: Callable[..., _Promise], n_workers: int, distance: Distance) -> None:
        self._submit, self.n_workers, self.distance = submit, n_workers, distance

    def map(self, function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the function's results in the order of the items."""
        work, under_way = carried(function), deque[_Promise]()
        for item in items:
            under_way.append(self._submit(work, item))
            if len(under_way) >= _AHEAD * self.n_workers:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


@contextmanager
def local_engine(n_workers: int | None = None) -> Iterator[Engine]:
    """Yield an engine of processes of this machine.

    Parameters
    ----------
    n_workers : int, optional
        How many; by default one for each core.
    """
    n = n_workers or _n_cores()
    if n == 1:
        yield InThisProcess()
        return
    _keep_memory()
    # Forked workers have all modules imported from the start.
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
    _give_back_memory()  # workers would keep copies of it
    gc.freeze()  # the workers' garbage collection skips all objects of now
    pool = ProcessPoolExecutor(n, multiprocessing.get_context(method), _be_a_worker)
    try:
        yield _Sharing(pool.submit, n, Distance.SAME_HOST)
    except BrokenProcessPool as error:
        raise EngineError(
            "A worker was ended from outside.",
            "Found: no answer from one of the processes that score.",
            "Give the same command again: it goes on where it stopped. Where memory is short, "
            "give fewer --workers.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _be_a_worker() -> None:
    """Ignore Ctrl-C, which the main process handles, and use one core."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    _set_up_worker()


def _end_with_parent() -> None:
    """Exit when the main process is gone, even if it was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _set_up_worker() -> None:
    """Use one thread, and keep memory."""
    import pyarrow as pa

    os.environ["OMP_NUM_THREADS"] = "1"  # for XGBoost, before it is loaded
    pa.set_cpu_count(1)
    _keep_memory()


def _give_back_memory() -> None:
    """Give freed memory back to the system."""
    import pyarrow as pa

    gc.collect()
    pa.default_memory_pool().release_unused()
    _of_the_allocator("malloc_trim", 0)


def _keep_memory() -> None:
    """Keep freed memory in this process: large arrays come and go, and fresh pages are slow."""
    _of_the_allocator("mallopt", _M_MMAP_THRESHOLD, _MMAP_BYTES)
    _of_the_allocator("mallopt", _M_TRIM_THRESHOLD, _KEPT_BYTES)


def _of_the_allocator(function: str, *values: int) -> None:
    """Call a function of GNU's allocator, which other C libraries may lack."""
    if sys.platform == "linux":
        called = getattr(ctypes.CDLL(None), function, None)
        if called is not None:
            called(*values)


@contextmanager
def dask_engine(scheduler: str | None = None, n_workers: int | None = None) -> Iterator[Engine]:
    """Yield an engine of a Dask cluster's workers; an item whose worker is lost is done again.

    Parameters
    ----------
    scheduler : str, optional
        As for `dask_client`; its workers must reach the same files under the same names.
    n_workers : int, optional
        As for `dask_client`.

    Raises
    ------
    EngineError
        As for `dask_client`, or a block has ended several workers.
    """
    with dask_client(scheduler, n_workers) as client:
        from distributed.scheduler import KilledWorker

        client.run(_set_up_worker)
        _keep_memory()
        try:
            # pure=False: Dask must not reuse an earlier result, as results are files.
            submit = partial(client.submit, pure=False)
            yield _Sharing(submit, sum(client.nthreads().values()), Distance.REMOTE)
        except KilledWorker as error:
            raise EngineError(
                "A block of the input has ended several workers.",
                f"Found: {error}.",
                "Look for short memory in the workers' logs, then give the same command again.",
            ) from error


@contextmanager
def local_parallel(n_workers: int | None = None) -> Iterator[None]:
    """Make joblib, and so the search of settings, use processes of this machine."""
    import joblib

    with joblib.parallel_config(n_jobs=n_workers or _n_cores()):
        yield


@contextmanager
def dask_parallel(scheduler: str | None = None, n_workers: int | None = None) -> Iterator[None]:
    """Make joblib, and so the search of settings, use a Dask cluster.

    Raises
    ------
    EngineError
        As for `dask_client`.
    """
    import joblib

    with dask_client(scheduler, n_workers), joblib.parallel_config(backend="dask"):
        yield


@contextmanager
def dask_client(scheduler: str | None = None, n_workers: int | None = None) -> Iterator[Client]:
    """Reach a Dask cluster.

    Parameters
    ----------
    scheduler : str, optional
        Address of a scheduler whose workers have claimclf; by default a cluster of processes
        on this machine, which ends with this one.
    n_workers : int, optional
        How many processes that cluster has; by default one for each core.

    Raises
    ------
    NotConfiguredError
        Dask is not installed.
    EngineError
        The scheduler cannot be reached or has no workers.
    """
    if find_spec("distributed") is None:
        raise NotConfiguredError(
            "Dask is not installed.", "", "Install it with: sh scripts/install.sh scale"
        )
    import dask.config
    from distributed import Client, LocalCluster

    with ExitStack() as stack:
        stack.enter_context(dask.config.set(_UNWATCHED))
        try:
            place = scheduler or stack.enter_context(
                LocalCluster(
                    n_workers=n_workers or _n_cores(),
                    threads_per_worker=1,
                    # Without an address it would take port 8787 although it shows no dashboard.
                    dashboard_address="127.0.0.1:0",
                    scheduler_kwargs={"dashboard": False},
                )
            )
            client = stack.enter_context(Client(place, timeout=_CONNECT_SECONDS))
        except (OSError, ValueError) as error:
            raise EngineError(
                f"The Dask scheduler {scheduler} cannot be used.",
                f"Found: {error}.",
                "Check the address, such as tcp://scheduler:8786, and that it runs.",
            ) from error
        if not client.nthreads():
            raise EngineError(
                f"The Dask scheduler {scheduler} has no workers.",
                "",
                f"Start some: dask worker {scheduler} --nthreads 1.",
            )
        yield client


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
