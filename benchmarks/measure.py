"""Real HTTP requests, taken in turn so that a drifting machine falls on all compared pages alike."""

import http.client
import random
import time
from dataclasses import dataclass, field

from benchmarks.servers import Served


@dataclass
class Probe:
    """One page as one account sees it, with the milliseconds of each request."""

    page: str
    address: str
    account: str
    session: str
    served: Served
    every: int = 1  # asked only in every so many-th round
    times: list[float] = field(default_factory=list)
    status: int = 0
    bytes: int = 0

    def percentile(self, share: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def p50(self) -> float:
        return self.percentile(0.50)

    @property
    def p95(self) -> float:
        return self.percentile(0.95)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    statements: int
    location: str = ""


class Client:
    """Keeps one connection per server open, as a browser does."""

    def __init__(self) -> None:
        self._connections: dict[int, http.client.HTTPConnection] = {}

    def get(self, served: Served, address: str, session: str, *, count: bool = False) -> Answer:
        headers = {"Cookie": f"sessionid={session}", "Accept": "text/html"}
        if count:
            headers["X-Count-Statements"] = "1"
        try:
            return self._ask(served, address, headers)
        except (http.client.HTTPException, ConnectionError):  # the server closes a connection it has served long enough
            self._connections.pop(served.port, None)
            return self._ask(served, address, headers)

    def _ask(self, served: Served, address: str, headers: dict[str, str]) -> Answer:
        connection = self._connections.setdefault(
            served.port, http.client.HTTPConnection("127.0.0.1", served.port, timeout=120)
        )
        connection.request("GET", address, headers=headers)
        response = connection.getresponse()
        body = response.read()
        return Answer(
            response.status, body, int(response.getheader("X-Statements", "0")), response.getheader("Location", "")
        )


def in_turn(probes: list[Probe], *, rounds: int, warm_up: int = 5) -> None:
    """Fills the times of all probes: every round asks each once, in an order of its own."""
    client = Client()
    order = random.Random(1)  # noqa: S311
    for number in range(rounds + warm_up):
        due = [probe for probe in probes if number % probe.every == 0]
        for probe in order.sample(due, len(due)):
            began = time.perf_counter()
            answer = client.get(probe.served, probe.address, probe.session)
            spent = (time.perf_counter() - began) * 1000
            probe.status, probe.bytes = answer.status, len(answer.body)
            if number >= warm_up or probe.every > 1:
                probe.times.append(spent)
