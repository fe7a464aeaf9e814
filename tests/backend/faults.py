"""What can happen to a call. Each fault is one line in a test; see the room's first lines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from tests.backend.calls import Call, json_response

if TYPE_CHECKING:
    from tests.backend.server import Backend

ALWAYS = 10**9
MISSING = {
    "iam": ("NoSuchEntity", 404),
    "lambda": ("ResourceNotFoundException", 404),
    "dynamodb": ("ResourceNotFoundException", 400),
    "logs": ("ResourceNotFoundException", 400),
    "apigateway": ("NotFoundException", 404),
}
THROTTLED = {
    "iam": ("Throttling", 400),
    "dynamodb": ("ThrottlingException", 400),
    "logs": ("ThrottlingException", 400),
    "tagging": ("ThrottledException", 400),
}
# Where an answer tells the state of what it describes.
STATES = {
    "DescribeTable": {"": ("Table", "TableStatus")},
    "GetFunction": {"InProgress": ("Configuration", "LastUpdateStatus"), "": ("Configuration", "State")},
    "GetRestApi": {"": ("apiStatus",)},
}


class Dropped(ConnectionError):
    """The connection ends without an answer."""


CarryOut = Callable[[], Response]
Act = Callable[[Call, CarryOut], Response]


@dataclass
class Fault:
    """What happens to the calls of an operation, or of any, from the `nth` on, `times` often."""

    backend: Backend
    operation: str
    nth: int = 1
    only_after: str = ""
    acted: list[Call] = field(default_factory=list)
    """The calls that it has acted on."""
    times: int = 0
    act: Act | None = None
    _seen: int = 0

    def takes(self, call: Call) -> bool:
        if self.act is None or not (self.operation == "*" or call.is_named(self.operation)):
            return False
        if self.only_after and not any(each.is_named(self.only_after) for each in self.backend.calls):
            return False
        self._seen += 1
        return self._seen >= self.nth and len(self.acted) < self.times

    def do(self, act: Act, times: int) -> Fault:
        """A fault of one's own: `act` gets the call and what carries it out, and returns the answer."""
        self.act, self.times = act, times
        return self

    def refuse(self, code: str, message: str = "refused by the test", *, status: int = 400, times: int = 1) -> Fault:
        """AWS answers with this error and does nothing."""
        return self.do(lambda call, carry_out: call.error(code, message, status), times)

    def refuse_for(self, seconds: float, code: str, message: str = "Rate exceeded", *, status: int = 400) -> Fault:
        """The same for so long, on the backend's clock, from the first such call on."""
        until: list[float] = []

        def act(call: Call, carry_out: CarryOut) -> Response:
            now = self.backend.clock.monotonic()
            until[:] = until or [now + seconds]
            return call.error(code, message, status) if now < until[0] else carry_out()

        return self.do(act, ALWAYS)

    def deny(self, code: str = "AccessDeniedException", message: str = "refused by the test") -> Fault:
        """Whoever calls is refused in this way from now on."""
        return self.refuse(code, message, status=403, times=ALWAYS)

    def missing(self, times: int = 1) -> Fault:
        """AWS does not know yet of what was made, or still not."""

        def act(call: Call, carry_out: CarryOut) -> Response:
            code, status = MISSING[call.service]
            return call.error(code, "not found, says the test", status)

        return self.do(act, times)

    def fail_afterwards(self, code: str, message: str = "", *, status: int = 500, times: int = 1) -> Fault:
        """AWS carries the call out and then answers with this error."""

        def act(call: Call, carry_out: CarryOut) -> Response:
            carry_out()
            return call.error(code, message, status)

        return self.do(act, times)

    def lose_answer(self, times: int = 1) -> Fault:
        """AWS carries the call out, and the connection ends before the answer."""

        def act(call: Call, carry_out: CarryOut) -> Response:
            carry_out()
            raise Dropped

        return self.do(act, times)

    def lose_request(self, times: int = 1) -> Fault:
        """The connection ends before AWS has seen the call."""

        def act(call: Call, carry_out: CarryOut) -> Response:
            raise Dropped

        return self.do(act, times)

    def pretend(self, answer: Any = None, *, times: int = 1) -> Fault:
        """AWS says yes (with this JSON), and does nothing: the write is lost."""
        return self.do(lambda call, carry_out: json_response(answer or {}), times)

    def answer(self, status: int, body: Any, *, times: int = 1) -> Fault:
        """This answer, in JSON, and nothing is done."""
        return self.do(lambda call, carry_out: json_response(body, status), times)

    def amend(self, change: Callable[[Any], Any], *, times: int = 1) -> Fault:
        """The sandbox's answer in JSON, changed in place by `change` on its way."""

        def act(call: Call, carry_out: CarryOut) -> Response:
            response = carry_out()
            body = json.loads(response.get_data())
            change(body)
            response.set_data(json.dumps(body))
            return response

        return self.do(act, times)

    def pages_of(self, most: int) -> Fault:
        """API Gateway gives no longer pages than that."""

        def act(call: Call, carry_out: CarryOut) -> Response:
            environ = call.request.environ
            environ["RAW_URI"] = re.sub(r"(?<=[?&]limit=)\d+", str(most), environ["RAW_URI"])
            return carry_out()

        return self.do(act, ALWAYS)

    def delay(self, seconds: float, times: int = 1) -> Fault:
        def act(call: Call, carry_out: CarryOut) -> Response:
            self.backend.clock.sleep(seconds)
            return carry_out()

        return self.do(act, times)

    def serve_older(self, times: int = 1) -> Fault:
        """Reads lag: what the same read said before the last write; where nobody had asked, what it says now."""

        def act(call: Call, carry_out: CarryOut) -> Response:
            older = self.backend.before_last_write.get(call.key)
            return older or carry_out()

        return self.do(act, times)

    def hold(self, state: str, polls: int) -> Fault:
        """What is described is in this state for so many polls, also when it is gone already."""
        return self.do(lambda call, carry_out: self._in_state(state, call, carry_out), polls)

    def hold_for(self, seconds: float, state: str) -> Fault:
        """The same for so long, on the backend's clock, from the first such call on."""
        until: list[float] = []

        def act(call: Call, carry_out: CarryOut) -> Response:
            now = self.backend.clock.monotonic()
            until[:] = until or [now + seconds]
            return self._in_state(state, call, carry_out) if now < until[0] else carry_out()

        return self.do(act, ALWAYS)

    def _in_state(self, state: str, call: Call, carry_out: CarryOut) -> Response:
        response = carry_out()
        if response.status_code >= 400:
            response = self.backend.last_seen[call.key]
        body = json.loads(response.get_data())
        *path, last = STATES[call].get(state, STATES[call][""])
        place = body
        for name in path:
            place = place[name]
        place[last] = state
        return json_response(body)

    def quota(self, calls: int, *, per_seconds: float) -> Fault:
        """More calls than that are refused as too many, whoever makes them."""
        allowed: list[float] = []

        def act(call: Call, carry_out: CarryOut) -> Response:
            now = self.backend.clock.monotonic()
            allowed[:] = [then for then in allowed if now - then < per_seconds]
            if len(allowed) >= calls:
                code, status = THROTTLED.get(call.service, ("TooManyRequestsException", 429))
                return call.error(code, "Too Many Requests", status)
            allowed.append(now)
            return carry_out()

        return self.do(act, ALWAYS)

    def then(self, action: Callable[[], Any], times: int = 1) -> Fault:
        """The call is carried out, then `action` is done, and only then the caller gets the answer."""

        def act(call: Call, carry_out: CarryOut) -> Response:
            response = carry_out()
            action()
            return response

        return self.do(act, times)
