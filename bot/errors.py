"""One tree of errors. Each has a code for machines and a sentence for people."""


class OkienkoError(Exception):
    """Base of all errors that we raise on purpose; `code` is stable, `status` the fitting HTTP status."""

    code = "error"
    status = 500

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class UserMistake(OkienkoError):
    """Unusable input of the person at the keyboard: one line on stderr, exit status 2."""

    code = "unusable"
    status = 400


class Malformed(OkienkoError):
    """A request that cannot be read."""

    code = "malformed"
    status = 400


class Unauthorized(OkienkoError):
    """Nobody is logged in."""

    code = "unauthorized"
    status = 401


class Forbidden(OkienkoError):
    """A wrong signature, a wrong secret, or a role that may not."""

    code = "forbidden"
    status = 403


class NotFound(OkienkoError):
    """There is no such thing."""

    code = "not_found"
    status = 404


class Conflict(OkienkoError):
    """Somebody else was there first (`not_holder`, `already_claimed`, ...)."""

    code = "conflict"
    status = 409


class TooManyAttempts(OkienkoError):
    """The login throttle."""

    code = "too_many_attempts"
    status = 429


class StoreAway(OkienkoError):
    """The database cannot be reached at the moment: nothing was written, try again later."""

    code = "store_away"
    status = 503


class Stale(OkienkoError):
    """The ground moved during a turn (lease lapsed, holder changed): nothing was written, run it again."""

    code = "stale"
    status = 409
