"""A request as it was sent."""

from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from werkzeug.datastructures import Headers, MultiDict


class UnknownRequest(Exception):
    """A request for which no model has an operation."""


class Request:
    def __init__(self, target: str, headers: list[list[str]], body: bytes):
        self.method, url = target.split(" ", 1)
        parts = urlsplit(url)
        # As it was sent: a part may have `/` within, written `%2F`.
        self.path = parts.path
        self.query = parse_qs(parts.query, keep_blank_values=True)
        self.headers = Headers([tuple(header) for header in headers])
        self.body = body

    @property
    def form(self) -> list[tuple[str, str]]:
        """The fields of the query protocols, which send them in the body."""
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    def as_moto_has_it(self, url_parameters: dict[str, str], values: MultiDict) -> dict:
        """The form in which the parsers of moto take a request."""
        return {
            "body": self.body,
            "headers": self.headers,
            "method": self.method,
            "url_params": url_parameters,
            "url_path": unquote(self.path),
            "values": values,
        }
