"""Loads a trained archive and understands texts with it: the graph that the dialogue uses, without the dialogue."""

import tarfile
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from bot.errors import UserMistake
from bot.nlu.parsed import understanding_of
from bot.nlu.quiet import quiet
from bot.nlu.runner import StraightRunner
from bot.nlu.text import as_typed
from bot.types.understanding import Understanding

#: What a file that is cut short or scribbled over ends in.
_BROKEN = (OSError, EOFError, tarfile.TarError, zlib.error)


class Interpreter:
    """A loaded model. `name` is its archive's."""

    def __init__(self, runner: StraightRunner, target: str, name: str) -> None:
        self._runner = runner
        self._target = target
        self.name = name

    @classmethod
    def load(cls, archive: Path) -> "Interpreter":
        """Loads an archive (about ten seconds, most of them Rasa's imports). Raises UserMistake if that cannot be."""
        if not archive.is_file():
            raise UserMistake(f"{archive}: no such model; 'okienko train' makes one")
        if not tarfile.is_tarfile(archive):
            raise UserMistake(f"{archive}: not a model archive")
        with quiet(), tempfile.TemporaryDirectory() as folder:
            from rasa.engine.loader import load_predict_graph_runner
            from rasa.engine.runner.dask import DaskGraphRunner
            from rasa.engine.storage.local_model_storage import LocalModelStorage
            from rasa.exceptions import UnsupportedModelVersionError
            from rasa.shared.exceptions import RasaException

            try:
                metadata, runner = load_predict_graph_runner(Path(folder), archive, LocalModelStorage, DaskGraphRunner)
            except (RasaException, UnsupportedModelVersionError, ImportError, KeyError, ValueError, *_BROKEN) as error:
                reason = " ".join(str(error).split())
                raise UserMistake(f"{archive}: the model does not load: {reason}") from error
        return cls(StraightRunner(runner), metadata.nlu_target, archive.name)

    def understand(self, texts: Sequence[str]) -> list[Understanding]:
        """What is understood of each text."""
        from rasa.core.channels.channel import UserMessage

        messages = [UserMessage(as_typed(text)) for text in texts]
        results = self._runner.run(inputs={"__message__": messages, "__tracker__": None}, targets=[self._target])
        parsed = (message.as_dict(only_output_properties=True) for message in results[self._target])
        return [understanding_of(parse_data, self.name) for parse_data in parsed]
