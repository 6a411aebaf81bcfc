"""Client of a KME: ETSI GS QKD 014 V1.1.1 over mutual TLS, on connections that are kept alive.

Every refusal is a sentence that names the KME and holds nothing secret. What is transient (no
connection, too little key: 503) is a `KeyShortageError`, so that whoever waits for key waits.
"""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from protocols.encryption.identity import Identity
from protocols.key_management.keys import ManagedKey
from protocols.key_management.refusals import (
    KeyRefusedError,
    KeyShortageError,
    KeyUnknownError,
    NotEntitledError,
)
from qnet.errors import ParameterError, check_positive

__all__ = ["KmeClient", "KmeStatus"]

#: Longest answer that is read, in bytes, and most idle connections that are kept.
_ANSWER_BYTES, _IDLE = 1 << 24, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class KmeStatus:
    """What a KME says of the keys for a peer; names as in the standard, in small letters.

    Args:
        key_size: Default size, in bits.
        stored_key_count: Keys it could deliver now.
        max_key_per_request: Most keys of one request.
        max_key_size: Longest key, in bits.
        min_key_size: Shortest key, in bits.
    """

    key_size: int
    stored_key_count: int
    max_key_per_request: int
    max_key_size: int
    min_key_size: int


class KmeClient:
    """One SAE's client; its calls may come from many threads.

    Args:
        url: Where the KME is, as in ``https://127.0.0.1:8440``.
        certs: Folder of certificates: see `Identity`.
        sae: Name of the SAE.
        timeout_s: Longest wait for an answer, in s.

    Raises:
        ParameterError: If the URL is not one of HTTPS, or a file is missing.
    """

    def __init__(self, url: str, certs: str | Path, sae: str, *, timeout_s: float = 10.0) -> None:
        parts = urllib.parse.urlsplit(url)
        hint = "give it as in https://127.0.0.1:8440"
        try:
            port = parts.port or 443
        except ValueError:
            port = 0
        if parts.scheme != "https" or not parts.hostname or not port:
            raise ParameterError("--kme", "be a URL of https", _without_login(url), hint)
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ParameterError("--kme", "hold a host and a path alone", _without_login(url), hint)
        self._host, self._port = parts.hostname, port
        self._prefix = parts.path.rstrip("/").removesuffix("/api/v1/keys")
        self._timeout_s = check_positive("timeout_s", timeout_s)
        self.sae = sae
        self._tls = Identity(certs, sae).tls()
        self._idle: list[http.client.HTTPSConnection] = []
        self._lock, self._closed = threading.Lock(), False

    def __repr__(self) -> str:
        return f"KmeClient({self._where!r}, {self.sae!r})"

    @property
    def _where(self) -> str:
        return f"{self._host}:{self._port}"

    def status(self, peer: str) -> KmeStatus:
        """What the KME has for a peer.

        Raises:
            KeyRefusedError: If it does not say; of its subclasses as said there.
        """
        found = self._ask("GET", f"{_name(peer)}/status", None, "status")
        try:
            return KmeStatus(
                key_size=int(found["key_size"]),
                stored_key_count=int(found["stored_key_count"]),
                max_key_per_request=int(found["max_key_per_request"]),
                max_key_size=int(found["max_key_size"]),
                min_key_size=int(found["min_key_size"]),
            )
        except (KeyError, TypeError, ValueError):
            raise self._malformed("status") from None

    def enc_keys(
        self, peer: str, number: int = 1, size_bits: int | None = None
    ) -> list[ManagedKey]:
        """New keys that the peer can collect by their identities.

        Args:
            peer: The slave SAE.
            number: How many.
            size_bits: Size of each; the KME's default unless given.

        Raises:
            KeyShortageError: If there is too little key now, or no KME is reached.
            NotEntitledError: If the SAE may not have any.
            KeyRefusedError: If the KME refuses for another reason.
        """
        wanted = {"number": number, **({} if size_bits is None else {"size": size_bits})}
        path = f"{_name(peer)}/enc_keys?{urllib.parse.urlencode(wanted)}"
        keys = self._keys(self._ask("GET", path, None, "enc_keys"), "enc_keys")
        short = size_bits is not None and any(8 * len(key.material) != size_bits for key in keys)
        if len(keys) != number or short:
            sentence = f"the KME at {self._where} answered other keys than were asked for"
            raise KeyRefusedError(sentence)
        return keys

    def dec_keys(self, master: str, key_ids: Sequence[str]) -> list[ManagedKey]:
        """The keys of these identities, in their order, which the KME then forgets.

        Raises:
            KeyUnknownError: If one is not there: never made, collected before, or expired.
            KeyShortageError: If no KME is reached.
            NotEntitledError: If they are for somebody else.
            KeyRefusedError: If the KME refuses for another reason.
        """
        body = {"key_IDs": [{"key_ID": each} for each in key_ids]}
        answer = self._ask("POST", f"{_name(master)}/dec_keys", body, "dec_keys")
        found = {key.key_id.lower(): key for key in self._keys(answer, "dec_keys")}
        if set(found) != {each.lower() for each in key_ids}:
            sentence = f"the KME at {self._where} answered other keys than were asked for"
            raise KeyRefusedError(sentence)
        return [found[each.lower()] for each in key_ids]

    def close(self) -> None:
        """Close the connections that are idle, and the others when they have had their answer."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _keys(self, answer: dict[str, Any], what: str) -> list[ManagedKey]:
        try:
            return [
                ManagedKey(
                    key_id=str(each["key_ID"]),
                    material=base64.b64decode(each["key"], validate=True),
                )
                for each in answer["keys"]
            ]
        except (KeyError, TypeError, ValueError):
            raise self._malformed(what) from None

    def _malformed(self, what: str) -> KeyRefusedError:
        return KeyRefusedError(f"the KME at {self._where} answered {what} in another form")

    def _ask(self, method: str, path: str, body: object, what: str) -> dict[str, Any]:
        """The JSON object of an answer 200."""
        sent = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json"}
        if sent is not None:
            headers["Content-Type"] = "application/json"
        code, raw = self._exchange(method, f"{self._prefix}/api/v1/keys/{path}", sent, headers)
        if code != 200:
            raise self._refusal(code, raw, what)
        try:
            found = json.loads(raw)
        except ValueError:
            raise self._malformed(what) from None
        if not isinstance(found, dict):
            raise self._malformed(what)
        return found

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        """Code and body of an answer; once more if the KME had closed an idle connection."""
        while True:
            connection, fresh = self._connection()
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                raw = answer.read(_ANSWER_BYTES + 1)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                connection.close()
                if fresh:
                    raise self._unreachable("it broke the connection off") from None
                continue
            except ssl.SSLError as error:
                connection.close()
                why = f"TLS failed: {error.reason or 'no reason given'}"
                raise self._unreachable(why) from None
            except TimeoutError:
                connection.close()
                msg = f"no answer within {self._timeout_s:g} s"
                raise self._unreachable(msg) from None
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                why = getattr(error, "strerror", None) or type(error).__name__
                raise self._unreachable(why) from None
            if len(raw) > _ANSWER_BYTES:
                connection.close()
                raise self._malformed("something")
            self._keep(connection, answer)
            return answer.status, raw

    def _connection(self) -> tuple[http.client.HTTPSConnection, bool]:
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
        return (
            http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout_s, context=self._tls
            ),
            True,
        )

    def _keep(self, connection: http.client.HTTPSConnection, answer: Any) -> None:  # noqa: ANN401
        with self._lock:
            if not (answer.will_close or self._closed) and len(self._idle) < _IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def _unreachable(self, why: str) -> KeyShortageError:
        return KeyShortageError(f"the KME at {self._where} cannot be reached: {why}")

    def _refusal(self, code: int, raw: bytes, what: str) -> KeyRefusedError:
        """The refusal that a code of the standard means; the KME's own words are repeated."""
        try:
            said = str(json.loads(raw)["message"])[:200]
        except (ValueError, KeyError, TypeError):
            said = ""
        words = f": {said}" if said.isprintable() and said else ""
        if code == 401:
            sentence = f"the KME at {self._where} does not entitle {self.sae} to {what}"
            return NotEntitledError(sentence + words)
        sentence = f"the KME at {self._where} refused {what} with {code}{words}"
        if code == 503:
            return KeyShortageError(sentence)
        if what == "dec_keys" and code in (400, 403, 404):
            return KeyUnknownError(sentence)
        return KeyRefusedError(sentence)


def _name(sae: str) -> str:
    return urllib.parse.quote(sae, safe="")


def _without_login(url: str) -> str:
    """A URL without what stands before an @, which may be a password."""
    return url.rpartition("@")[2] if "@" in url else url
