"""REST interface of ETSI GS QKD 014 V1.1.1 as a face of a key management server."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from aiohttp import web

from protocols.key_management.keys import ManagedKey
from protocols.key_management.server.face import Face, json_answer, sae_of, unauthorised
from protocols.key_management.server.requests014 import (
    KeyOrder,
    key_ids_of,
    key_order_of,
    read_json,
    single_key_id,
    without_fields,
)
from protocols.key_management.service import KeyService

__all__ = ["etsi014_face"]

PREFIX = "/api/v1/keys"


def etsi014_face(service: KeyService) -> Face:
    """The interface of a key service for its SAEs: status, enc_keys and dec_keys."""
    handlers = _Etsi014(service)
    return Face(
        prefix=PREFIX,
        roles=frozenset({"sae"}),
        routes=[
            web.get(PREFIX + "/{sae}/status", handlers.status),
            web.get(PREFIX + "/{sae}/enc_keys", handlers.get_enc_keys),
            web.post(PREFIX + "/{sae}/enc_keys", handlers.post_enc_keys),
            web.get(PREFIX + "/{sae}/dec_keys", handlers.get_dec_keys),
            web.post(PREFIX + "/{sae}/dec_keys", handlers.post_dec_keys),
        ],
        refuse=_refuse,
    )


def _refuse(status: int, message: str) -> web.Response:
    """The standard's error: a message; 401 has no body, and 503 stands for all that fails here."""
    if status == 401:
        return unauthorised()
    return json_answer({"message": message}, status if status < 500 else 503)


def _container(keys: Sequence[ManagedKey]) -> web.Response:
    """A key container, section 6.3."""
    return json_answer(
        {
            "keys": [
                {"key_ID": each.key_id, "key": base64.b64encode(each.material).decode()}
                for each in keys
            ]
        }
    )


class _Etsi014:
    """The methods of section 5; the caller is who its certificate names."""

    def __init__(self, service: KeyService) -> None:
        self._service = service

    async def status(self, request: web.Request) -> web.Response:
        """Get status, section 5.1."""
        caller = sae_of(request, self._service)
        await without_fields(request)
        found = await self._service.status(caller, request.match_info["sae"])
        return json_answer(
            {
                "source_KME_ID": f"kme-{found.source}",
                "target_KME_ID": f"kme-{found.target}",
                "master_SAE_ID": found.master,
                "slave_SAE_ID": found.slave,
                "key_size": found.key_bits,
                "stored_key_count": found.stored,
                "max_key_count": found.most_stored,
                "max_key_per_request": found.most_per_request,
                "max_key_size": found.most_key_bits,
                "min_key_size": found.least_key_bits,
                "max_SAE_ID_count": found.most_saes,
            }
        )

    async def get_enc_keys(self, request: web.Request) -> web.Response:
        """Get key, section 5.2, with no more than a number and a size."""
        caller = sae_of(request, self._service)
        return await self._enc_keys(caller, request, await key_order_of(request))

    async def post_enc_keys(self, request: web.Request) -> web.Response:
        """Get key, section 5.2."""
        caller = sae_of(request, self._service)
        return await self._enc_keys(caller, request, KeyOrder.read(await read_json(request)))

    async def _enc_keys(self, caller: str, request: web.Request, order: KeyOrder) -> web.Response:
        slaves = [request.match_info["sae"], *order.additional_slaves]
        keys = await self._service.request_keys(
            caller, slaves, number=order.number, size_bits=order.size
        )
        return _container(keys)

    async def get_dec_keys(self, request: web.Request) -> web.Response:
        """Get key with key IDs, section 5.3, for one."""
        caller = sae_of(request, self._service)
        return await self._dec_keys(caller, request, [await single_key_id(request)])

    async def post_dec_keys(self, request: web.Request) -> web.Response:
        """Get key with key IDs, section 5.3."""
        caller = sae_of(request, self._service)
        return await self._dec_keys(caller, request, key_ids_of(await read_json(request)))

    async def _dec_keys(
        self, caller: str, request: web.Request, key_ids: Sequence[str]
    ) -> web.Response:
        master = request.match_info["sae"]
        return _container(await self._service.collect_keys(caller, master, key_ids))
