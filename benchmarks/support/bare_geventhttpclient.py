"""geventhttpclient in a bare loop: `python bare_geventhttpclient.py URL SECONDS` prints its requests per CPU second."""

import gevent

import json
import sys
import time
from urllib.parse import urlsplit

from geventhttpclient import HTTPClient

from busyhour.load.client.sigv4 import Keys, Prepared

GREENLETS = 16
BODY = (
    b'{"InstanceId":"00000000-0000-4000-8000-000000000000","ContactFlowId":"0b5f6a1e-3c52-4f0e-9d57-0c7a1e2b3d4f",'
    b'"SourcePhoneNumber":"+12025550199","DestinationPhoneNumber":"+12025550123",'
    b'"ClientToken":"d41d8cd98f00b204e9800998ecf8427e-%d"}'
)
PATH = "/contact/outbound-voice"


def main(url, seconds):
    parts = urlsplit(url)
    client = HTTPClient(parts.hostname, parts.port, concurrency=GREENLETS)
    keys = Keys("emulator", "emulator")
    count = 0

    def loop():
        nonlocal count
        prepared = Prepared(
            "PUT", parts.netloc, PATH, {"content-type": "application/json"}, "us-east-1", "connect"
        )
        while time.monotonic() < until:
            body = BODY % count
            head, _, _ = prepared.sign(keys, time.time(), body).partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines[1:-1])
            answer = client.request("PUT", PATH, body=body, headers=headers)
            answer.read()
            assert answer.status_code == 200
            count += 1

    until = time.monotonic() + seconds
    before = time.process_time()
    gevent.joinall([gevent.spawn(loop) for _ in range(GREENLETS)], raise_error=True)
    print(
        json.dumps(
            {"bench": "cpu", "requests": count, "per_cpu_second": count / (time.process_time() - before)}
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
