"""What we are built of: a bill of materials (CycloneDX) of `uv.lock`, checked and audited for advisories.

    python .ci/supply_chain.py OUT

Ends in an error when the bill is not valid or not complete, when a licence is not on the list, or when a known weakness
was found. Where no advisory service can be reached it says so, and that nothing was audited; it never says "fine" then.
"""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SCHEMA_TOOL, AUDIT_TOOL = "cyclonedx-python-lib[json-validation]>=11,<12", "pip-audit>=2.10,<3"
VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
wrong = JsonStrictValidator(SchemaVersion.V1_5).validate_str(open(sys.argv[1]).read())
sys.exit(f"the bill of materials is not valid CycloneDX 1.5: {wrong}" if wrong else 0)
"""
LICENCES = re.compile(
    r"apache|\bmit\b|bsd|isc|python|psf|mpl|mozilla|lgpl|lesser general public|zope|zpl|unlicense|0bsd|hpnd|cc0", re.I
)
"""What EUPL-1.2 software may be built upon; a package under any other licence is looked at by a person first."""

READ_BY_A_PERSON = {"imapclient": "BSD-3-Clause"}
"""Packages whose metadata does not name their licence, and what their files say."""


def main(out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    bill, needed = out / "sbom.cdx.json", out / "requirements.txt"
    for form, file in (("cyclonedx1.5", bill), ("requirements.txt", needed)):
        what = ("--frozen", "--no-dev", "--all-extras", "--no-emit-project")
        _uv("export", "--quiet", *what, "--format", form, "-o", str(file))
    _uv("run", "--quiet", "--no-project", "--isolated", "--with", SCHEMA_TOOL, "python", "-c", VALIDATE, str(bill))
    parts = json.loads(bill.read_text(encoding="utf-8"))["components"]
    wrong = [*missing(parts, needed.read_text(encoding="utf-8")), *unlicensed(parts)]
    print(*wrong, f"{bill}: {len(parts)} packages, valid CycloneDX 1.5", sep="\n")
    weak = audit(needed)
    return 1 if wrong or weak else 0


def missing(parts: list[dict[str, Any]], requirements: str) -> list[str]:
    """Name what is locked and not in the bill, or the other way round, or without its address and hashes."""
    pinned = set(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", requirements, re.M))
    listed = {(part["name"], part["version"]) for part in parts}
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    locked = {(package["name"], package["version"]) for package in lock["package"] if "version" in package}
    told = [f"not in the bill: {name} {version}" for name, version in sorted(pinned - listed)]
    told += [f"not in uv.lock: {name} {version}" for name, version in sorted(listed - locked)]
    return told + [f"without address or hash: {part['name']}" for part in parts if not _is_traceable(part)]


def _is_traceable(part: dict[str, Any]) -> bool:
    return part.get("purl", "").startswith("pkg:pypi/") and any(
        reference.get("hashes") for reference in part.get("externalReferences", [])
    )


def unlicensed(parts: list[dict[str, Any]]) -> list[str]:
    """Name every package whose licence is not on the list; those for another system are not installed here."""
    told = []
    for part in parts:
        name = part["name"]
        try:
            words = READ_BY_A_PERSON.get(name) or licence(distribution(name))
        except ModuleNotFoundError:
            continue
        if not LICENCES.search(words):
            told.append(f"licence not on the list: {name}: {words[:80] or 'none named'}")
    return told


def licence(package: Distribution) -> str:
    told = package.metadata
    classified = [each for each in told.get_all("Classifier") or [] if each.startswith("License")]
    return " ".join([told.get("License-Expression") or "", *classified, (told.get("License") or "")[:200]]).strip()


def audit(needed: Path) -> int:
    """Print what is known of the packages; return how many weaknesses were found."""
    found, told = 0, set[str]()
    for service in ("pypi", "osv"):
        done = _audit(needed, service)
        audited = [each for each in done if "vulns" in each]
        told |= {each["name"] for each in audited}
        for each in audited:
            for weakness in each["vulns"]:
                found += 1
                mended = ", ".join(weakness["fix_versions"]) or "not mended yet"
                print(f"KNOWN WEAKNESS {each['name']} {each['version']}: {weakness['id']} (mended in: {mended})")
        if audited:
            print(f"audited against {service}: {len(audited)} of {len(done)} packages")
    if not told:
        print(
            "NOT AUDITED: no advisory service (PyPI, OSV) could be reached from here. Nothing is known of weaknesses."
        )
    return found


def _audit(needed: Path, service: str) -> list[dict[str, Any]]:
    tool = ["uv", "tool", "run", "--quiet", "--from", AUDIT_TOOL, "pip-audit", "--requirement", str(needed)]
    asked = [*tool, "--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off", "-s", service]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=600, check=False)
    try:
        return list(json.loads(done.stdout)["dependencies"])
    except ValueError:
        print(f"{service} did not answer: {(done.stderr.strip().splitlines() or ['nothing said'])[-1][:200]}")
        return []


def _uv(*arguments: str) -> None:
    subprocess.run(["uv", *arguments], cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
