"""AWS's faults, played to one client, and a clock on which waiting takes no time."""

import copy

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ReadTimeoutError
from botocore.httpsession import URLLib3Session


class FakeClock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now, self.sleeps = 0.0, []

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.sleeps.append(seconds)
        self.now += seconds

    def stop(self):
        pass


def answer_with(client, operation, answer, *, status=200, times=1):
    """AWS gives `answer` to the next calls of this operation and does nothing. Returns the list of these calls."""
    answered = []

    def instead(model, params, **_):
        if model.name != operation or len(answered) >= times:
            return None
        answered.append(params)
        parsed = copy.deepcopy(answer) | {"ResponseMetadata": {"HTTPStatusCode": status}}
        return AWSResponse(params["url"], status, {}, None), parsed

    client.meta.events.register_last("before-call", instead)
    return answered


def refuse(client, operation, code, message="", *, status=400, times=1):
    """AWS refuses the next calls of this operation. Returns the list of these calls."""
    return answer_with(client, operation, {"Error": {"Code": code, "Message": message}}, status=status, times=times)


def amend(client, operation, change, *, times=1):
    """The sandbox's next answers to this operation, refusals aside, changed in place by `change` on their way."""
    amended = []

    def afterwards(model, parsed, **_):
        if model.name == operation and "Error" not in parsed and len(amended) < times:
            amended.append(parsed)
            change(parsed)

    client.meta.events.register_last("after-call", afterwards)
    return amended


def lose_answer(client, operation, *, times=1):
    """The next calls of this operation are carried out, and their answers are lost on the way."""
    lost = []

    def perform_and_drop(request, **_):
        if len(lost) < times:
            lost.append(URLLib3Session().send(request))
            raise ReadTimeoutError(endpoint_url=request.url)

    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-send.{service}.{operation}", perform_and_drop)
    return lost
