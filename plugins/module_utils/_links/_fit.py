# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a wish fits what is there: what the kernel would refuse later is refused before anything is changed."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence

from ansible_collections.virtio.lab.plugins.module_utils._errors import LabError
from ansible_collections.virtio.lab.plugins.module_utils._links._address import IPV6_MTU, is_ipv6, is_link_local
from ansible_collections.virtio.lab.plugins.module_utils._links._check import refuse_ethernet
from ansible_collections.virtio.lab.plugins.module_utils._links._kinds import KINDS
from ansible_collections.virtio.lab.plugins.module_utils._links._makeable import check_endpoints
from ansible_collections.virtio.lab.plugins.module_utils._links._model import MARK, Key, Link, Wish, label
from ansible_collections.virtio.lab.plugins.module_utils._links._mtu import largest, of_new, vxlan_is_ipv6, why
from ansible_collections.virtio.lab.plugins.module_utils._links._order import peer_key
from ansible_collections.virtio.lab.plugins.module_utils._links._world import World

KIND_NAMES = {"tun": "TUN/TAP", "": "physical or built-in"}


def check_fit(wish: Wish, link: Optional[Link], world: World, notes: Optional[list[str]] = None) -> None:
    """Raises LabError where the link cannot become, or be made, what is wanted. notes: as in `plan`."""
    if link is None:
        _check_new(wish, world)
    else:
        check_kind(wish, link)
        if link.attributes.get("mode") == "tun" and wish.attributes.get("mode") != "tap":
            refuse_ethernet(wish)
    _check_master(wish, link, world, notes)
    check_mtu(wish, link, world)
    check_vxlan(wish, link)
    _check_spanning_tree(wish, link)
    parent = wish.attributes.get("parent")
    if parent and world.get((wish.netns, parent)) is None:
        raise LabError(f"{wish.label}: parent '{parent}' does not exist there; create it first, or list it too")


def check_kind(wish: Wish, link: Link) -> None:
    """Raises LabError where the name belongs to a link of another kind."""
    if wish.kind not in (None, link.kind):
        there, wanted = (f"a {KIND_NAMES.get(kind, kind)}" for kind in (link.kind, str(wish.kind)))
        raise LabError(f"{wish.label} exists and is {there} link, not {wanted} link; choose another name")


def refuse_others(wish: Wish, link: Link, why: str, force: bool) -> None:
    """Raises LabError where a link that was not made here is to be removed or made anew."""
    check_kind(wish, link)
    if not link.kind:
        raise LabError(f"{wish.label} is a physical or built-in link; such a link cannot be removed")
    if link.alias != MARK and not force:
        mark = f"its alias is '{link.alias}'" if link.alias else "it has no alias"
        raise LabError(
            f"{wish.label} was not made by this collection ({mark}, not '{MARK}') and the change {why}; "
            "remove it where it was made, or allow it with force: true"
        )


def refuse_used(wish: Wish, users: Sequence[Link], why: str, wishes: Mapping[Key, Wish]) -> None:
    """Raises LabError where a port or a link on top would lose the link and is not wanted elsewhere either."""
    left = [user for user in users if not _leaves(user, wishes.get((wish.netns, user.name)), wish.name)]
    if left:
        names = ", ".join(user.name for user in left)
        raise LabError(
            f"{wish.label} is used by {names} and the change {why}; "
            "take these off it or list them as absent too, or allow it with force: true"
        )


def _leaves(user: Link, wish: Optional[Wish], name: str) -> bool:
    """Whether it is a port that goes to another bridge; a link on top goes down with its parent whatever is wanted."""
    return user.master == name and wish is not None and wish.state != "absent" and wish.master not in (None, name)


