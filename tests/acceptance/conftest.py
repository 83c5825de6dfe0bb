"""A running product for the stories of one file, and the words that the demo company answers with."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.company import Company
from bot.content import Faq, load_faq
from bot.types.languages import Language
from tests.product import Product
from tests.serving import Serve, serving

ROOT = Path(__file__).resolve().parents[2]

Answer = Callable[..., str]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Serve:
    """Starts the product with the given settings."""

    def start(**settings: str) -> AbstractAsyncContextManager[Product]:
        return serving(tmp_path_factory.mktemp("product"), **settings)

    return start


@pytest.fixture(scope="session")
def faq(company: Company) -> Faq:
    """The demo company's FAQ."""
    return load_faq(ROOT / "data" / "faq", company)


@pytest.fixture(scope="session")
def answer(faq: Faq) -> Answer:
    """The FAQ's answer on a topic."""

    def answer(topic: str, language: Language, brand: str = "modrzew") -> str:
        article = faq.article(topic, brand, datetime.now(UTC))
        assert article is not None
        return article.texts[language].answer

    return answer
