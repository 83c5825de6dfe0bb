"""A running product to be ill-treated."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.product import Product
from tests.serving import Serve, serving


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Serve:
    """Starts the product with the given settings."""

    def start(**settings: str) -> AbstractAsyncContextManager[Product]:
        return serving(tmp_path_factory.mktemp("product"), **settings)

    return start