def refuse_peers(wish: Wish, link: Link, anew: bool) -> None:
    """Raises LabError where an address with a peer would go: a wish cannot name the peer, so nothing brings it back."""
    kept = () if anew else link.peers if wish.addresses is None else wish.addresses
    lost = [address for address in link.peers if address not in kept]
    if lost:
        raise LabError(
            f"{wish.label} has {', '.join(lost)} with a peer (point to point), which would be lost; "
            "take it off first, or allow it with force: true"
        )


def refuse_claimed(wish: Wish, master: str, claims: dict[tuple[str, str, str], dict[int, Wish]]) -> None:
    """Raises LabError where another port of the bridge is to have an FDB entry for the same address.

    claims: who has which VLANs by namespace, bridge and MAC address; it gets what this wish adds.
    """
    for entry in wish.fdb or ():
        if entry.dst:
            continue
        taken = claims.setdefault((wish.netns, master, entry.mac), {})
        for vlan, other in taken.items():
            if other.key != wish.key and (vlan == entry.vlan or not vlan or not entry.vlan):
                raise LabError(
                    f"{wish.label} and {other.label} both list {entry.mac} in fdb; "
                    f"bridge {master} has one port for an address"
                )
        taken.setdefault(entry.vlan, wish)


def refuse_parent_down(wish: Wish, link: Link, world: World, notes: Optional[list[str]]) -> None:
    """Raises LabError where a VLAN is to go up on a parent that is down, and stays so."""
    parent = world.get((wish.netns, link.attributes.get("parent") or ""))
    if link.kind == "vlan" and parent is not None and not parent.up:
        _object(f"{wish.label} cannot go up while its parent {parent.name} is down; list that as up too", notes)


def _object(sentence: str, notes: Optional[list[str]]) -> None:
    """Note down what an earlier task may put right until then. Raises LabError where there is none."""
    if notes is None:
        raise LabError(sentence)
    if sentence not in notes:
        notes.append(sentence)


def _check_new(wish: Wish, world: World) -> None:
    other = world.altname_of(wish.key)
    if other:
        raise LabError(f"{wish.label}: the name is an alternative name of link {other}; choose another name")
    if wish.kind is None:
        raise LabError(f"{wish.label} does not exist; give its kind to have it made, or the name of one that exists")
    for name in KINDS[wish.kind].required:
        if wish.attributes.get(name) is None:
            raise LabError(f"{wish.label} does not exist, and to make a {wish.kind} link its {name} is needed")


def refuse_contradictions(wishes: Mapping[Key, Wish]) -> None:
    """Raises LabError where what is listed of the two ends of a veth cannot both be."""
    ends: dict[Key, Wish] = {}
    for wish in wishes.values():
        if wish.state == "absent" or not wish.attributes.get("peer"):
            continue
        key = peer_key(wish)
        other = wishes.get(key)
        if key in ends:
            raise LabError(
                f"{wish.label} and {ends[key].label} have the same peer {label(*key)}; give each one of its own"
            )
        if other is not None and other.state == "absent":
            raise LabError(f"{wish.label} has the peer {other.label}, which is listed as absent; one needs the other")
        if other is not None and other.attributes.get("peer") and peer_key(other) != wish.key:
            raise LabError(f"{wish.label} has the peer {other.label}, which is listed with another peer")
        ends[key] = wish


def refuse_taken(wish: Wish, world: World) -> None:
    """Raises LabError where there is a link already of the name that the other end of a new veth is to have."""
    if wish.kind == "veth" and world.get(peer_key(wish)) is not None:
        raise LabError(f"{wish.label}: peer {label(*peer_key(wish))} exists and has another peer; choose another name")


