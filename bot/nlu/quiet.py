"""Rasa without its noise. Whoever imports Rasa does it inside `quiet()`.

Rasa phones home unless told not to, prints through structlog and tqdm, and its libraries warn of each other's future;
none of it is for the person at the keyboard.
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from bot.nlu.kernels import use_fast_kernels

_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "LOG_LEVEL": "ERROR",  # Rasa asks it before drawing progress bars
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}
_NOISY = ("rasa", "rasa_sdk", "tensorflow", "absl", "apscheduler", "matplotlib", "asyncio")


def hush() -> None:
    """Switches telemetry and the libraries' own printing off, for the whole process, before they are loaded."""
    use_fast_kernels()
    import structlog

    os.environ.update(_ENVIRONMENT)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


@contextmanager
def quiet() -> Iterator[None]:
    """Imports and calls of Rasa in here warn nobody."""
    hush()
    # recorded, not only ignored: some of the libraries put their own filters back while they are imported
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("ignore")
        yield
