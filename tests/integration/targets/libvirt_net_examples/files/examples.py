# Copyright (c) 2026, virtio.lab contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of libvirt's own formatnetwork.html, as networks, and what libvirt itself makes of them.

examples.py extract HTML   prints a JSON list: name, mode, xml, reference (what virsh defines and dumps, null where
                           libvirt refuses the example) and refusal
examples.py compare        reads one of these on stdin and asks virsh for the network now; fails where the stored XML is
                           not the reference, or does not say everything that the example says
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

from lxml import etree, html

MARK = "{urn:virtio.lab:1}lab"
VIRSH = ["virsh", "--quiet", "--connect", "qemu:///system"]


def whole(number: int, text: str) -> str | None:
    """Return an example as a network that is complete: many show a part between dots. None for what is no XML."""
    text = re.sub(r"^\s*\.\.\.\s*$", "", text, flags=re.MULTILINE).strip()
    if not text.startswith("<network"):
        text = f"<network>{text}</network>"
    # The page closes one <forward> twice, and leaves one <network> open.
    for repaired in (text, f"{text}</network>", re.sub(r"(<forward mode='\w+')/>", r"\1>", text, count=1)):
        try:
            root = etree.fromstring(repaired)
        except etree.XMLSyntaxError:
            continue
        if root.find("name") is None:
            etree.SubElement(root, "name").text = f"example-{number}"
        if mode(root) == "nat" and root.find("ip") is None:  # libvirt wants one
            etree.SubElement(root, "ip", {"address": "192.168.220.1", "prefix": "24"})
        return etree.tostring(root, encoding="unicode")
    return None


def mode(root: etree._Element) -> str:
    forward = root.find("forward")
    return "isolated" if forward is None else forward.get("mode", "nat")


def derived(examples: list[str]) -> list[str]:
    """Return examples of the modes that the page describes and does not show whole: another, the mode exchanged."""
    made = []
    for missing, like in {"vepa": "bridge", "private": "bridge", "open": "route"}.items():
        roots = (etree.fromstring(text) for text in examples)
        # vepa and private are ways of macvtap, as bridge is where it has interfaces
        wanted = "forward/interface" if like == "bridge" else "forward"
        root = next(root for root in roots if mode(root) == like and root.find(wanted) is not None)
        root.find("forward").set("mode", missing)
        root.find("forward").attrib.pop("dev", None)
        made.append(etree.tostring(root, encoding="unicode"))
    return made


def virsh(*words: str, text: str | None = None) -> subprocess.CompletedProcess:
    return subprocess.run([*VIRSH, *words], input=text, capture_output=True, text=True, check=False)


def judged(xml: str) -> dict:
    """Return the example with what libvirt itself makes of it."""
    root = etree.fromstring(xml)
    name = root.findtext("name")
    example = {"name": name, "mode": mode(root), "xml": xml, "reference": None, "refusal": None}
    defined = virsh("net-define", "/dev/stdin", text=xml)
    if defined.returncode != 0:
        example["refusal"] = defined.stderr.strip()
        return example
    example["reference"] = virsh("net-dumpxml", "--inactive", name).stdout
    virsh("net-undefine", name)
    return example


def extract(page: str) -> None:
    blocks = [block.text_content() for block in html.parse(page).iter("pre")]
    networks = [found for found in map(whole, range(len(blocks)), blocks) if found]
    json.dump([judged(xml) for xml in networks + derived(networks)], sys.stdout)


def meaning(element: etree._Element, without: set[str]) -> tuple:
    """Return what element says, whatever the order of its parts."""
    children = sorted(meaning(child, without) for child in element if child.tag not in without)
    return (element.tag, (element.text or "").strip(), sorted(element.attrib.items()), children)


def value(text: str | None) -> str:
    text = (text or "").strip().lower()
    return str(int(text, 0)) if re.fullmatch(r"0x[0-9a-f]+|[1-9]\d*|0", text) else text


def says(dumped: etree._Element, example: etree._Element) -> bool:
    """Tell whether everything that example says stands in dumped too, which may say more."""
    if dumped.tag != example.tag or value(dumped.text) != value(example.text):
        return False
    if any(value(dumped.get(name)) != value(text) for name, text in example.attrib.items()):
        return False
    return all(any(says(child, part) for child in dumped) for part in example)


def compare(example: dict) -> None:
    asked, reference = (etree.fromstring(example[key]) for key in ("xml", "reference"))
    now = etree.fromstring(virsh("net-dumpxml", "--inactive", example["name"]).stdout)
    # What libvirt makes up anew each time, and the owner's mark.
    made_up = {tag for tag in ("uuid", "mac") if asked.find(tag) is None}
    without = made_up | {MARK} | ({"metadata"} if asked.find("metadata") is None else set())
    assert meaning(now, without) == meaning(reference, without), etree.tostring(now, encoding="unicode")
    assert says(now, asked), etree.tostring(now, encoding="unicode")
    assert now.find(f"metadata/{MARK}") is not None, "the network has no mark"


if __name__ == "__main__":
    if sys.argv[1] == "extract":
        extract(sys.argv[2])
    else:
        compare(json.load(sys.stdin))
