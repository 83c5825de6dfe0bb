"""A running product for the tests of one file, with all teams at work."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from tests.browser.company import always_open
from tests.product import Product

#: Starts the product with these settings, and stops it in the end.
Serve = Callable[..., AbstractAsyncContextManager[Product]]


@asynccontextmanager
async def serving(folder: Path, **settings: str) -> AsyncIterator[Product]:
    """The product in a new folder, alive but not ready yet; in the end its log must tell of no exception."""
    product = Product(folder / "var", {"OKIENKO_HOME": str(always_open(folder / "home")), **settings})
    product.start()
    try:
        await product.alive()
        yield product
        assert product.stop() == 0
    finally:
        product.stop()
    assert "Traceback" not in product.log.read_text(errors="replace")
