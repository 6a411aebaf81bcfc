"""Calls to another key management system of the same trusted site: keys, and acknowledgements."""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp

from protocols.key_management.external_keys import (
    Acknowledgement,
    ExternalKeys,
    ExternalTransfer,
)
from protocols.key_management.peering.client import context_for
from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.server.etsi020 import acknowledgements_to_json, transfer_to_json

__all__ = ["SiteCalls"]

#: Longest wait for an answer, in s.
ANSWER_S = 10.0


class SiteCalls:
    """ETSI GS QKD 020 from the side of who calls, over mutual TLS.

    The server at a URL has to hold the certificate of the system that it is said to be: keys and
    acknowledgements go to nobody else, whatever URL was given.

    Args:
        certificates: Where the certificates are.
        file: The caller's own, without ``.crt``.
    """

    def __init__(self, certificates: Path, file: str) -> None:
        self._certificates, self._file = certificates, file
        self._contexts: dict[str, ssl.SSLContext] = {}

    async def acknowledge(self, system: str, url: str, found: Sequence[Acknowledgement]) -> None:
        """Tell a system at its callback URL what became of its keys.

        Raises:
            KeyRefusedError: If it does not take that.
        """
        await self._post(system, url, acknowledgements_to_json(found), 200)

    async def hand_over(
        self,
        system: str,
        url: str,
        transfer: ExternalTransfer,
        *,
        callback_url: str,
        keys: ExternalKeys,
    ) -> None:
        """Hand keys to a system; what becomes of them comes to `ExternalKeys.acknowledged`.

        Args:
            system: Common name of its certificate.
            url: Its ``/kmapi/v1/ext_keys``.
            transfer: The keys.
            callback_url: The caller's own ``/kmapi/v1/ext_keys/ack``.
            keys: Where it is noted that they are on their way.

        Raises:
            KeyRefusedError: If it does not take them.
        """
        keys.sent([key.key_id for key in transfer.keys], transfer.targets)
        await self._post(system, url, transfer_to_json(transfer, callback_url), 202)

    async def _post(self, system: str, url: str, body: Any, expected: int) -> None:  # noqa: ANN401
        """Send JSON; anything but the expected answer is a refusal."""
        if system not in self._contexts:
            self._contexts[system] = context_for(self._certificates, self._file, system)
        limit = aiohttp.ClientTimeout(total=ANSWER_S)
        data, head = json.dumps(body).encode(), {"Content-Type": "application/json"}
        connector = aiohttp.TCPConnector(ssl=self._contexts[system])
        try:
            async with (
                aiohttp.ClientSession(connector=connector, timeout=limit) as session,
                session.post(url, data=data, headers=head, allow_redirects=False) as answer,
            ):
                status, text = answer.status, await answer.text()
        except (aiohttp.ClientError, ValueError, TimeoutError, OSError) as error:
            message = f"{system} does not answer ({type(error).__name__})"
            raise KeyRefusedError(message) from None
        if status != expected:
            message = f"{system} answered {status}{_said(text)}"
            raise KeyRefusedError(message)


def _said(text: str) -> str:
    """What a problem says, for a sentence."""
    try:
        details = json.loads(text)["details"]
        return ": " + "; ".join(str(each)[:200] for each in details.values())
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
