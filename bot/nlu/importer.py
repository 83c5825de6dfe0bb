"""Rasa's door to our training data: config.yml names it under `importers:`, so every command of Rasa uses it.

Stories, rules and the domain are read by Rasa as ever; examples by `bot.nlu.data`, which adds the FAQ's questions.
"""

from pathlib import Path

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.data import Example, read_examples, without_repeats


class ProjectImporter(RasaFileImporter):  # type: ignore[misc]  # Rasa has no types
    """Examples from each data folder's `nlu/` and `faq/`; everything else as Rasa's own importer does."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
    ) -> None:
        """Called by Rasa."""
        super().__init__(config_file, domain_path, training_data_paths)
        paths = [training_data_paths] if isinstance(training_data_paths, str) else training_data_paths or []
        self._folders = [Path(path) for path in paths if Path(path).is_dir()]
        self._examples: TrainingData | None = None

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """All examples; `language` is Rasa's, ours are multilingual. Read once: Rasa asks at every step."""
        if self._examples is None:
            self._examples = TrainingData([_message(example) for example in self._read()])
        return self._examples

    def _read(self) -> list[Example]:
        return without_repeats(example for folder in self._folders for example in read_examples(folder))


def _message(example: Example) -> Message:
    metadata = {"topic": example.topic, "language": example.language}
    return Message.build(
        example.text, example.intent, intent_metadata={key: value for key, value in metadata.items() if value}
    )
