"""What the webhooks of all platforms share: bounded bodies, constant-time secrets, JSON, refusals, deep links."""

import hmac
import json
from collections.abc import Mapping

from aiohttp import web

from bot.company import Brand

#: No platform's payload comes near it; a larger body is not worth reading.
MAX_BODY = 1024 * 1024  # bytes


def same_secret(given: str, expected: str) -> bool:
    """Whether the two are equal, in a time that does not tell where they differ; never true for an empty secret."""
    if not expected:
        return False
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))


async def read_body(request: web.Request) -> bytes | None:
    """The raw body, or None where it is larger than MAX_BODY (which is then not read to its end)."""
    if (request.content_length or 0) > MAX_BODY:
        return None
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY:
            return None
    return bytes(body)


def read_object(body: bytes) -> dict[str, object] | None:
    """The JSON object in the body, or None where there is none."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):  # not JSON or not UTF-8, numbers without end, brackets nested too deep
        return None
    return value if isinstance(value, dict) else None


def refusal(status: int, code: str, message: str) -> web.Response:
    """An error in the one shape of all our errors."""
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


def deep_links(brands: Mapping[str, Brand]) -> dict[str, str]:
    """Which brand a deep link's payload opens: its `telegram_start`, or simply its id."""
    links = {brand_id: brand_id for brand_id in brands}
    links.update({brand.telegram_start: brand_id for brand_id, brand in brands.items() if brand.telegram_start})
    return links
