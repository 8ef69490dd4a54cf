"""Scores what waits, in the background, and puts it into the queue."""

from __future__ import annotations

import logging
import threading
from typing import Any

from claimclf.configuration import models_folder
from claimclf.errors import ClaimclfError
from claimclf.logs import unforeseen
from claimclf.people import Person
from claimclf.services import intake

_logger = logging.getLogger(__name__)
#: Seconds between two looks where nobody wakes it, and after something went wrong.
_PAUSE, _AFTER_ERROR = 1.0, 5.0
#: Seconds in which reports come together, for a batch of two thousand costs little more than one
#: of five hundred; and how many times as long as a batch took others have their turn.
_GATHERED, _REST_SHARE = 2.0, 2.0
#: Seconds for which the server's end waits for a batch.
_LONGEST_END = 5.0
_PERSON = Person("api")


class Worker:
    """A thread that works as long as the server runs."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._model: Any = None
        self._version: tuple[str, str] | None = None
        self._unscored: set[str] = set()
        self._is_new, self._is_over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="reports", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the batch at hand if it is over soon; what is left waits for the next start."""
        self._is_over.set()
        self._is_new.set()
        self._thread.join(_LONGEST_END)

    def wake(self) -> None:
        """Look at once: there are new reports."""
        self._is_new.set()

    def model(self) -> str | None:
        """Return the name of the model that scores; None where there is none yet."""
        return None if self._model is None else str(self._model.name)

    def n_unscored(self) -> int:
        """Return how many reports wait on because they cannot be scored."""
        return len(self._unscored)

    def _work(self) -> None:
        pause = 0.0
        while not self._is_over.is_set():
            self._is_new.wait(pause)
            self._is_new.clear()
            pause = _PAUSE
            try:
                self._store()
            except ClaimclfError as error:
                _logger.warning("Reports wait: %s", error.code)
                pause = self._rest()
            except Exception as error:  # one batch must not end all others
                unforeseen(error)
                pause = self._rest()

    def _rest(self) -> float:
        """Let an error pass; new reports do not make it shorter."""
        self._is_over.wait(_AFTER_ERROR)
        return 0.0

    def _gather(self, seconds: float, has_more: bool) -> bool:
        """Let reports come together after a batch, unless some wait; say whether to go on."""
        gathered = 0.0 if has_more else _GATHERED
        return not self._is_over.wait(max(gathered, _REST_SHARE * seconds))

    def _store(self) -> None:
        waiting = intake.waiting_reports(self._database, _PERSON)["reports"]
        if waiting or self._model is None:
            self._take_champion()
            intake.store_waiting(self._database, _PERSON, self._model, self._gather, self._unscored)

    def _take_champion(self) -> None:
        """Load the model in use where it is another one than before."""
        from claimclf.services.loading import load_model
        from claimclf.services.stored_models import champion_of, open_store

        best = champion_of(open_store(models_folder()))
        version = None if best is None else (best.name, best.version)
        if self._model is None or version != self._version:
            self._model, self._version = load_model(models_folder()), version
            self._unscored.clear()
