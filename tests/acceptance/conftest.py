"""A running product for the stories of one file, and the words that the demo company answers with."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.company import Company
from bot.content import Faq, load_faq
from bot.types.languages import Language
from tests.browser.company import always_open
from tests.product import Product

ROOT = Path(__file__).resolve().parents[2]

Serve = Callable[..., AbstractAsyncContextManager[Product]]
Answer = Callable[..., str]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Serve:
    """Starts the product with all teams at work and the given settings; stops it, and looks into its log."""

    @asynccontextmanager
    async def serve(**settings: str) -> AsyncIterator[Product]:
        folder = tmp_path_factory.mktemp("product")
        product = Product(folder / "var", {"OKIENKO_HOME": str(always_open(folder / "home")), **settings})
        product.start()
        try:
            await product.alive()
            yield product
            assert product.stop() == 0
        finally:
            product.stop()
        assert "Traceback" not in product.log.read_text(errors="replace")

    return serve


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
