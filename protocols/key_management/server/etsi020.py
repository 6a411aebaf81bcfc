"""Interoperable key management of ETSI GS QKD 020 V1.1.1 as a face of a key management server.

Another key management system of the same trusted site hands over keys (``ext_keys``), is told what
became of them (``ack``), and may void them (``void``). Names and codes are those of ETSI's OpenAPI
description. Acknowledgements carry the published fields and, beside them, those of the drafts that
implementations still read (``key_ids``, ``target_sae_id``); both are taken. A request without
``ack_callback_url`` is answered with its acknowledgements once all is done.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from aiohttp import web

from protocols.key_management.external_keys import (
    Acknowledgement,
    ExternalKeys,
    ExternalTransfer,
)
from protocols.key_management.keys import ManagedKey
from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.server.face import Face, identified, json_answer, json_of
from protocols.key_networks import KmeTable

__all__ = ["STATUSES", "acknowledgements_to_json", "etsi020_face", "transfer_to_json"]

PREFIX = "/kmapi"

#: What may have become of a key.
STATUSES = ("relayed", "failed", "voided", "failed to void", "key not present")

#: Beginning of the types of problems.
PROBLEMS = "https://qkd.etsi.org/gs020-interop-kms/"

#: Most acknowledgements of a request, and most identities of one.
MOST = 1024

_SAE = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]{1,64}")
_KINDS = {400: "invalid-parameter", 401: "unauthorized", 404: "no-such-path", 408: "timeout"}


class ProblemFoundError(KeyRefusedError):
    """A request that is answered with a problem of the standard."""

    def __init__(self, status: int, kind: str, detail: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.detail = status, kind, detail


def etsi020_face(keys: ExternalKeys, rules: KmeTable) -> Face:
    """The interface for key management systems of the same site: certificates of KMEs alone."""
    handlers = _Etsi020(keys, rules)
    return Face(
        prefix=PREFIX,
        roles=frozenset({"kme"}),
        routes=[
            web.get(PREFIX + "/versions", handlers.versions),
            web.post(PREFIX + "/v1/ext_keys", handlers.ext_keys),
            web.post(PREFIX + "/v1/ext_keys/ack", handlers.ack),
            web.post(PREFIX + "/v1/ext_keys/void", handlers.void),
        ],
        refuse=_refuse,
    )


def _problem(status: int, kind: str, detail: str, message: str) -> web.Response:
    """Problem details, RFC 9457, as the standard has them."""
    title = kind.replace("-", " ")
    body = {"type": PROBLEMS + kind, "status": status, "title": title, "details": {detail: message}}
    return json_answer(body, status)


def _refuse(status: int, message: str) -> web.Response:
    kind = _KINDS.get(status, "server-side-general-error")
    return _problem(status, kind, kind.replace("-", "_"), message or "the certificate is no KME's")


class _Etsi020:
    """The four methods."""

    def __init__(self, keys: ExternalKeys, rules: KmeTable) -> None:
        self._keys, self._rules = keys, rules

    async def versions(self, _: web.Request) -> web.Response:
        """Versions of the interface."""
        return json_answer({"versions": ["v1"]})

    async def ext_keys(self, request: web.Request) -> web.Response:
        """Keys from another system: 202, and acknowledgements at the URL that it gives."""
        try:
            given = _object(await request.read())
            initiator, targets = _initiator(given), _targets(given)
            self._check_targets(initiator, targets)
            keys = _keys(given.get("keys"), self._rules)
            transfer = ExternalTransfer(keys=keys, initiator=initiator, targets=targets)
            system, url = identified(request).name, _url(given)
            return await self._answer(system, url, self._keys.take(system, transfer))
        except ProblemFoundError as found:
            return _problem(found.status, found.kind, found.detail, str(found))

    async def ack(self, request: web.Request) -> web.Response:
        """What became of keys that this system handed over."""
        try:
            found = _acknowledgements(await request.read())
            self._keys.acknowledged(found)
        except ProblemFoundError as problem:
            return _problem(problem.status, problem.kind, problem.detail, str(problem))
        except KeyRefusedError as error:
            return _problem(400, "key-not-present", "key_not_present", str(error))
        return web.Response(status=200)

    async def void(self, request: web.Request) -> web.Response:
        """Keys that are not to be delivered any more; those that are delivered stay so."""
        try:
            given = _object(await request.read())
            initiator, targets = _initiator(given), _targets(given)
            ids = _ids(given.get("key_ids") or [])
            if not ids and given.get("all_confirmation") is not True:
                message = (
                    "without key_ids all keys of these SAEs are void: confirm it with "
                    "all_confirmation = true"
                )
                kind = "no-key-ids-or-confirmation"
                raise ProblemFoundError(400, kind, "no_all_confirmation", message)
            system, url = identified(request).name, _url(given)
            work = self._keys.void(system, initiator, targets, ids)
            return await self._answer(system, url, work)
        except ProblemFoundError as problem:
            return _problem(problem.status, problem.kind, problem.detail, str(problem))

    async def _answer(
        self, system: str, url: str | None, work: Awaitable[list[Acknowledgement]]
    ) -> web.Response:
        """Do the work in the background and say 202, or at once if nobody is to be told."""
        if url is None:
            return json_answer(acknowledgements_to_json(await work))
        self._keys.start(system, url, work)
        return web.Response(status=202)

    def _check_targets(self, initiator: str, targets: Sequence[str]) -> None:
        """Refuse names that are not of this network, or more targets than are served."""
        try:
            self._keys.check_names(initiator, targets)
        except KeyRefusedError as error:
            detail = "target_sae_id_not_recognized"
            raise ProblemFoundError(400, "key-routing-error", detail, str(error)) from None
        nodes = {self._keys.node_of(target) for target in targets}
        if len(nodes) < len(targets) or len(targets) > 1 + self._rules.max_saes:
            message = (
                f"{1 + self._rules.max_saes} targets of a key are served, each at its own node"
            )
            detail = "no_route_multiple_targets"
            raise ProblemFoundError(503, "key-routing-error", detail, message)


def _invalid(detail: str, message: str) -> ProblemFoundError:
    return ProblemFoundError(400, "invalid-parameter", detail, message)


def _object(body: bytes) -> dict[str, Any]:
    """The object of a request; what it must understand is refused."""
    given = json_of(body)
    if not isinstance(given, dict):
        raise _invalid("malformed_body", "the body shall be a JSON object")
    if given.get("extension_mandatory"):
        message = "no mandatory extension is supported here"
        kind = "unsupported-mandatory-extension"
        raise ProblemFoundError(503, kind, "unsupported_mandatory_extension", message)
    return given


def _sae(value: Any, field: str) -> str:  # noqa: ANN401 - any JSON
    if not isinstance(value, str) or not _SAE.fullmatch(value):
        raise _invalid(field, f"{field} shall be 1 to 64 characters that a URI may have")
    return value


def _initiator(given: Mapping[str, Any]) -> str:
    return _sae(given.get("initiator_sae_id"), "initiator_sae_id")


def _targets(given: Mapping[str, Any]) -> tuple[str, ...]:
    """Targets of a request, or the one of an acknowledgement of the drafts."""
    value = given.get("target_sae_ids", [given.get("target_sae_id")])
    if not isinstance(value, list) or not 1 <= len(value) <= MOST:
        raise _invalid("target_sae_ids", "target_sae_ids shall name at least one SAE")
    found = tuple(_sae(each, "target_sae_ids") for each in value)
    if len(set(found)) < len(found):
        raise _invalid("target_sae_ids", "every target shall be named once")
    return found


def _ids(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - any JSON
    """Identities of keys: texts, or objects that have one."""
    if not isinstance(value, list) or len(value) > MOST:
        raise _invalid("key_ids", f"key_ids shall be an array of at most {MOST}")
    found = tuple(_id(each.get("key_id") if isinstance(each, Mapping) else each) for each in value)
    if len(set(found)) < len(found):
        raise _invalid("key_ids", "every key_id shall be given once")
    return found


def _id(value: Any) -> str:  # noqa: ANN401 - any JSON
    try:
        return str(uuid.UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise _invalid("key_id", "every key_id shall be a UUID") from None


def _keys(value: Any, rules: KmeTable) -> tuple[ManagedKey, ...]:  # noqa: ANN401 - any JSON
    """The keys of a request."""
    most = rules.max_keys_per_request
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        raise _invalid("keys", f"keys shall be 1 to {most}")
    if not all(isinstance(each, Mapping) for each in value):
        raise _invalid("keys", "every key shall be an object with key_id and value")
    ids = _ids([each.get("key_id") for each in value])
    found = []
    for key_id, each in zip(ids, value, strict=True):
        try:
            material = base64.b64decode(each.get("value"), validate=True)
        except (TypeError, ValueError, binascii.Error):
            material = b""
        if not 1 <= 8 * len(material) <= rules.max_key_bits:
            raise _invalid(
                "value", f"every value shall be 1 to {rules.max_key_bits} bits in base64"
            )
        found.append(ManagedKey(key_id=key_id, material=material))
    return tuple(found)


def _url(given: Mapping[str, Any]) -> str | None:
    """Where acknowledgements go."""
    url = given.get("ack_callback_url")
    if url is None:
        return None
    if not isinstance(url, str) or not url.startswith("https://") or len(url) > 1024:
        raise _invalid("ack_callback_url", "ack_callback_url shall begin with https://")
    return url


def _acknowledgements(body: bytes) -> list[Acknowledgement]:
    """Acknowledgements as another system sends them."""
    kind = "ack-not-understood"
    given = json_of(body)
    if not isinstance(given, list) or not 1 <= len(given) <= MOST:
        message = f"the body shall be an array of 1 to {MOST} acknowledgements"
        raise ProblemFoundError(400, kind, "ack_not_understood", message)
    found = []
    for each in given:
        if not isinstance(each, Mapping) or each.get("ack_status") not in STATUSES:
            message = f"every acknowledgement shall have an ack_status: {', '.join(STATUSES)}"
            raise ProblemFoundError(400, kind, "ack_not_understood", message)
        ids = _ids(each.get("key_id_container", each.get("key_ids")))
        found += [
            Acknowledgement(
                key_ids=ids,
                status=str(each["ack_status"]),
                initiator=_initiator(each),
                target=target,
                message=str(each.get("message", ""))[:4096],
            )
            for target in _targets(each)
        ]
    return found


def acknowledgements_to_json(found: Sequence[Acknowledgement]) -> list[dict[str, Any]]:
    """Acknowledgements with the published names, and with those of the drafts."""
    return [
        {
            "key_id_container": [{"key_id": key_id} for key_id in each.key_ids],
            "key_ids": list(each.key_ids),
            "ack_status": each.status,
            "initiator_sae_id": each.initiator,
            "target_sae_ids": [each.target],
            "target_sae_id": each.target,
            **({"message": each.message} if each.message else {}),
        }
        for each in found
    ]


def transfer_to_json(transfer: ExternalTransfer, callback_url: str) -> dict[str, Any]:
    """Keys as they are handed to another system."""
    return {
        "keys": [
            {"key_id": key.key_id, "value": base64.b64encode(key.material).decode()}
            for key in transfer.keys
        ],
        "initiator_sae_id": transfer.initiator,
        "target_sae_ids": list(transfer.targets),
        "ack_callback_url": callback_url,
    }
