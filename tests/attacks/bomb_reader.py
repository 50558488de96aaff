"""Reads bombs by name in a process with little memory; tells of each how it ended, on a line of JSON."""

import base64
import io
import json
import resource
import sys
import time
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

sys.path += [str(Path(__file__).parent / "fuzz")]

import fuzz_parsers
from bundle_lies import lying

from profiles.errors import BadInput, PraktijktestError

SECRET = "root:x:0:0"  # what /etc/passwd begins with


def nested_mail() -> bytes:
    inside = "Content-Type: text/plain\n\nhelaas verhuurd"
    for level in range(1000):
        inside = f'Content-Type: multipart/mixed; boundary="b{level}"\n\n--b{level}\n{inside}\n--b{level}--\n'
    return b"From: a@b.example\nMIME-Version: 1.0\n" + inside.encode()


def many_parts() -> bytes:
    part = b"--g\nContent-Type: text/plain\n\nx\n"
    return b"From: a@b.example\nContent-Type: multipart/mixed; boundary=g\n\n" + part * 100_000 + b"--g--\n"


def huge_header() -> bytes:
    return b"From: a@b.example\nSubject: " + b"x" * 20_000_000 + b"\n\nDag"


def many_headers() -> bytes:
    return b"To: a@b.example\n" * 300_000 + b"\nDag"


def endless_base64() -> bytes:
    head = b"From: a@b.example\nContent-Transfer-Encoding: base64\nContent-Length: 99999999999\n\n"
    return head + base64.encodebytes(bytes(15_000_000))


def deep_html() -> bytes:
    return b"From: a@b.example\nContent-Type: text/html\n\n" + b"<div><blockquote>" * 100_000


def html_entities() -> bytes:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return b"From: a@b.example\nContent-Type: text/html\n\n<!DOCTYPE h [<!ENTITY l0 'ha'>" + laughs + b"]><p>&l9;"


def _zipped(names: Mapping[str, bytes], kind: int = ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", kind) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return made.getvalue()


def zip_of_zeros() -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive, archive.open("results.json", "w", force_zip64=True) as inside:
        for _ in range(4 * 64):
            inside.write(bytes(1 << 24))
    return made.getvalue()


def zip_that_lies() -> bytes:
    return lying(zlib.compress(bytes(400_000_000), 9)[2:-4], "results.json", told=1000)


def zip_of_files() -> bytes:
    return _zipped({f"data/{number}.csv": b"" for number in range(10_000)}, ZIP_STORED)


def zip_that_climbs() -> bytes:
    return _zipped({"../../../tmp/klim": b"x", "/etc/cron.d/x": b"x", "C:\\x": b"x", "checksums.sha256": b""})


def zip_with_link() -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w") as archive:
        link = ZipInfo("results.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return made.getvalue()


def yaml_laughs() -> bytes:
    lines = ["a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(lines).encode()


def yaml_deep() -> bytes:
    return b"round: " + b"[" * 20_000


def yaml_key() -> bytes:
    return b"k" * 5_000_000 + b": 1"


def csv_columns() -> bytes:
    return b"advertiser," * 1_000_000 + b"\n" + b"x," * 1_000_000


def csv_cell() -> bytes:
    return b"advertiser,name\nalfa," + b"x" * 20_000_000


def csv_quote() -> bytes:
    return b'advertiser,name\nalfa,"' + b"x\n" * 2_000_000


def json_deep() -> bytes:
    return b'{"data":' + b"[" * 1_000_000


def json_number() -> bytes:
    return b'{"data":{"homes":[{"rent":' + b"9" * 1_000_000 + b"}]}}"


def _rss(before: bytes, told: bytes) -> bytes:
    item = b"<item><guid>1</guid><home><street>" + told + b"</street></home></item>"
    return b"<?xml version='1.0'?>" + before + b"<rss><channel>" + item + b"</channel></rss>"


def xml_laughs() -> bytes:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return _rss(b'<!DOCTYPE rss [<!ENTITY l0 "lol">' + laughs + b"]>", b"&l9;")


def xml_square() -> bytes:
    return _rss(b'<!DOCTYPE rss [<!ENTITY a "' + b"a" * 100_000 + b'">]>', b"&a;" * 50_000)


def xml_file() -> bytes:
    return _rss(b'<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>', b"&f;")


def xml_dtd() -> bytes:
    return _rss(b'<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">', b"x")


def xml_deep() -> bytes:
    return _rss(b"", b"<a>" * 100_000)


READERS: Mapping[str, Callable[[bytes], None]] = {
    "mail": fuzz_parsers.mail, "bundle": fuzz_parsers.bundle, "design": fuzz_parsers.design,
    "forms": fuzz_parsers.form_descriptions, "participants": fuzz_parsers.participant_list,
    "counts": fuzz_parsers.counts, "feed json": fuzz_parsers.feed_json, "feed xml": fuzz_parsers.feed_xml,
}  # fmt: skip


def main() -> None:
    room = int(sys.argv[1]) << 20
    READERS["mail"](b"From: a@b.example\n\nDag")
    for reader, bomb in json.loads(sys.stdin.read()):
        raw = globals()[bomb]()
        Path("/proc/self/clear_refs").write_text("5")  # the peak of memory counts from here
        before = _of_memory("VmRSS")
        resource.setrlimit(resource.RLIMIT_AS, (_of_memory("VmSize") + room, resource.RLIM_INFINITY))
        told = _told(READERS[reader], raw)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        told["megabytes"] = (_of_memory("VmHWM") - before) >> 20
        print(json.dumps(told), flush=True)


def _told(read: Callable[[bytes], None], raw: bytes) -> dict[str, object]:
    begun, said = time.process_time(), ""
    try:
        read(raw)
        ended = "read"
    except PraktijktestError as error:
        problems = error.problems if isinstance(error, BadInput) else (error.problem,)  # type: ignore[attr-defined]
        said, ended = str(error)[:100_000], f"{type(error).__name__} {problems[0].code}"
        ended += "" if max(len(str(each)) for each in problems) < 20_000 else ", told at endless length"
    except (MemoryError, Exception) as error:  # noqa: BLE001 - what escapes is what is looked for
        ended = f"escaped: {type(error).__name__}"
    leaked = SECRET in said or Path("/tmp/klim").exists()  # noqa: S108 - where the bomb would put it
    return {"seconds": time.process_time() - begun, "ended": ended, "leaked": leaked}


def _of_memory(what: str) -> int:
    """What the system says of this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"{what}:"))) << 10


if __name__ == "__main__":
    main()
