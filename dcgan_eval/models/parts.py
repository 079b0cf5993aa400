"""Which of several networks in a file is meant: by key, by prefix of its names, or by role."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dcgan_eval.core import CheckpointError
from dcgan_eval.models.weights import Tensors

# Where training scripts put the weights: whatever the network is, or by its role.
_NESTS = ("state_dict", "model_state_dict", "model", "network", "weights", "ema", "model_ema")
_ROLES = {
    "discriminator": {"netD", "discriminator", "D", "netD_state_dict", "discriminator_state_dict"},
    "generator": {"netG", "generator", "G", "netG_state_dict", "generator_state_dict"},
}
_USUAL = {*_NESTS, *_ROLES["discriminator"], *_ROLES["generator"]}
# So many keys are named in a message.
_MOST_SHOWN = 12


def choose_part(
    networks: Mapping[str, Tensors], role: str | None, part: str | None
) -> tuple[str | None, Tensors]:
    """Choose one of the networks in a file.

    Parameters
    ----------
    networks
        Dotted key → state dict; empty where the file is one itself.
    role
        ``discriminator`` or ``generator``; None for whatever is there.
    part
        Key of the wanted one, or prefix of its names in the state dict that holds several.

    Returns
    -------
    key, tensors
        The prefix belongs to the key, the names go on behind it; None for the whole file.

    Raises
    ------
    CheckpointError
        It is not there, or several are; the message lists what is there.
    """
    split = dict(_split(networks))
    found = split if part is None else dict(_under(networks, part))
    usual = {key: one for key, one in found.items() if _is_usual(key.removeprefix(part or ""))}
    found = usual if usual or part is None else found
    if role is not None and (part is None or len(found) > 1):
        found = _of_role(found, role)
    there = _few([place for key, one in split.items() for place in _places(key, one)])
    if len(found) > 1:
        raise CheckpointError(
            f"holds several networks ({_few(list(found))}); say which by geometry: {{part: KEY}}"
        )
    if not found and part is not None:
        raise CheckpointError(f"no weights under part {part!r}; it has {there or 'none'}")
    if not found and split:
        raise CheckpointError(
            f"does not say which weights are the {role or 'network'}'s; it has {there}; say which "
            "by geometry: {part: KEY}"
        )
    if not found:
        raise CheckpointError("no state dict in it; save network.state_dict()")
    key, tensors = next(iter(found.items()))
    return key or None, tensors


def nested_parts(tensors: Tensors) -> list[str]:
    """Prefixes that may be those of several networks: each holds names within names."""
    nested = all(name.count(".") > 1 for name in tensors)
    found = _prefixes(tensors)
    return found if nested and len(found) > 1 else []


def _split(networks: Mapping[str, Tensors]) -> Iterator[tuple[str, Tensors]]:
    """Networks by key; of a state dict that holds both roles under prefixes, each prefix's."""
    for key, tensors in networks.items():
        prefixes = _prefixes(tensors)
        if all(names & {*prefixes} for names in _ROLES.values()):
            yield from ((_joined(key, prefix), _below(tensors, prefix)) for prefix in prefixes)
        else:
            yield key, tensors


def _under(networks: Mapping[str, Tensors], part: str) -> Iterator[tuple[str, Tensors]]:
    """Networks under a key, and those under a prefix of names."""
    for key, tensors in networks.items():
        prefix = part.removeprefix(f"{key}.") if key else part
        if key == part or key.startswith(f"{part}."):
            yield key, tensors
        elif below := _below(tensors, prefix):
            yield _joined(key, prefix), below


def _of_role(networks: dict[str, Tensors], role: str) -> dict[str, Tensors]:
    """Those of a role, where there are; what is kept for the other one is never meant."""
    (other,) = (names for one, names in _ROLES.items() if one != role)
    kept = {key: one for key, one in networks.items() if not other & {*key.split(".")}}
    return {key: one for key, one in kept.items() if _ROLES[role] & {*key.split(".")}} or kept


def _is_usual(key: str) -> bool:
    """Whether training scripts put weights there."""
    return {*filter(None, key.split("."))} <= _USUAL


def _places(key: str, tensors: Tensors) -> list[str]:
    """What may be given as part: a key, or the prefixes of names that may be several networks'."""
    prefixes = nested_parts(tensors) if key else _prefixes(tensors)
    return [_joined(key, prefix) for prefix in prefixes] or [key]


def _prefixes(tensors: Tensors) -> list[str]:
    """First parts of names, each once."""
    return list(dict.fromkeys(name.partition(".")[0] for name in tensors if "." in name))


def _below(tensors: Tensors, prefix: str) -> Tensors:
    """What has a prefix, without it."""
    start = f"{prefix}."
    return {n.removeprefix(start): one for n, one in tensors.items() if n.startswith(start)}


def _joined(key: str, prefix: str) -> str:
    return f"{key}.{prefix}" if key else prefix


def _few(keys: list[str]) -> str:
    """Keys as a message lists them."""
    more = f" and {len(keys) - _MOST_SHOWN} more" if len(keys) > _MOST_SHOWN else ""
    return ", ".join(keys[:_MOST_SHOWN]) + more
