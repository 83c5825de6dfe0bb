"""What the simulated platforms share: a server on a free port, waiting for what happens, planned failures."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

PATIENCE = 20.0  # seconds, after which a wait has failed


@dataclass
class Failure:
    """A planned failure: an answer with `status` and `body`, or (`drop`) the connection cut after the request was
    accepted and recorded."""

    status: int = 500
    body: Mapping[str, object] | str = ""
    drop: bool = False
    times: int = 1


@dataclass
class Hook:
    """A payload on its way to the service's webhook."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class SimulatedPlatform:
    """A server that stands for a platform. Use it as an asynchronous context manager."""

    def __init__(self) -> None:
        self.changed = asyncio.Condition()
        self.undelivered: list[Hook] = []
        self.webhook_url = ""
        self.address = ""
        self.closing = False
        self._failures: dict[str, list[Failure]] = {}
        self._client: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    def routes(self) -> list[web.RouteDef]:
        """The platform's own routes."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(self.routes())
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._client = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing = True
        await self.notify()
        assert self._client is not None
        assert self._runner is not None
        await self._client.close()
        await self._runner.cleanup()

    async def notify(self) -> None:
        """Wakes everybody who waits for something to happen."""
        async with self.changed:
            self.changed.notify_all()

    async def wait_until(self, happened: Callable[[], bool], what: str = "the expected") -> None:
        """Waits until `happened()`; fails after PATIENCE."""

        async def wait() -> None:
            async with self.changed:
                await self.changed.wait_for(happened)

        try:
            await asyncio.wait_for(wait(), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"{what} did not happen within {PATIENCE:.0f} s") from None

    def fail(self, method: str, failure: Failure) -> None:
        """Plans a failure of the next requests of a method."""
        self._failures.setdefault(method, []).append(failure)

    def planned(self, method: str) -> Failure | None:
        """Takes the next planned failure of a method, if any."""
        plans = self._failures.get(method, [])
        if not plans:
            return None
        plans[0].times -= 1
        return plans[0] if plans[0].times > 0 else plans.pop(0)

    async def post(self, hook: Hook) -> int:
        """Posts a payload to the webhook; the status, 0 where nobody answers. What got no 200 is kept: `redeliver`."""
        assert self._client is not None
        try:
            async with self._client.post(self.webhook_url, data=BytesIO(hook.body), headers=hook.headers) as response:
                status = response.status
        except aiohttp.ClientError:
            status = 0
        if status != 200:
            self.undelivered.append(hook)
        return status

    async def redeliver(self) -> list[int]:
        """Posts again what got no 200, oldest first, as the platforms do; the statuses."""
        hooks, self.undelivered = self.undelivered, []
        return [await self.post(hook) for hook in hooks]


def cut_off(request: web.Request) -> None:
    """Cuts the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()


def utf16(text: str) -> int:
    """The length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
