"""What a browser fetches besides the messages: files over one connection that stays open, each once."""

import http.client
from hashlib import sha256
from urllib.parse import urlsplit


class Lost(Exception):
    """What a reader asked for in vain."""


class Files:
    """The files of one visitor; a proxy knows the visitor by a cookie."""

    def __init__(self, address: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=180)
        self.cookie = ""
        self.sums: dict[str, str] = {}  # address → checksum

    def close(self) -> None:
        self.connection.close()

    def sum(self, url: str) -> str:
        """The checksum of a file, which is fetched once: its address is one of its content."""
        if url not in self.sums:
            self.sums[url] = sha256(url.encode() if url.startswith("data:") else self.fetch(url)).hexdigest()
        return self.sums[url]

    def fetch(self, url: str) -> bytes:
        """Raises Lost where there is no such file."""
        try:
            answer = self._asked(url)
        except ConnectionError:  # a server hangs up when nothing was asked for a while
            self.connection.close()
            answer = self._asked(url)
        body = answer.read()
        if answer.status != 200:
            raise Lost(f"{url} answers {answer.status}")
        self.cookie = "; ".join(c.split(";")[0] for c in answer.headers.get_all("Set-Cookie") or ()) or self.cookie
        return body

    def _asked(self, url: str) -> http.client.HTTPResponse:
        self.connection.request("GET", url, headers={"Cookie": self.cookie})
        return self.connection.getresponse()
