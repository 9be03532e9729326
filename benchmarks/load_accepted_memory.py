"""Memory of a voice run whose contacts are too many to be asked about: 500,000 accepted at 1,000 a second.

The generator's own code in virtual time, with a stand-in for Connect that accepts every call and knows how each ends
after a minute; with the journal on disk, as against AWS. The aim: between 100,000 and 500,000 contacts memory grows by
less than 10 bytes a contact (it holds 10,000 ids and the sample that is asked about). The peer is what keeping every id
takes.
"""

import itertools
import json
import resource
import tempfile
import time
import uuid
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).parents[1]
CALLS, RATE, LASTS = 500_000, 1000.0, 60.0
AIM = 10.0


def resident():
    """Resident memory of this process, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("no VmRSS in /proc/self/status")


def keeping_all():
    """Bytes per contact where every id is kept, as a dictionary's keys."""
    before = resident()
    kept = {str(uuid.uuid4()): None for _ in range(CALLS)}
    return (resident() - before) / len(kept)


def run(folder):
    """Resident memory after that number of contacts, and seconds of CPU for each 1,000."""
    import locust  # noqa: F401 - as in a worker; it patches sockets, so it comes first

    import orjson

    from busyhour.capacity.simulation.clock import VirtualClock
    from busyhour.load.error_classes import Class
    from busyhour.load.recorder import Recorder
    from busyhour.load.users.voice import VoiceCalls
    from busyhour.scenarios.reader import load

    clock, number, sizes = VirtualClock(), itertools.count(), {}
    settings = SimpleNamespace(aws=True, instance="i", run_dir=folder, contact_events=None)
    path = ROOT / "scenarios" / "outbound.toml"
    scenario = load(
        path, overrides=['aws.destinations=["+12025550101"]', f"traffic.duration={CALLS / RATE}s"]
    )

    class Connect:
        """Both operations: accepts calls, and tells of contacts; an id says when it was given, so nothing is kept here."""

        has_room = True

        def operation(self, name, sample, application=True):
            return self

        def send(self, body, intended, done, path=None):
            if path is None:
                told = {"ContactId": f"{clock.now():013.3f}-4b1e-9d2f-{next(number):012x}"}
            else:
                start = float(path.rpartition("/")[2].partition("-")[0])
                told = {"InitiationTimestamp": start, "ConnectedToSystemTimestamp": start}
                if start + LASTS < clock.now():
                    told |= {"DisconnectTimestamp": start + LASTS, "DisconnectReason": "CUSTOMER_DISCONNECT"}
                told = {"Contact": told}
            done(SimpleNamespace(kind=Class.OK, ok=True, body=orjson.dumps(told), finished_at=clock.now()))

    class Voice(VoiceCalls):
        def flow_id(self):
            return "flow"

    voice = Voice()
    voice.drive = SimpleNamespace(
        settings=settings,
        scenario=scenario,
        service=lambda name: Connect(),
        clock=clock,
        recorder=Recorder(),
        schedule=SimpleNamespace(planned_series=lambda step: ([0.0], [RATE]), duration=CALLS / RATE),
        k=0,
        n=1,
        on_contact=[],
        started_at=0.0,
        note=print,
        interrupted=False,
    )
    voice.prepare()
    voice.begin()
    cpu = time.process_time()
    for index in range(CALLS):
        clock.run(index / RATE)
        voice.arrive(index, index / RATE)
        if index % 1000 == 999:
            voice.drive.recorder.flush()
        if index + 1 in (100_000, CALLS):
            sizes[index + 1] = resident()
    cpu = time.process_time() - cpu
    begun = time.process_time()
    assert len(voice._not_followed([])) > CALLS - 5000
    print(
        f"{voice._known:,} ends known, {len(voice._source.followed):,} contacts asked about, {voice._unknown.count:,} not"
    )
    return sizes, cpu / CALLS * 1e6, time.process_time() - begun


def main():
    """Print the figure and the aim."""
    with tempfile.TemporaryDirectory() as folder:
        sizes, cpu, reading = run(Path(folder))
    peer = keeping_all()
    growth = (sizes[CALLS] - sizes[100_000]) / (CALLS - 100_000)
    print(
        f"CPU per call, stand-in included: {cpu:.1f} us; an abort reads {CALLS:,} ids in {reading:.2f} s of CPU"
    )
    line = {
        "benchmark": "load_accepted_memory",
        "value": round(growth, 2),
        "unit": "bytes per accepted contact, from 100,000 to 500,000",
        "aim": AIM,
        "peer": "every id is kept",
        "peer_value": round(peer, 1),
        "ratio": round(peer / max(growth, 1.0), 1),
        "resident_mb": round(sizes[CALLS] / 2**20, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    print(json.dumps(line))
    raise SystemExit(growth >= AIM)


if __name__ == "__main__":
    main()
