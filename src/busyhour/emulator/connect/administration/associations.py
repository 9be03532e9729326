"""Functions and bots that are associated with an instance.

Flows reach every function and bot regardless: CreateContactFlow looks neither up, and the emulator needs no permission. What
is associated is listed.
"""

from __future__ import annotations

from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params
from busyhour.emulator.messages import ApiError
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_FUNCTIONS, _BOTS_V1, _BOTS_V2 = "functions", "bots of Lex V1", "bots of Lex V2"
_QUOTAS = {
    _FUNCTIONS: "connect.aws-lambda-functions-per-instance",
    _BOTS_V1: "connect.amazon-lex-bots-per-instance",
    _BOTS_V2: "connect.amazon-lex-v2-bot-aliases-per-instance",
}


@operation("AssociateLambdaFunction")
def associate_function(site: InstanceRuntime, params: Params) -> Params:
    """AssociateLambdaFunction."""
    arn = params["FunctionArn"]
    if ":lambda:" not in arn:
        raise ApiError("InvalidParameterException", f"FunctionArn {arn!r} is not the ARN of a function.")
    return _add(site, _FUNCTIONS, arn)


@operation("DisassociateLambdaFunction")
def disassociate_function(site: InstanceRuntime, params: Params) -> Params:
    """DisassociateLambdaFunction."""
    return _remove(site, _FUNCTIONS, params["FunctionArn"])


@operation("ListLambdaFunctions")
def list_functions(site: InstanceRuntime, params: Params) -> Params:
    """ListLambdaFunctions."""
    chosen, token = page(_all(site, _FUNCTIONS), params, 25)
    return {"LambdaFunctions": chosen, **token}


@operation("AssociateBot")
def associate_bot(site: InstanceRuntime, params: Params) -> Params:
    """AssociateBot: one of Lex V1 by name and Region, or an alias of Lex V2."""
    return _add(site, *_bot(params))


@operation("DisassociateBot")
def disassociate_bot(site: InstanceRuntime, params: Params) -> Params:
    """DisassociateBot."""
    return _remove(site, *_bot(params))


@operation("ListBots")
def list_bots(site: InstanceRuntime, params: Params) -> Params:
    """ListBots of one version of Lex."""
    if params["LexVersion"] == "V2":
        chosen, token = page(_all(site, _BOTS_V2), params, 25)
        return {"LexBots": [{"LexV2Bot": {"AliasArn": arn}} for arn in chosen], **token}
    chosen, token = page(_all(site, _BOTS_V1), params, 25)
    return {"LexBots": [{"LexBot": _v1(one)} for one in chosen], **token}


@operation("AssociateLexBot")
def associate_lex_bot(site: InstanceRuntime, params: Params) -> Params:
    """AssociateLexBot, of Lex V1."""
    return _add(site, *_bot(params))


@operation("DisassociateLexBot")
def disassociate_lex_bot(site: InstanceRuntime, params: Params) -> Params:
    """DisassociateLexBot."""
    return _remove(site, _BOTS_V1, f"{params['LexRegion']}/{params['BotName']}")


@operation("ListLexBots")
def list_lex_bots(site: InstanceRuntime, params: Params) -> Params:
    """ListLexBots."""
    chosen, token = page(_all(site, _BOTS_V1), params, 25)
    return {"LexBots": [_v1(one) for one in chosen], **token}


def _bot(params: Params) -> tuple[str, str]:
    one, two = params.get("LexBot"), params.get("LexV2Bot")
    if (one is None) == (two is None):
        raise ApiError("InvalidRequestException", "Exactly one of LexBot and LexV2Bot is needed.")
    if one is not None:
        return _BOTS_V1, f"{one['LexRegion']}/{one['Name']}"
    arn = (two or {}).get("AliasArn")
    if not arn or ":bot-alias/" not in arn:
        raise ApiError("InvalidRequestException", f"AliasArn {arn!r} is not the ARN of a bot's alias.")
    return _BOTS_V2, str(arn)


def _v1(kept: str) -> Params:
    region, _, name = kept.partition("/")
    return {"Name": name, "LexRegion": region}


def _all(site: InstanceRuntime, what: str) -> list[str]:
    return site.instance.associations.setdefault(what, [])


def _add(site: InstanceRuntime, what: str, one: str) -> Params:
    present = _all(site, what)
    if one in present:
        raise ApiError("ResourceConflictException", "The resource is already associated.", 409)
    site.within(_QUOTAS[what], len(present) + 1, "ServiceQuotaExceededException", 402)
    present.append(one)
    return {}


def _remove(site: InstanceRuntime, what: str, one: str) -> Params:
    present = _all(site, what)
    if one not in present:
        raise ApiError("ResourceNotFoundException", "The resource is not associated.", 404)
    present.remove(one)
    return {}
