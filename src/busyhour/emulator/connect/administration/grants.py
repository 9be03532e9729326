"""Permissions and applications of security profiles, and proficiencies of users."""

from __future__ import annotations

from busyhour.emulator.connect.api.crud import HANDLERS as ROWS
from busyhour.emulator.connect.instance_runtime import InstanceRuntime, Params, not_found
from busyhour.emulator.connect.resources import kinds
from busyhour.emulator.connect.resources.instance import Resource
from busyhour.emulator.model.paging import page
from busyhour.emulator.model.registry import operation

_GIVEN = ("Permissions", "Applications")
_PROFICIENCIES = "UserProficiencies"


@operation("CreateSecurityProfile")
def create_profile(site: InstanceRuntime, params: Params) -> Params:
    """CreateSecurityProfile, with its permissions and applications."""
    made = ROWS["CreateSecurityProfile"](site, params)
    _keep(site.find(kinds.SECURITY_PROFILE, made["SecurityProfileId"]), params)
    return made


@operation("UpdateSecurityProfile")
def update_profile(site: InstanceRuntime, params: Params) -> Params:
    """UpdateSecurityProfile, with its permissions and applications."""
    answer = ROWS["UpdateSecurityProfile"](site, params)
    _keep(site.find(kinds.SECURITY_PROFILE, params["SecurityProfileId"]), params)
    return answer


@operation("ListSecurityProfilePermissions")
def permissions(site: InstanceRuntime, params: Params) -> Params:
    """ListSecurityProfilePermissions: those that were given; what the instance's own profiles allow is not known here."""
    return _listed(
        site, site.find(kinds.SECURITY_PROFILE, params["SecurityProfileId"]), "Permissions", params
    )


@operation("ListSecurityProfileApplications")
def applications(site: InstanceRuntime, params: Params) -> Params:
    """ListSecurityProfileApplications."""
    return _listed(
        site, site.find(kinds.SECURITY_PROFILE, params["SecurityProfileId"]), "Applications", params
    )


@operation("AssociateUserProficiencies")
def associate(site: InstanceRuntime, params: Params) -> Params:
    """Give a user proficiencies.

    Raises:
        ApiError: ResourceNotFoundException: there is no such predefined attribute, or it has no such value;
            InvalidRequestException: more than the quota (the operation models no error of limits).
    """
    user: Resource = site.find(kinds.USER, params["UserId"])
    known = {
        one.members["Name"]: (one.members.get("Values") or {}).get("StringList") or ()
        for one in site.instance.all(kinds.PREDEFINED_ATTRIBUTE)
    }
    kept = {_key(one): one for one in user.parts.get(_PROFICIENCIES, ())}
    for one in params[_PROFICIENCIES]:
        if one["AttributeName"] not in known:
            raise not_found("AttributeName")
        if one["AttributeValue"] not in known[one["AttributeName"]]:
            raise not_found("AttributeValue")
        kept[_key(one)] = one
    site.within("connect.proficiencies-per-agent", len(kept), "InvalidRequestException", 400)
    return _proficient(site, user, list(kept.values()))


@operation("UpdateUserProficiencies")
def update(site: InstanceRuntime, params: Params) -> Params:
    """Change the level of proficiencies that a user has.

    Raises:
        ApiError: ResourceNotFoundException: the user has no such proficiency.
    """
    user: Resource = site.find(kinds.USER, params["UserId"])
    kept = {_key(one): one for one in user.parts.get(_PROFICIENCIES, ())}
    for one in params[_PROFICIENCIES]:
        if _key(one) not in kept:
            raise not_found("UserProficiencies")
        kept[_key(one)] = one
    return _proficient(site, user, list(kept.values()))


def _proficient(site: InstanceRuntime, user: Resource, proficiencies: list[Params]) -> Params:
    user.parts[_PROFICIENCIES] = proficiencies
    user.modified = site.state.time()
    return {}


@operation("DisassociateUserProficiencies")
def disassociate(site: InstanceRuntime, params: Params) -> Params:
    """Take proficiencies from a user."""
    user: Resource = site.find(kinds.USER, params["UserId"])
    taken = [_key(one) for one in params[_PROFICIENCIES]]
    user.parts[_PROFICIENCIES] = [one for one in user.parts.get(_PROFICIENCIES, ()) if _key(one) not in taken]
    user.modified = site.state.time()
    return {}


@operation("ListUserProficiencies")
def proficiencies(site: InstanceRuntime, params: Params) -> Params:
    """ListUserProficiencies."""
    user = site.find(kinds.USER, params["UserId"])
    return _listed(site, user, _PROFICIENCIES, params, "UserProficiencyList")


def _keep(profile: Resource, params: Params) -> None:
    profile.parts |= {member: params[member] for member in _GIVEN if params.get(member) is not None}


def _listed(site: InstanceRuntime, of: Resource, part: str, params: Params, member: str = "") -> Params:
    chosen, token = page(of.parts.get(part, ()), params)
    changed = {"LastModifiedTime": of.modified, "LastModifiedRegion": site.state.account.region}
    return {member or part: chosen, **token, **changed}


def _key(proficiency: Params) -> tuple[str, str]:
    return proficiency["AttributeName"], proficiency["AttributeValue"]
