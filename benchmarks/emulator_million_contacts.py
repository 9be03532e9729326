"""A million contacts through the emulator in virtual time: seconds and memory that it takes.

Every contact is a whole StartOutboundVoiceContact request (checked against botocore's model, tokens taken, admitted
against the concurrency quota), rings, runs the helpdesk's after-hours flow to its end and leaves a contact record. HTTP
and the wall clock are left out, nothing else. Contacts arrive as a Poisson process at 250 a second. The peer is the time
that the contacts would take: wall time at the same rate. `--contacts N` runs fewer.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from pathlib import Path

from busyhour.emulator.app import build
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.messages import Request, Response
from busyhour.emulator.server.timers import VirtualClock

FLOWS = Path(__file__).resolve().parents[1] / "examples" / "helpdesk" / "flows"
PER_SECOND = 250.0
MARK = 100_000


def resident_mb() -> float:
    """Memory that the process holds now, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Run the contacts, print progress, then the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    contacts: int = parser.parse_args().contacts
    clock, chance = VirtualClock(), random.Random(1)
    emulator = build(
        flows=sorted(FLOWS.glob("*.json")),
        clock=clock,
        quotas={"L-4E9BCC96": 1e9, "L-12AB7C57": 1e9},
        policy=ConnectPolicy(ended_kept=10_000),
    )
    about = emulator.about()
    began, memory, most = time.process_time(), [], 0
    for number in range(contacts):
        body = json.dumps(
            {
                "InstanceId": about["instance_id"],
                "ContactFlowId": about["flows"]["Helpdesk after hours"],
                "DestinationPhoneNumber": "+12065550100",
                "SourcePhoneNumber": "+12065550199",
                "Attributes": {"order": str(number)},
            }
        ).encode()
        request = Request("PUT", "/contact/outbound-voice", "", {}, body, "connect", "us-east-1", "x")
        answer = emulator.router.answer(request)
        if not isinstance(answer, Response) or answer.status != 200:
            raise SystemExit(f"contact {number} was refused: {answer}")
        clock.advance(chance.expovariate(PER_SECOND))
        if number % MARK == MARK - 1:
            most = max(most, emulator.contacts.store.in_progress)
            memory.append(resident_mb())
            spent = time.process_time() - began
            print(f"{number + 1:>9,} contacts, {spent:6.1f} s of CPU, {memory[-1]:,.0f} MB, {most:,} at once")
    clock.advance(100_000)
    spent = time.process_time() - began
    store = emulator.contacts.store
    if store.in_progress or store.records != contacts:
        raise SystemExit(
            f"{store.in_progress} contacts never ended, {store.records} of {contacts} have a record"
        )
    line = {
        "benchmark": "emulator_million_contacts",
        "value": round(spent, 1),
        "unit": f"s of CPU for {contacts:,} contacts",
        "peer": "the same contacts in wall time, s",
        "peer_value": round(contacts / PER_SECOND),
        "ratio": round(contacts / PER_SECOND / spent, 1),
        "mb_at_end": round(resident_mb()),
        "mb_after_first_tenth": round(memory[0]) if memory else None,
        "contacts_a_second": round(contacts / spent),
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