def _check_master(wish: Wish, link: Optional[Link], world: World, notes: Optional[list[str]]) -> None:
    if wish.master:
        bridge = world.get((wish.netns, wish.master))
        if bridge is None:
            raise LabError(f"{wish.label}: bridge '{wish.master}' does not exist there; create it first")
        if bridge.kind != "bridge":
            raise LabError(f"{wish.label}: '{wish.master}' is a {bridge.kind or 'plain'} link, not a bridge")
    master = (link.master if link else "") if wish.master is None else wish.master
    if master:
        return
    itself = (wish.kind or (link.kind if link else None)) == "bridge"
    local = wish.fdb and any(not entry.dst for entry in wish.fdb)
    for option, given in (("port", wish.port), ("vlans", wish.vlans and not itself), ("fdb", local)):
        if given and itself:
            raise LabError(f"{wish.label}: {option} is for a port of a bridge, and a bridge is never one; leave it out")
        if given:
            what = f"{wish.label}: {option} is for a port of a bridge, which it is not"
            _object(f"{what}; set master to a bridge", None if wish.master == "" else notes)


def check_mtu(wish: Wish, link: Optional[Link], world: World) -> None:
    """Raises LabError where the link cannot have the MTU, or not with its addresses. link: None for a new one."""
    kind = str(wish.kind or (link.kind if link else ""))
    attributes = {**(link.attributes if link else {}), **wish.attributes}
    parent = world.get((wish.netns, attributes.get("parent") or ""))
    if wish.mtu and (link is None or wish.mtu != link.mtu):
        limit = largest(kind, attributes, parent)
        if limit is not None and wish.mtu > limit:
            bound = why(kind, attributes, parent, limit) if parent else f"{limit}, the most of mode tap"
            raise LabError(f"{wish.label}: mtu {wish.mtu} is more than {bound}")
        if link and link.max_mtu and wish.mtu > link.max_mtu:
            raise LabError(f"{wish.label}: mtu {wish.mtu} is more than the {link.max_mtu} that this link takes")
    mtu = wish.mtu or (link.mtu if link else of_new(kind, attributes, parent) if kind else None)
    if mtu and mtu < IPV6_MTU and any(is_ipv6(address) for address in wish.addresses or ()):
        raise LabError(f"{wish.label}: IPv6 addresses need an mtu of {IPV6_MTU} or more, not {mtu}")


def refuse_short_mtu(wish: Wish, link: Link) -> None:
    """Raises LabError where the kernel would take IPv6 addresses off the link that nobody asked to be taken off."""
    lost = [address for address in link.addresses if is_ipv6(address) and not is_link_local(address)]
    if wish.mtu and wish.mtu < IPV6_MTU and wish.addresses is None and lost:
        raise LabError(
            f"{wish.label} has {', '.join(lost)}, which an mtu of {wish.mtu} would take away: IPv6 needs {IPV6_MTU}; "
            "list what it is to have as addresses, or allow it with force: true"
        )


def refuse_unseen_peer(wish: Wish) -> None:
    """Raises LabError where the other end of a veth is where nobody can look what would be lost of it."""
    raise LabError(
        f"{wish.label} would be made anew, and its other end is in a network namespace without a name, from which it "
        "would vanish; remove it first, or allow it with force: true"
    )


def check_vxlan(wish: Wish, link: Optional[Link]) -> None:
    """Raises LabError where the ends of a VXLAN, and those in its FDB, are not of one IP version."""
    if "vxlan" not in (wish.kind, link.kind if link else None):
        return
    attributes = {**(link.attributes if link else {}), **wish.attributes}
    check_endpoints(wish.label, attributes)
    version = 6 if vxlan_is_ipv6(attributes) else 4
    for entry in wish.fdb or ():
        if entry.dst and is_ipv6(entry.dst) != (version == 6):
            raise LabError(
                f"{wish.label}: FDB entry {entry.mac} has dst {entry.dst}, but it sends by IPv{version}; give others"
            )


def _check_spanning_tree(wish: Wish, link: Optional[Link]) -> None:
    attributes = {**(link.attributes if link else {}), **wish.attributes}
    if attributes.get("stp") and wish.attributes.get("forward_delay", 2) < 2:
        raise LabError(
            f"{wish.label}: forward_delay {wish.attributes['forward_delay']} is too short with stp; 2 to 30 s"
        )
